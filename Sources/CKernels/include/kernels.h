#pragma once
#include <stddef.h>
#include <stdint.h>

// The hot loops. Each has a portable, an AVX2 and an AVX-512 body; the body is chosen once, when the process starts, by
// what the processor has and by the environment variable SEMID_KERNELS (portable, avx2 or avx512). All pointers are to
// memory the caller owns; none needs more alignment than its type's. Matrices are row-major.

typedef enum { SEMID_PORTABLE = 0, SEMID_AVX2 = 1, SEMID_AVX512 = 2 } semid_level;

/// The body in use.
semid_level semid_kernel_level(void);
/// Whether this processor can run the body.
int semid_kernel_supported(semid_level level);
/// What SEMID_KERNELS asked for that could not be given: 0 nothing, 1 the name is unknown, 2 the processor lacks it.
int semid_kernel_request_fault(void);

// ---- Distances, one query to many rows -------------------------------------------------------------------------

/// out[i] = |query - rows[ids[i]]|², d floats a row.
void semid_l2_gather(const float *query, const float *rows, size_t d, const uint32_t *ids, size_t n, float *out);
/// out[i] = <query, rows[ids[i]]>
void semid_dot_gather(const float *query, const float *rows, size_t d, const uint32_t *ids, size_t n, float *out);
/// out[i] = |query - rows[i]|² for contiguous rows.
void semid_l2_rows(const float *query, const float *rows, size_t d, size_t n, float *out);
/// out[i] = <query, rows[i]>
void semid_dot_rows(const float *query, const float *rows, size_t d, size_t n, float *out);

// ---- Scan of codes by table ------------------------------------------------------------------------------------

/// out[i] = Σₗ table[offsets[l] + codes[i·levels + l]]. Every index must lie in the table.
void semid_scan_codes(const float *table, const uint32_t *offsets, size_t levels, const uint16_t *codes, size_t n,
                      float *out);

// ---- Selection -------------------------------------------------------------------------------------------------

/// Writes the indices i with values[i] <= threshold, ascending, at most `capacity` of them.
/// Returns how many there are in all, which may be more than were written.
size_t semid_select_below(const float *values, size_t n, float threshold, uint32_t *indices, size_t capacity);

/// A number that at least `wanted` values are not above, and no more than `most` where they differ; infinity where no more
/// than `most` are finite. NaN is above everything. A handful of passes: O(n).
float semid_threshold(const float *values, size_t n, size_t wanted, size_t most);

// ---- Bit masks, 64 bits a word ---------------------------------------------------------------------------------

/// target[i] &= mask[i]; returns the number of bits that remain.
size_t semid_bits_and(uint64_t *target, const uint64_t *mask, size_t words);
/// target[i] |= mask[i]; returns the number of bits set.
size_t semid_bits_or(uint64_t *target, const uint64_t *mask, size_t words);
/// target[i] &= ~mask[i]; returns the number of bits that remain.
size_t semid_bits_andnot(uint64_t *target, const uint64_t *mask, size_t words);
size_t semid_bits_count(const uint64_t *words, size_t count);

// ---- Element conversion ----------------------------------------------------------------------------------------

/// IEEE binary16 to and from binary32; rounding to nearest, ties to even.
void semid_half_to_float(const uint16_t *source, size_t n, float *out);
void semid_float_to_half(const float *source, size_t n, uint16_t *out);
/// bfloat16 to and from binary32; rounding to nearest, ties to even; NaN stays NaN.
void semid_bfloat_to_float(const uint16_t *source, size_t n, float *out);
void semid_float_to_bfloat(const float *source, size_t n, uint16_t *out);
/// out[i] = clamp(round(source[i] · scale), -127, 127), ties to even.
void semid_float_to_int8(const float *source, size_t n, float scale, int8_t *out);
/// The index of the first value that is NaN or infinite, or n.
size_t semid_first_non_finite(const float *values, size_t n);

// ---- Accumulation ----------------------------------------------------------------------------------------------

/// sum[j] += sign · row[j], sums in double precision.
void semid_accumulate(double *sum, const float *row, size_t d, double sign);
/// row[j] -= codeword[j]; returns Σ row[j]² after.
float semid_subtract(float *row, const float *codeword, size_t d);

// ---- Sketches --------------------------------------------------------------------------------------------------
//
// An item's residual from its cell's center, rotated at random, keeps one sign a dimension; ⟨q, residual⟩ is estimated
// from Σ ±q over the signs (Gao and Long, "RaBitQ", SIGMOD 2024).

/// Items a block: the unit in which signs are stored and scanned.
enum { SEMID_SKETCH_BLOCK = 32 };

/// A rotated query, ready to be summed.
///
/// groups: of four dimensions, a multiple of 8. tables: 16 bytes a group, entry = (Σ ±q − its least) / step. base: the
/// sum of the leasts.
typedef struct {
  size_t groups;
  const uint8_t *tables;
  float step, base;
} semid_sketch_query;

