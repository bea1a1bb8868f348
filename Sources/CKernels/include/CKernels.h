// The innermost loops of MachineLearning, compiled three times (SSE2, AVX2+FMA, AVX-512) and chosen once by what the processor has.
//
// Every function is pure: it reads and writes only the buffers it is given, keeps nothing, and sums in an order that depends on the
// sizes and the level alone. So equal input gives equal bytes on one machine; levels differ in the last bits, as their widths do.
// Buffers need no alignment. All matrices are row-major float32.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Rows in a block of the blocked layout (``ck_block_rows``): block b holds columns first, 32 rows beside each other.
#define CK_BLOCK_ROWS 32

/// The level in use: 0 SSE2 (or another architecture), 1 AVX2 with FMA, 2 AVX-512F.
int ck_level(void);

/// Uses a lower level from now on, for tests. Not thread-safe.
void ck_limit_level(int level);

/// Sum of a[i]*b[i].
float ck_dot(const float *a, const float *b, size_t count);

/// y += s*x.
void ck_axpy(float s, const float *x, float *y, size_t count);

/// c (m x n, row stride ldc) += alpha * A * b (k x n, row stride ldb), where A's element (i, l) stands at a[i*rowStride + l*columnStride]:
/// strides (lda, 1) multiply by A, (1, lda) by its transpose. n must be a multiple of 16.
void ck_gemm(size_t m, size_t n, size_t k, float alpha, const float *a, size_t rowStride, size_t columnStride, const float *b,
             size_t ldb, float *c, size_t ldc);

/// out[i] = dot of row i (row stride ld) and x, for `rows` rows of `width` floats; width must be a multiple of 16.
void ck_scores(const float *matrix, size_t ld, size_t rows, size_t width, const float *x, float *out);

/// Row-major rows (row stride `ld`, `width` columns) into the blocked layout of 32 rows; the last block's missing rows are zero.
void ck_block_rows(const float *rows, size_t ld, size_t count, size_t width, float *blocks);

/// For each of `blocks`*32 rows in the blocked layout: the index of the nearest centroid (the lowest of equals) into `labels` and
/// |c|^2 - 2 x.c for it into `best`. `scaled` holds -2c (k x width), `norms` |c|^2, `rowNorms` |x|^2 and a negative number for
/// padding rows. `second` (may be null) gets the value of the runner-up. `changed` tells whether any label differs from what stood in
/// `labels` before. Returns the sum of squared distances.
double ck_assign(const float *blocks, size_t blockCount, size_t width, const float *scaled, const float *norms, size_t k,
                 const float *rowNorms, int32_t *labels, float *best, float *_Nullable second, int *changed);

/// out[i] = min(current[i], |x_i - c|^2) over the blocked layout, and their sum. `scaled` holds -2c, `norm` |c|^2, `rowNorms` |x_i|^2.
double ck_closer(const float *blocks, size_t blockCount, size_t width, const float *scaled, float norm, const float *rowNorms,
                 const float *current, float *out);

/// The first block from `block` on, of rows in the blocked layout, in which a product with x may reach `threshold`, its 32 products in
/// `out`; `blockCount` when there is none. Ends at the first block whose `lengths` (never growing) times `length` stays below: |y| and |x|.
/// After each of `stageCount` growing numbers of columns, below `width`, a block is left where no row reaches the threshold with its
/// number of `rests` (32 for each stage of each block) times that stage's of `restLengths`: the lengths of what follows. Lengths must have
/// room for rounding.
size_t ck_promising_block(const float *blocks, size_t block, size_t blockCount, size_t width, const intptr_t *stages, size_t stageCount,
                          const float *lengths, const float *rests, const float *x, float length, const float *restLengths,
                          float threshold, float *out);

/// Adds rows (row stride ld, a multiple of 8, padding zero) to the sums of their clusters and counts them. `sums` has room for
/// 2*k*ld floats: the sum of a cluster is that of its two halves.
void ck_accumulate(const float *rows, size_t ld, size_t count, const int32_t *labels, size_t k, float *sums, int32_t *counts);

/// Conjugate gradient from x on (diag(d) + sum_j w_j y_j y_j^T) x = sum_j b_j y_j, y_j = row indexes[j] of y (row stride = width,
/// a multiple of 16), Jacobi-preconditioned. `work` holds 5*width floats. Ends after `steps` or when the residual
/// is a hundred-thousandth of the first.
void ck_conjugate_gradient(const float *y, size_t width, const float *d, const int32_t *indexes, const float *w, const float *b,
                           size_t count, float *x, float *work, int steps);

/// a (width x width, lower triangle and diagonal, row stride width) += sum_j w_j y_j y_j^T over rows `indexes` of y;
/// width a multiple of 16. Whole rows are written; only the lower triangle means something.
void ck_weighted_gram(const float *y, size_t width, const int32_t *indexes, const float *w, size_t count, float *a);

