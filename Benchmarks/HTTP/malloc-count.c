// Counts allocations: cc -shared -fPIC -o malloc-count.so malloc-count.c -ldl; LD_PRELOAD=./malloc-count.so server
// The totals go to standard error when the process ends.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_long allocations, frees;
static void *(*next_malloc)(size_t);
static void (*next_free)(void *);

void *malloc(size_t size) {
  if (!next_malloc) next_malloc = dlsym(RTLD_NEXT, "malloc");
  atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
  return next_malloc(size);
}

void free(void *pointer) {
  if (!next_free) next_free = dlsym(RTLD_NEXT, "free");
  if (pointer) atomic_fetch_add_explicit(&frees, 1, memory_order_relaxed);
  next_free(pointer);
}

__attribute__((destructor)) static void report(void) {
  fprintf(stderr, "allocations %ld frees %ld\n", allocations, frees);
}