/// Fills tables (16 · groups bytes), step and base from 4 · groups rotated floats.
void semid_sketch_tables(const float *query, size_t groups, uint8_t *tables, float *step, float *base);

/// Bytes a block, aligned to 4: 16 · groups of signs, where byte i of a group holds the four signs of item i in its low bits
/// and those of item 16 + i in its high ones; a float an item that sums are multiplied with, a float an item that is added;
/// 4 bytes an item that the kernels do not read.
static inline size_t semid_sketch_block_size(size_t groups) { return 16 * groups + 3 * 4 * SEMID_SKETCH_BLOCK; }

/// The estimates, center + offset − scale · Σ ±q, of all items of `count` whole blocks, one after another, and the least of
/// each block's; least may be NULL.
void semid_sketch_estimate(const semid_sketch_query *query, const uint8_t *blocks, size_t count, float center,
                           float *distances, float *least);

/// Asks for memory that will be read soon.
static inline void semid_prefetch(const void *start, size_t bytes) {
  for (size_t byte = 0; byte < bytes; byte += 64) __builtin_prefetch((const char *)start + byte);
}

/// How far a query can be from vectors of bytes, with v = (query − minima) · inverse: Σ max(|v|, |255 − v|)² and the
/// largest max(|v|, |255 − v|).
void semid_bytes_reach(const float *query, const float *minima, float inverse, size_t d, float *square, float *most);

/// A query in whole numbers: (query − minima) · factor, rounded; without minima query · factor. They have to fit 16 bits.
void semid_bytes_query(const float *query, const float *minima, float factor, size_t d, int16_t *out);

/// A vector in bytes: (vector − minima) · inverse, rounded, at least 0 and at most 255. Returns Σ error², in steps.
float semid_bytes_round(const float *vector, const float *minima, float inverse, size_t d, uint8_t *out);

/// Distances of a query to vectors of one byte a dimension, of rows that need not be in order.
///
/// width: bytes a row, a multiple of 16. l2: Σ (query − row · 2^shift)²; dot: Σ query · row; the sums, and in l2 the
/// differences, have to fit 32 and 16 bits.
void semid_bytes_l2_gather(const int16_t *query, int shift, const uint8_t *rows, size_t width, const uint32_t *ids,
                           size_t n, float *out);
void semid_bytes_dot_gather(const int16_t *query, const uint8_t *rows, size_t width, const uint32_t *ids, size_t n,
                            float *out);

/// The Walsh–Hadamard transform of n values, a power of two, in place and not scaled. O(n log n).
void semid_hadamard(float *values, size_t n);

// ---- Nearest codeword ------------------------------------------------------------------------------------------
//
// Vectors and codewords are rounded to 16-bit integers with one scale a vector and one scale a codebook; dot products
// are exact 32-bit integer sums (the scales keep |x|·|c| below 2³¹, so no sum can overflow), two products an
// instruction and lane, twice the rate of float multiply-adds. The rounding errors are measured, so the true distance
// is known to lie within a margin; only codewords within the margin of the best are compared in float. The answer is
// the float one, at the price of the integer one.

/// Codewords a panel: the unit in which a codebook is packed, compared and pruned.
enum { SEMID_PANEL = 16 };

static inline size_t semid_panels(size_t count) { return (count + SEMID_PANEL - 1) / SEMID_PANEL; }

/// 16-bit integers a rounded row takes: d, made even.
static inline size_t semid_rounded_width(size_t d) { return d + (d & 1); }

/// Vectors, as floats and rounded. All arrays are the caller's.
typedef struct {
  /// n × d.
  const float *rows;
  size_t d;
  /// n × semid_rounded_width(d), zero padded.
  int16_t *codes;
  /// value = scale · code.
  float *scales;
  /// |row|, and |row - scale · codes|.
  float *norms, *errors;
} semid_vectors;

/// Rounds rows first ..< first + n: fills their codes, scales, norms and errors from their floats.
void semid_round_rows(const semid_vectors *vectors, size_t first, size_t n);

/// A codebook, rounded and packed.
typedef struct {
  /// count × dimension floats.
  const float *rows;
  size_t count, dimension;
  /// Panel p, pair q, codeword j of the panel at ((p · pairs + q) · SEMID_PANEL + j) · 2: two integers.
  int16_t *panels;
  /// |c|², padded with +infinity to whole panels.
  float *squares;
  /// value = scale · code, for every codeword.
  float scale;
  /// The largest |c| and the largest |c - scale · codes|.
  float largest_norm, largest_error;
  /// NULL, or what each codeword costs beside the squared distance; `squares` then holds |c|² + price. With prices there
  /// can be no bounds: they are on distances.
  const float *prices;
} semid_codebook;

/// 16-bit integers of `panels`; floats of `squares`.
size_t semid_codebook_panel_count(size_t count, size_t d);
size_t semid_codebook_square_count(size_t count);
/// Fills all but rows, count, dimension and prices from them. Its memory holds those sizes.
void semid_codebook_pack(semid_codebook *book);

