#include "CKernels.h"

#pragma STDC FP_CONTRACT ON

#define VW 4
#define FN(name) name##_sse2
#include "Kernels.inc"
#undef VW
#undef FN

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define VW 8
#define FN(name) name##_avx2
#include "Kernels.inc"
#undef VW
#undef FN
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma"))), apply_to = function)
#define VW 16
#define FN(name) name##_avx512
#include "Kernels.inc"
#undef VW
#undef FN
#pragma clang attribute pop
#endif

static int level = 0;

// Runs before main, so every thread sees one level.
__attribute__((constructor)) static void choose_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) level = 1;
  if (level == 1 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw"))
    level = 2;
#endif
}

int ck_level(void) { return level; }

void ck_limit_level(int limit) {
  choose_level();
  if (limit < level) level = limit;
}

#if defined(__x86_64__)
#define DISPATCH(name, ...)                                                                                                     \
  switch (level) {                                                                                                              \
    case 2: return name##_avx512(__VA_ARGS__);                                                                                  \
    case 1: return name##_avx2(__VA_ARGS__);                                                                                    \
    default: return name##_sse2(__VA_ARGS__);                                                                                   \
  }
#else
#define DISPATCH(name, ...) return name##_sse2(__VA_ARGS__);
#endif

float ck_dot(const float *a, const float *b, size_t count) { DISPATCH(dot, a, b, count) }

void ck_axpy(float s, const float *x, float *y, size_t count) { DISPATCH(axpy, s, x, y, count) }

void ck_gemm(size_t m, size_t n, size_t k, float alpha, const float *a, size_t rowStride, size_t columnStride, const float *b,
             size_t ldb, float *c, size_t ldc) {
  DISPATCH(gemm, m, n, k, alpha, a, rowStride, columnStride, b, ldb, c, ldc)
}

void ck_scores(const float *matrix, size_t ld, size_t rows, size_t width, const float *x, float *out) {
  DISPATCH(scores, matrix, ld, rows, width, x, out)
}

double ck_assign(const float *blocks, size_t blockCount, size_t width, const float *scaled, const float *norms, size_t k,
                 const float *rowNorms, int32_t *labels, float *best, float *second, int *changed) {
  DISPATCH(assign, blocks, blockCount, width, scaled, norms, k, rowNorms, labels, best, second, changed)
}

double ck_closer(const float *blocks, size_t blockCount, size_t width, const float *scaled, float norm, const float *rowNorms,
                 const float *current, float *out) {
  DISPATCH(closer, blocks, blockCount, width, scaled, norm, rowNorms, current, out)
}

void ck_accumulate(const float *rows, size_t ld, size_t count, const int32_t *labels, size_t k, float *sums, int32_t *counts) {
  DISPATCH(accumulate, rows, ld, count, labels, k, sums, counts)
}

void ck_conjugate_gradient(const float *y, size_t width, const float *d, const int32_t *indexes, const float *w, const float *b,
                           size_t count, float *x, float *work, int steps) {
  DISPATCH(conjugate_gradient, y, width, d, indexes, w, b, count, x, work, steps)
}

void ck_weighted_gram(const float *y, size_t width, const int32_t *indexes, const float *w, size_t count, float *a) {
  DISPATCH(weighted_gram, y, width, indexes, w, count, a)
}

void ck_variational_rows(const float *means, const float *covariances, size_t rank, size_t stride, size_t packed,
                         const size_t *starts, const int32_t *indexes, const float *values, size_t rows, float intercept,
                         const float *prior, float noise, float *outMeans, float *outCovariances, float *work) {
  DISPATCH(variational_rows, means, covariances, rank, stride, packed, starts, indexes, values, rows, intercept, prior, noise, outMeans,
           outCovariances, work)
}

void ck_histogram(const uint8_t *bins, const float *gradients, const int32_t *rows, size_t count, float *histogram) {
  for (size_t i = 0; i < count; i++) {
    size_t row = (size_t)rows[i];
    float *to = histogram + 3 * (size_t)bins[row];
    to[0] += gradients[2 * row];
    to[1] += gradients[2 * row + 1];
    to[2] += 1;
  }
}

void ck_block_rows(const float *rows, size_t ld, size_t count, size_t width, float *blocks) {
  for (size_t start = 0; start < count; start += CK_BLOCK_ROWS) {
    size_t here = count - start < CK_BLOCK_ROWS ? count - start : CK_BLOCK_ROWS;
    float *block = blocks + start * width;
    for (size_t j = 0; j < width; j++) {
      for (size_t i = 0; i < here; i++) block[j * CK_BLOCK_ROWS + i] = rows[(start + i) * ld + j];
      for (size_t i = here; i < CK_BLOCK_ROWS; i++) block[j * CK_BLOCK_ROWS + i] = 0;
    }
  }
}
