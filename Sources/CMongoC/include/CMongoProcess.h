#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Child processes and monotonic events for the supervisor of a private mongod.

/// Starts the program argv[0] (a path) in `directory`, standard input from /dev/null, output and errors to the descriptor
/// `output`, no other descriptor, default signals, a process group of its own. The child is killed when the calling
/// thread ends, so call from a thread that lives as long as the child should. Returns the pid, or minus errno.
pid_t c360_spawn(const char *const argv[], const char *directory, int output);

/// Waits for the end of a child without reaping it: its pid stays taken. Returns 0, or minus errno.
int c360_wait_exit(pid_t pid);

/// Reaps a child that has ended; the status as of waitpid, or minus errno.
int c360_reap(pid_t pid);

/// When a process started, in clock ticks since boot; 0 when there is none of that pid. With the pid it names a process.
uint64_t c360_start_time(pid_t pid);

typedef struct c360_event c360_event;

/// Something that happens once, and that threads can wait for.
c360_event *c360_event_new(void);
void c360_event_free(c360_event *event);
void c360_event_set(c360_event *event);
/// Waits until the event is set or CLOCK_MONOTONIC reaches `deadline` (microseconds); whether it is set.
int c360_event_wait(c360_event *event, int64_t deadline);