/// The nearest codeword of rows first ..< first + n: the lowest index among equals.
///
/// nearest: indexed by row. With bounds, in: the last answer; out: the answer.
/// bounds: NULL, or rows × panels: for each row and panel a number no greater than the distance from the row to any
///   codeword of the panel (0 knows nothing). Panels that cannot hold the nearest are passed over; those that are
///   looked at get a new bound (Ding et al., "Yinyang k-means", ICML 2015, with panels as groups).
/// drift: NULL, or how far each panel's codewords moved at most since the bounds were written.
/// Returns how many row-and-panel pairs were computed.
size_t semid_nearest(const semid_codebook *book, const semid_vectors *vectors, size_t first, size_t n,
                     uint32_t *nearest, float *bounds, const float *drift);

// ---- Beam search -----------------------------------------------------------------------------------------------

/// scores[i·stride + k] = |c_k|² - 2<x, c_k>, and the price of c_k where there are any, of row first + i, to within
/// margins[i], for every codeword, and +infinity up to whole panels, which `stride` has room for.
void semid_scores(const semid_codebook *book, const semid_vectors *vectors, size_t first, size_t n, float *scores,
                  size_t stride, float *margins);

/// One level of a beam search: of all children of all parents, those with the least scores, in order; among equals the
/// lowest parent, then the lowest codeword.
///
/// The child of parent p by codeword k scores scores[p][k] + bases[p] + Σₜ terms[p·term_count + t][k]. All tables hold
/// whole panels, and the scores +infinity in what is no codeword; a child whose score is not below +infinity is none.
/// best, children: `beam` places; a child is p << 16 | k. Returns how many there are.
size_t semid_extend_beam(const float *const *scores, const float *bases, const float *const *terms, size_t term_count,
                         size_t parents, size_t count, size_t beam, float *best, uint32_t *children);

// ---- Products of small matrices --------------------------------------------------------------------------------
//
// For the layers of a network: one factor is packed once and used by many calls. Sums are in the order of their terms,
// so a row's bits depend on that row alone, where a library's matrix product rounds it by its place among the others.

/// y[i][o] = Σₖ x[i][k] · w[k][o], or that added to what y holds.
///
/// Rows, terms and outputs may lie in groups of SEMID_PANEL, so that a matrix in panels can be x by its rows, x by its
/// columns, w, and y.
typedef struct {
  /// w, packed; a panel begins panel_stride floats after the one before.
  const float *panels;
  size_t panel_stride, terms, outputs;
  /// x[i][k] at x[i / SEMID_PANEL · row_group + i % SEMID_PANEL · row_stride
  ///              + k / SEMID_PANEL · term_group + k % SEMID_PANEL · term_stride]; rows of it.
  const float *x;
  size_t row_group, row_stride, term_group, term_stride, rows;
  /// y[i][o] at y[o / SEMID_PANEL · y_group + i · y_stride + o % SEMID_PANEL].
  float *y;
  size_t y_group, y_stride;
  int accumulate;
} semid_product;

void semid_multiply(const semid_product *product);
/// Floats of the panels of a factor: panels of SEMID_PANEL outputs, zero padded.
size_t semid_product_panel_count(size_t terms, size_t outputs);
/// Packs w[k][o] = matrix[k · term_stride + o · output_stride].
void semid_product_pack(const float *matrix, size_t terms, size_t outputs, size_t term_stride, size_t output_stride,
                        float *panels);

// ---- Passes of a text encoder ------------------------------------------------------------------------------------
//
// What stands between the products of a transformer, value by value or row by row, in place but where it says otherwise.

typedef enum {
  SEMID_RELU,
  /// x·Φ(x), Φ the normal distribution.
  SEMID_GELU,
  /// Its approximation by tanh.
  SEMID_GELU_TANH,
  /// x / (1 + e⁻ˣ)
  SEMID_SILU,
} semid_activation;

void semid_activate(semid_activation kind, float *values, size_t n);
/// values ← values · factors, one by one.
void semid_scale_by(float *values, const float *factors, size_t n);
/// values ← e^{scale · values} over their sum; scale > 0.
void semid_softmax(float *values, size_t n, float scale);
/// row ← (row − mean) / √(variance + epsilon) · gain + bias
void semid_layer_norm(float *row, const float *gain, const float *bias, float epsilon, size_t n);
/// out ← row / √(mean of squares + epsilon) · gain; out may be the row.
void semid_rms_norm(const float *row, const float *gain, float epsilon, size_t n, float *out);

// ---- A step of training ----------------------------------------------------------------------------------------

/// What a step of AdamW (Loshchilov and Hutter 2019) has in common for all values: g is the gradient times `scale`; the
/// moments decay by beta1 and beta2; a value becomes value · keep − rate · first / (√second · root + epsilon).
typedef struct {
  float scale, beta1, beta2, rate, root, epsilon, keep;
} semid_adamw_step;

/// Moves `count` values, and the moments of their gradients.
void semid_adamw(const semid_adamw_step *step, float *values, const float *gradient, float *first, float *second,
                 size_t count);