/// The half step of variational matrix factorization for up to 16 rows. The other side's rows have `means` (stride floats: bias, then
/// rank - 1 factors, then zeros) and, unless null, `covariances` (`packed` floats: the lower triangle row by row, then zeros). Row r of
/// ours has the entries starts[r]..<starts[r+1] of `indexes` and `values` (ratings less the mean). With z = (intercept, factors):
/// A = diag(prior) + Σ (z zᵀ + S), mean = A⁻¹ Σ ((value - bias) z - S[bias]), covariance = noise A⁻¹. rank <= 256; stride and packed are
/// multiples of 16. `work` holds ck_variational_work(...) floats.
void ck_variational_rows(const float *means, const float *_Nullable covariances, size_t rank, size_t stride, size_t packed,
                         const size_t *starts, const int32_t *indexes, const float *values, size_t rows, float intercept,
                         const float *prior, float noise, float *outMeans, float *_Nullable outCovariances, float *work);

/// Floats of scratch for ck_variational_rows.
static inline size_t ck_variational_work(size_t rank, size_t stride, size_t packed) {
  return stride * stride + packed + 5 * stride + 2 * rank * rank * 16 + rank * 16;
}

/// Series that ck_smooth runs through beside each other.
#define CK_SMOOTHING_LANES 8

/// Exponential smoothing of eight series beside each other, each with parameters of its own. Everything is interleaved: eight numbers for
/// every step of `values` (NaN is a gap, or lies behind a series' end), for level and trend in `start`, for each of the `period` places of
/// `seasons` (changed), for α, β, γ, φ in `parameters`. `season` is 0 for none, 1 for additive ones, 2 for multiplicative ones, whose
/// errors are always relative. Writes the sum of squared errors, relative ones with `isRelative`, to the eight `squares`, and then Σ log of
/// what they are relative to, to the eight `logs`.
void ck_smooth(int season, int isRelative, double *values, size_t count, size_t period, double *parameters, double *start,
               double *seasons, double *squares, double *logs);

/// For every listed row of `bins` (row-major, `width` columns) and each of `columnCount` columns: adds the row's gradient, its hessian
/// (beside each other in `gradients`) and 1 to the first three of the four floats of its bin, the column's bins starting at its offset.
/// `columns` may be null for all in their order.
void ck_histogram(const uint8_t *bins, size_t width, const int32_t *_Nullable columns, const int32_t *offsets, size_t columnCount,
                  const float *gradients, const int32_t *rows, size_t count, float *histogram);

/// For every row with a score and a label of 0 or 1: the gradient of the logistic loss and its second derivative (at least 1e-6), beside
/// each other.
void ck_logistic_gradients(const float *scores, const float *labels, size_t count, float *gradients);

/// Σ log(1 + e^-m) over margins.
double ck_logistic_loss(const float *margins, size_t count);

/// Where a leaf is divided best: rows of a bin up to `bin` go left, those of bin 0 (missing) with `missingGoesLeft`.
struct ck_split {
  /// What G²/(H + penalty) of both sides is above that of the leaf; 0 without a division.
  float gain;
  /// Which of the columns asked, -1 for none.
  int32_t place;
  int32_t bin;
  int32_t missingGoesLeft;
  /// Gradients, hessians and rows of the left side.
  float left[3];
};

/// The best division of a leaf with `totals` (gradients, hessians, rows) by its histogram as ck_histogram makes it; column j has the bins
/// offsets[j]..<offsets[j+1], 2 to 256 of them. Both sides have `least` rows or more. Of equals the first.
void ck_best_split(const float *histogram, const int32_t *offsets, size_t columnCount, const float totals[_Nonnull 3], float least,
                   float penalty, struct ck_split *best);

/// Brings the rows whose bin (of one column, by row) goes left to the front, both sides keeping their order, and returns their number.
/// `scratch` has room for `count`.
size_t ck_partition(const uint8_t *column, int32_t *rows, size_t count, uint8_t bin, int missingGoesLeft, int32_t *scratch);

/// What is learned of a feature of texts: a place of an open-addressed table, free when `idf` is 0.
struct ck_feature {
  uint32_t hash;
  int16_t weights[3];
  int16_t idf;
};

/// Adds, for every hash found in the table of `mask` + 1 places (a power of 2, one of them free at least), weights · idf to the first
/// three sums and idf · idf to the last, to which one not found adds `unknown` · `unknown`. A hash's first place is its low bits. Returns how many
/// were not found.
size_t ck_add_features(const struct ck_feature *table, uint32_t mask, int32_t unknown, const uint32_t *hashes, size_t count,
                       float sums[_Nonnull 4]);

/// Hashes of the parts of a word of `length` bytes between `<` and `>`: all 3 to 5 bytes in a row that start before its end, FNV-1a from
/// `seed`, mixed. Returns their number, at most 3 * length.
size_t ck_word_parts(const uint8_t *word, size_t length, uint32_t seed, uint32_t *hashes);

/// Longer words are cut to this for their parts.
#define CK_WORD_BYTES 64

/// What ck_add_words found for a word of up to 16 bytes, none of them 0.
struct ck_word_memo {
  uint64_t key[2];
  float sums[4];
};

/// ck_add_features over the parts of words that stand one behind the other in `letters`, word i ending at ends[i], with weights times
/// factors[i]. `memo` (may be null) is
/// a table of `memoMask` + 1 places, zero at first, that keeps what was found for short words; sums do not depend on it.
void ck_add_words(const struct ck_feature *table, uint32_t mask, int32_t unknown, struct ck_word_memo *_Nullable memo,
                  uint32_t memoMask, const uint8_t *letters, const int32_t *ends, const float *factors, size_t count,
                  uint32_t seed, float sums[_Nonnull 4]);

#pragma clang assume_nonnull end
#endif
