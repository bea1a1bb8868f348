#define _GNU_SOURCE
#include "CMongoProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// Between fork and exec, in a process of many threads: async-signal-safe calls only.
static void become(const char *const argv[], const char *directory, int output, pid_t parent, int report) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) goto failed;
  // The parent may have died before the call above.
  if (getppid() != parent) _exit(127);
  setpgid(0, 0);
  struct sigaction plain = {.sa_handler = SIG_DFL};
  for (int number = 1; number < NSIG; number++) sigaction(number, &plain, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  int null = open("/dev/null", O_RDONLY);
  if (null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) goto failed;
  // The pipe stays open until exec, at a place that the next line spares.
  if (report != 3) {
    if (dup3(report, 3, O_CLOEXEC) < 0) goto failed;
    report = 3;
  }
  if (close_range(4, ~0U, 0) != 0) {
    for (int descriptor = 4; descriptor < 65536; descriptor++) close(descriptor);
  }
  if (chdir(directory) != 0) goto failed;
  execv(argv[0], (char *const *)argv);
failed: {
  int error = errno;
  ssize_t ignored = write(report, &error, sizeof error);
  (void)ignored;
  _exit(127);
}
}

pid_t c360_spawn(const char *const argv[], const char *directory, int output) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) return -errno;
  pid_t parent = getpid();
  pid_t child = fork();
  if (child < 0) {
    int error = errno;
    close(report[0]);
    close(report[1]);
    return -error;
  }
  if (child == 0) become(argv, directory, output, parent, report[1]);
  close(report[1]);
  int error = 0;
  ssize_t length;
  do {
    length = read(report[0], &error, sizeof error);
  } while (length < 0 && errno == EINTR);
  close(report[0]);
  if (length != sizeof error) return child;
  c360_reap(child);
  return -error;
}

int c360_wait_exit(pid_t pid) {
  siginfo_t info;
  int result;
  do {
    result = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : -errno;
}

int c360_reap(pid_t pid) {
  int status;
  pid_t result;
  do {
    result = waitpid(pid, &status, 0);
  } while (result < 0 && errno == EINTR);
  return result == pid ? status : -errno;
}

uint64_t c360_start_time(pid_t pid) {
  char path[64];
  char text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  size_t length = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[length] = 0;
  // Field 22; the name in field 2 may hold anything, so count from its closing bracket.
  const char *field = strrchr(text, ')');
  for (int number = 2; field && number < 22; number++) field = strchr(field + 1, ' ');
  return field ? strtoull(field + 1, NULL, 10) : 0;
}

struct c360_event {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int is_set;
};

c360_event *c360_event_new(void) {
  c360_event *event = calloc(1, sizeof *event);
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_mutex_init(&event->lock, NULL);
  pthread_cond_init(&event->changed, &monotonic);
  pthread_condattr_destroy(&monotonic);
  return event;
}

void c360_event_free(c360_event *event) {
  pthread_cond_destroy(&event->changed);
  pthread_mutex_destroy(&event->lock);
  free(event);
}

void c360_event_set(c360_event *event) {
  pthread_mutex_lock(&event->lock);
  event->is_set = 1;
  pthread_cond_broadcast(&event->changed);
  pthread_mutex_unlock(&event->lock);
}

int c360_event_wait(c360_event *event, int64_t deadline) {
  struct timespec until = {.tv_sec = deadline / 1000000, .tv_nsec = (deadline % 1000000) * 1000};
  pthread_mutex_lock(&event->lock);
  while (!event->is_set) {
    if (pthread_cond_timedwait(&event->changed, &event->lock, &until) == ETIMEDOUT) break;
  }
  int is_set = event->is_set;
  pthread_mutex_unlock(&event->lock);
  return is_set;
}
