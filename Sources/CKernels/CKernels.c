#include "CKernels.h"

#include <math.h>
#include <string.h>

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

size_t ck_promising_block(const float *blocks, size_t block, size_t blockCount, size_t width, const intptr_t *stages, size_t stageCount,
                          const float *lengths, const float *rests, const float *x, float length, const float *restLengths,
                          float threshold, float *out) {
  DISPATCH(promising_block, blocks, block, blockCount, width, stages, stageCount, lengths, rests, x, length, restLengths, threshold, out)
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

void ck_smooth(int season, int isRelative, double *values, size_t count, size_t period, double *parameters, double *start,
               double *seasons, double *squares, double *logs) {
  DISPATCH(smooth, season, isRelative, values, count, period, parameters, start, seasons, squares, logs)
}

void ck_logistic_gradients(const float *scores, const float *labels, size_t count, float *gradients) {
  DISPATCH(logistic_gradients, scores, labels, count, gradients)
}

double ck_logistic_loss(const float *margins, size_t count) { DISPATCH(logistic_loss, margins, count) }

void ck_best_split(const float *histogram, const int32_t *offsets, size_t columnCount, const float totals[3], float least,
                   float penalty, struct ck_split *best) {
  DISPATCH(best_split, histogram, offsets, columnCount, totals, least, penalty, best)
}

size_t ck_partition(const uint8_t *column, int32_t *rows, size_t count, uint8_t bin, int missingGoesLeft, int32_t *scratch) {
  // Without branches. What is missing has bin 0, which one less makes the largest.
  uint8_t shift = missingGoesLeft ? 0 : 1;
  uint8_t last = bin - shift;
  size_t left = 0, right = 0;
  for (size_t i = 0; i < count; i++) {
    int32_t row = rows[i];
    size_t goesLeft = (uint8_t)(column[row] - shift) <= last;
    rows[left] = row;
    scratch[right] = row;
    left += goesLeft;
    right += 1 - goesLeft;
  }
  memcpy(rows + left, scratch, right * sizeof(int32_t));
  return left;
}

typedef float four __attribute__((vector_size(16), aligned(4), may_alias));

void ck_histogram(const uint8_t *bins, size_t width, const int32_t *columns, const int32_t *offsets, size_t columnCount,
                  const float *gradients, const int32_t *rows, size_t count, float *histogram) {
  for (size_t i = 0; i < count; i++) {
    size_t row = (size_t)rows[i];
    const uint8_t *own = bins + row * width;
    four value = {gradients[2 * row], gradients[2 * row + 1], 1, 0};
    if (!columns) {
      for (size_t j = 0; j < columnCount; j++) *(four *)(histogram + 4 * (size_t)(offsets[j] + own[j])) += value;
    } else {
      for (size_t j = 0; j < columnCount; j++) *(four *)(histogram + 4 * (size_t)(offsets[j] + own[columns[j]])) += value;
    }
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

size_t ck_add_features(const struct ck_feature *table, uint32_t mask, int32_t unknown, const uint32_t *hashes, size_t count,
                     float sums[4]) {
  // Whole numbers: exact in any order.
  int64_t total[4] = {0, 0, 0, 0};
  size_t missing = 0;
  for (size_t i = 0; i < count; i++) {
    // The table is larger than the cache, and the hashes ahead are known.
    if (i + 12 < count) __builtin_prefetch(table + (hashes[i + 12] & mask));
    uint32_t place = hashes[i] & mask;
    while (table[place].idf != 0 && table[place].hash != hashes[i]) place = (place + 1) & mask;
    // A free place has no weights.
    const struct ck_feature *found = table + place;
    int32_t idf = found->idf;
    for (int head = 0; head < 3; head++) total[head] += found->weights[head] * idf;
    total[3] += idf * idf;
    missing += idf == 0;
  }
  total[3] += (int64_t)missing * unknown * unknown;
  for (int head = 0; head < 4; head++) sums[head] += (float)total[head];
  return missing;
}

size_t ck_word_parts(const uint8_t *word, size_t length, uint32_t seed, uint32_t *hashes) {
  uint32_t *out = hashes;
  for (size_t first = 0; first < length; first++) {
    // Byte 0 is the border before the word, byte length + 1 the one behind it.
    size_t end = first + 5 < length + 2 ? first + 5 : length + 2;
    uint32_t hash = seed;
    for (size_t i = first; i < end; i++) {
      uint8_t byte = i == 0 ? '<' : i <= length ? word[i - 1] : '>';
      hash = (hash ^ byte) * 0x01000193u;
      if (i - first < 2) continue;
      uint32_t mixed = (hash ^ hash >> 15) * 0x85EBCA6Bu;
      *out++ = mixed ^ mixed >> 13;
    }
  }
  return (size_t)(out - hashes);
}

void ck_add_words(const struct ck_feature *table, uint32_t mask, int32_t unknown, struct ck_word_memo *memo, uint32_t memoMask,
                  const uint8_t *letters, const int32_t *ends, const float *factors, size_t count, uint32_t seed, float sums[4]) {
  uint32_t hashes[3 * CK_WORD_BYTES];
  size_t start = 0;
  size_t total = count > 0 ? (size_t)ends[count - 1] : 0;
  for (size_t i = 0; i < count; i++) {
    size_t length = (size_t)ends[i] - start;
    const uint8_t *word = letters + start;
    start = (size_t)ends[i];
    float found[4] = {0, 0, 0, 0};
    struct ck_word_memo *place = 0;
    uint64_t key[2] = {0, 0};
    if (memo && length <= 16) {
      if (start + 16 <= total + length) {
        // Sixteen bytes at once, then those that are the word's.
        memcpy(key, word, 16);
        key[0] &= length < 8 ? ((uint64_t)1 << 8 * length) - 1 : ~(uint64_t)0;
        key[1] &= length < 16 ? (length <= 8 ? 0 : ((uint64_t)1 << 8 * (length - 8)) - 1) : ~(uint64_t)0;
      } else {
        memcpy(key, word, length);
      }
      uint64_t mixed = (key[0] ^ (key[1] * 0x9E3779B97F4A7C15u)) * 0xC2B2AE3D27D4EB4Fu;
      place = memo + ((uint32_t)(mixed >> 40) & memoMask);
    }
    if (place && place->key[0] == key[0] && place->key[1] == key[1]) {
      for (int head = 0; head < 3; head++) sums[head] += factors[i] * place->sums[head];
      sums[3] += place->sums[3];
      continue;
    }
    size_t parts = ck_word_parts(word, length < CK_WORD_BYTES ? length : CK_WORD_BYTES, seed, hashes);
    ck_add_features(table, mask, unknown, hashes, parts, found);
    for (int head = 0; head < 3; head++) sums[head] += factors[i] * found[head];
    sums[3] += found[3];
    if (!place) continue;
    memcpy(place->key, key, sizeof key);
    memcpy(place->sums, found, sizeof found);
  }
}
