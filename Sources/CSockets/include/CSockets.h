#pragma once
#include <stddef.h>
#include <stdint.h>

// Sockets and epoll as Swift wants them: every call retries EINTR, and an error is returned as -errno, a value.

/// Readiness of one descriptor, with the number given when it was added.
struct c360_event {
  uint32_t flags;
  uint64_t tag;
};

enum {
  C360_READABLE = 1,      // bytes, or the end of the peer's stream
  C360_WRITABLE = 2,      // room in the send buffer
  C360_PEER_CLOSED = 4,   // the peer has ended its stream
  C360_BROKEN = 8,        // error or both directions closed
};

/// The address of a peer: 16 bytes (IPv4 mapped into IPv6), a port, and the family (4, 6, or 0 when it has no IP).
struct c360_address {
  uint8_t bytes[16];
  uint16_t port;
  uint8_t family;
};

int c360_epoll_create(void);
/// Adds a connection: edge-triggered, both directions, once for its whole life.
int c360_epoll_add_connection(int epoll, int descriptor, uint64_t tag);
/// Adds a descriptor that is only read, level-triggered.
int c360_epoll_add_reader(int epoll, int descriptor, uint64_t tag);
int c360_epoll_remove(int epoll, int descriptor);
/// Waits up to `timeout_ms` (-1: for ever) and fills `events`. Returns how many; an interrupted wait is 0.
int c360_epoll_wait(int epoll, struct c360_event *events, int capacity, int timeout_ms);

/// A non-blocking eventfd, to wake a loop.
int c360_wakeup_create(void);
void c360_wakeup_signal(int descriptor);
void c360_wakeup_clear(int descriptor);
/// A non-blocking timer on CLOCK_MONOTONIC, readable once its time has come; `c360_wakeup_clear` reads it.
int c360_timer_create(void);
/// Sets when it goes off, in nanoseconds of the clock; a time that is over is at once.
void c360_timer_set(int descriptor, long at_ns);

/// A non-blocking listening TCP socket on a numeric address; port 0 lets the kernel choose.
int c360_listen(const char *host, uint16_t port, int backlog);
/// Prepares a listening socket handed to us by the system (non-blocking, close-on-exec).
int c360_adopt_listener(int descriptor);
/// The local port of a socket.
int c360_local_port(int descriptor);
/// Accepts one connection, non-blocking, close-on-exec, without Nagle's delay.
int c360_accept(int listener, struct c360_address *peer);
/// Connects to a numeric address (blocking).
int c360_connect(const char *host, uint16_t port);

/// Reads what is there. 0 is the end of the stream.
long c360_receive(int descriptor, void *bytes, size_t capacity);
/// Writes what fits, never raising SIGPIPE.
long c360_send(int descriptor, const void *bytes, size_t count);
/// Writes two pieces with one call.
long c360_send_pair(int descriptor, const void *first, size_t first_count, const void *second, size_t second_count);
/// Ends our side of the stream.
int c360_end_output(int descriptor);
/// Closes with a reset instead of an orderly end.
void c360_reset(int descriptor);
void c360_close(int descriptor);
/// Opens a spare descriptor, given up to answer when there is no other left.
int c360_open_spare(void);

/// The soft limit on open descriptors.
long c360_descriptor_limit(void);
/// Raises the soft limit on open descriptors to the hard one. Returns the limit in force.
long c360_raise_descriptor_limit(void);
/// How many processors this process may use.
int c360_processors(void);
/// Keeps large buffers out of the heap, for good: glibc otherwise raises the size from which it maps memory to that of the
/// largest buffer ever freed, and each thread's heap then keeps as much.
void c360_map_large_buffers(void);
/// Gives freed memory back to the system.
void c360_trim_memory(void);
/// Blocks SIGPIPE in the calling thread: OpenSSL writes without MSG_NOSIGNAL.
void c360_block_sigpipe(void);
void c360_name_thread(const char *name);
