#pragma once
#include <stddef.h>
#include <stdint.h>

#include "constraint.h"

// The hot loops. Each has a portable, an AVX2 and an AVX-512 body; the body is chosen once, when the process starts, by
// what the processor has and by the environment variable SEMID_KERNELS (portable, avx2 or avx512). All pointers are to
// memory the caller owns; none needs more alignment than its type's. Matrices are row-major.
//
// kernels.def lists the kernels. Here stand the types that they take, and what is no kernel.

typedef enum { SEMID_PORTABLE = 0, SEMID_AVX2 = 1, SEMID_AVX512 = 2 } semid_level;

/// The body in use.
semid_level semid_kernel_level(void);
/// Whether this processor can run the body.
int semid_kernel_supported(semid_level level);
/// What SEMID_KERNELS asked for that could not be given: 0 nothing, 1 the name is unknown, 2 the processor lacks it.
int semid_kernel_request_fault(void);

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

/// Bytes a block, aligned to 4: 16 · groups of signs, where byte i of a group holds the four signs of item i in its low bits
/// and those of item 16 + i in its high ones; a float an item that sums are multiplied with, a float an item that is added;
/// 4 bytes an item that the kernels do not read.
static inline size_t semid_sketch_block_size(size_t groups) { return 16 * groups + 3 * 4 * SEMID_SKETCH_BLOCK; }

/// Asks for memory that will be read soon.
static inline void semid_prefetch(const void *start, size_t bytes) {
  for (size_t byte = 0; byte < bytes; byte += 64) __builtin_prefetch((const char *)start + byte);
}

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

// ---- A step of training ----------------------------------------------------------------------------------------

/// What a step of AdamW (Loshchilov and Hutter 2019) has in common for all values: g is the gradient times `scale`; the
/// moments decay by beta1 and beta2; a value becomes value · keep − rate · first / (√second · root + epsilon).
typedef struct {
  float scale, beta1, beta2, rate, root, epsilon, keep;
} semid_adamw_step;

// ---- The kernels -----------------------------------------------------------------------------------------------

#define KERNEL(result, name, parameters, arguments) result semid_##name parameters;
#include "../kernels.def"
#undef KERNEL
