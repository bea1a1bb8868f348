#define _GNU_SOURCE
#include "CSockets.h"
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#define RETRY(result, call)                                                                                           \
  do {                                                                                                                \
    (result) = (call);                                                                                                \
  } while ((result) < 0 && errno == EINTR)

static int value(int result) { return result < 0 ? -errno : result; }

int c360_epoll_create(void) { return value(epoll_create1(EPOLL_CLOEXEC)); }

static int add(int epoll, int descriptor, uint64_t tag, uint32_t events) {
  struct epoll_event event = {.events = events, .data.u64 = tag};
  return value(epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event));
}

int c360_epoll_add_connection(int epoll, int descriptor, uint64_t tag) {
  return add(epoll, descriptor, tag, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

int c360_epoll_add_reader(int epoll, int descriptor, uint64_t tag) { return add(epoll, descriptor, tag, EPOLLIN); }

int c360_epoll_remove(int epoll, int descriptor) {
  return value(epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL));
}

int c360_epoll_wait(int epoll, struct c360_event *events, int capacity, int timeout_ms) {
  struct epoll_event ready[256];
  int count = epoll_wait(epoll, ready, capacity < 256 ? capacity : 256, timeout_ms);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < count; i++) {
    uint32_t flags = 0;
    if (ready[i].events & (EPOLLIN | EPOLLRDHUP)) flags |= C360_READABLE;
    if (ready[i].events & EPOLLOUT) flags |= C360_WRITABLE;
    if (ready[i].events & EPOLLRDHUP) flags |= C360_PEER_CLOSED;
    if (ready[i].events & (EPOLLERR | EPOLLHUP)) flags |= C360_BROKEN;
    events[i].flags = flags;
    events[i].tag = ready[i].data.u64;
  }
  return count;
}

int c360_wakeup_create(void) { return value(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }

void c360_wakeup_signal(int descriptor) {
  uint64_t one = 1;
  ssize_t written;
  RETRY(written, write(descriptor, &one, sizeof one));
}

void c360_wakeup_clear(int descriptor) {
  uint64_t count;
  ssize_t got;
  RETRY(got, read(descriptor, &count, sizeof count));
}

int c360_timer_create(void) { return value(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)); }

void c360_timer_set(int descriptor, long at_ns) {
  struct itimerspec time = {.it_value = {.tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000}};
  timerfd_settime(descriptor, TFD_TIMER_ABSTIME, &time, NULL);
}

static int resolve(const char *host, uint16_t port, struct addrinfo **list) {
  char service[8];
  snprintf(service, sizeof service, "%u", port);
  struct addrinfo hints = {.ai_family = AF_UNSPEC,
                           .ai_socktype = SOCK_STREAM,
                           .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
  return getaddrinfo(host, service, &hints, list) == 0 ? 0 : -EINVAL;
}

int c360_listen(const char *host, uint16_t port, int backlog) {
  struct addrinfo *list = NULL;
  if (resolve(host, port, &list) != 0) return -EINVAL;
  int descriptor = socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1, result = descriptor < 0 ? -errno : 0;
  if (result == 0) {
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(descriptor, list->ai_addr, list->ai_addrlen) < 0 || listen(descriptor, backlog) < 0) {
      result = -errno;
      close(descriptor);
    }
  }
  freeaddrinfo(list);
  return result < 0 ? result : descriptor;
}

int c360_adopt_listener(int descriptor) {
  int on = 1, accepting = 0;
  socklen_t length = sizeof accepting;
  if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &accepting, &length) < 0) return -errno;
  if (!accepting) return -EINVAL;
  int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
  if (fcntl(descriptor, F_SETFD, FD_CLOEXEC) < 0) return -errno;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return descriptor;
}

int c360_local_port(int descriptor) {
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  if (getsockname(descriptor, (struct sockaddr *)&address, &length) < 0) return -errno;
  if (address.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&address)->sin_port);
  if (address.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
  return 0;
}

static void describe(const struct sockaddr_storage *address, struct c360_address *peer) {
  memset(peer, 0, sizeof *peer);
  if (address->ss_family == AF_INET) {
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    peer->bytes[10] = peer->bytes[11] = 0xff;
    memcpy(peer->bytes + 12, &v4->sin_addr, 4);
    peer->port = ntohs(v4->sin_port);
    peer->family = 4;
  } else if (address->ss_family == AF_INET6) {
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    memcpy(peer->bytes, &v6->sin6_addr, 16);
    peer->port = ntohs(v6->sin6_port);
    peer->family = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) ? 4 : 6;
  }
}

int c360_accept(int listener, struct c360_address *peer) {
  struct sockaddr_storage address = {0};
  socklen_t length = sizeof address;
  int descriptor;
  RETRY(descriptor, accept4(listener, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (descriptor < 0) return -errno;
  describe(&address, peer);
  return descriptor;
}

int c360_connect(const char *host, uint16_t port) {
  struct addrinfo *list = NULL;
  if (resolve(host, port, &list) != 0) return -EINVAL;
  int descriptor = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1, result = descriptor < 0 ? -errno : 0;
  if (result == 0) {
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    RETRY(result, connect(descriptor, list->ai_addr, list->ai_addrlen));
    if (result < 0) {
      result = -errno;
      close(descriptor);
    }
  }
  freeaddrinfo(list);
  return result < 0 ? result : descriptor;
}

long c360_receive(int descriptor, void *bytes, size_t capacity) {
  ssize_t count;
  RETRY(count, recv(descriptor, bytes, capacity, 0));
  return count < 0 ? -errno : count;
}

long c360_send(int descriptor, const void *bytes, size_t count) {
  ssize_t sent;
  RETRY(sent, send(descriptor, bytes, count, MSG_NOSIGNAL));
  return sent < 0 ? -errno : sent;
}

long c360_send_pair(int descriptor, const void *first, size_t first_count, const void *second, size_t second_count) {
  struct iovec parts[2] = {{(void *)first, first_count}, {(void *)second, second_count}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  ssize_t sent;
  RETRY(sent, sendmsg(descriptor, &message, MSG_NOSIGNAL));
  return sent < 0 ? -errno : sent;
}

int c360_end_output(int descriptor) { return value(shutdown(descriptor, SHUT_WR)); }

void c360_reset(int descriptor) {
  struct linger now = {.l_onoff = 1, .l_linger = 0};
  setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(descriptor);
}

// Linux has released the number even when close() reports EINTR: it is never retried.
void c360_close(int descriptor) { close(descriptor); }

int c360_open_spare(void) { return value(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

long c360_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
  return limit.rlim_cur > 1 << 30 ? 1 << 30 : (long)limit.rlim_cur;
}

long c360_raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  return c360_descriptor_limit();
}

int c360_processors(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

void c360_map_large_buffers(void) {
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 20);
}

void c360_trim_memory(void) { malloc_trim(0); }

void c360_block_sigpipe(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void c360_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
