// Counts allocations: cc -shared -fPIC -o malloc-count.so malloc-count.c -ldl; LD_PRELOAD=./malloc-count.so server
// SIGUSR2 writes the totals so far to standard error.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_long allocations, bytes;

#define NEXT(name, type)         \
  static __typeof__(type) *next; \
  if (!next) next = dlsym(RTLD_NEXT, #name)

static void count(size_t size) {
  atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&bytes, (long)size, memory_order_relaxed);
}

void *malloc(size_t size) {
  NEXT(malloc, void *(size_t));
  count(size);
  return next(size);
}

void *realloc(void *pointer, size_t size) {
  NEXT(realloc, void *(void *, size_t));
  count(size);
  return next(pointer, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
  NEXT(posix_memalign, int(void **, size_t, size_t));
  count(size);
  return next(out, alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  NEXT(aligned_alloc, void *(size_t, size_t));
  count(size);
  return next(alignment, size);
}

static void report(int number) {
  (void)number;
  char line[64];
  int length = snprintf(line, sizeof line, "%ld %ld\n", allocations, bytes);
  if (write(STDERR_FILENO, line, (size_t)length) < 0) _exit(1);
}

__attribute__((constructor)) static void begin(void) { signal(SIGUSR2, report); }
