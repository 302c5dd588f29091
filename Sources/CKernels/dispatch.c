#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <stdlib.h>
#include <string.h>

#include "include/bodies.h"

#define BODIES(suffix) \
  void semid_l2_gather_##suffix(const float *query, const float *rows, size_t d, const uint32_t *ids, size_t n, \
      float *out); \
  void semid_dot_gather_##suffix(const float *query, const float *rows, size_t d, const uint32_t *ids, size_t n, \
      float *out); \
  void semid_l2_rows_##suffix(const float *query, const float *rows, size_t d, size_t n, float *out); \
  void semid_dot_rows_##suffix(const float *query, const float *rows, size_t d, size_t n, float *out); \
  void semid_scan_codes_##suffix(const float *table, const uint32_t *offsets, size_t levels, const uint16_t *codes, \
      size_t n, float *out); \
  size_t semid_select_below_##suffix(const float *values, size_t n, float threshold, uint32_t *indices, \
      size_t capacity); \
  float semid_threshold_##suffix(const float *values, size_t n, size_t wanted, size_t most); \
  size_t semid_bits_and_##suffix(uint64_t *target, const uint64_t *mask, size_t words); \
  size_t semid_bits_or_##suffix(uint64_t *target, const uint64_t *mask, size_t words); \
  size_t semid_bits_andnot_##suffix(uint64_t *target, const uint64_t *mask, size_t words); \
  size_t semid_bits_count_##suffix(const uint64_t *words, size_t count); \
  void semid_half_to_float_##suffix(const uint16_t *source, size_t n, float *out); \
  void semid_float_to_half_##suffix(const float *source, size_t n, uint16_t *out); \
  void semid_bfloat_to_float_##suffix(const uint16_t *source, size_t n, float *out); \
  void semid_float_to_bfloat_##suffix(const float *source, size_t n, uint16_t *out); \
  void semid_float_to_int8_##suffix(const float *source, size_t n, float scale, int8_t *out); \
  size_t semid_first_non_finite_##suffix(const float *values, size_t n); \
  void semid_accumulate_##suffix(double *sum, const float *row, size_t d, double sign); \
  float semid_subtract_##suffix(float *row, const float *codeword, size_t d); \
  void semid_round_rows_##suffix(const semid_vectors *vectors, size_t first, size_t n); \
  void semid_codebook_pack_##suffix(semid_codebook *book); \
  size_t semid_nearest_##suffix(const semid_codebook *book, const semid_vectors *vectors, size_t first, size_t n, \
      uint32_t *nearest, float *bounds, const float *drift); \
  void semid_scores_##suffix(const semid_codebook *book, const semid_vectors *vectors, size_t first, size_t n, float *scores, \
      size_t stride, float *margins); \
  size_t semid_extend_beam_##suffix(const float *const *scores, const float *bases, const float *const *terms, \
      size_t term_count, size_t parents, size_t count, size_t beam, float *best, uint32_t *children); \
  void semid_sketch_tables_##suffix(const float *query, size_t groups, uint8_t *tables, float *step, float *base); \
  void semid_sketch_estimate_##suffix(const semid_sketch_query *query, const uint8_t *blocks, size_t count, \
      float center, float *distances, float *least); \
  void semid_bytes_reach_##suffix(const float *query, const float *minima, float inverse, size_t d, float *square, \
      float *most); \
  float semid_bytes_round_##suffix(const float *vector, const float *minima, float inverse, size_t d, uint8_t *out); \
  void semid_bytes_query_##suffix(const float *query, const float *minima, float factor, size_t d, int16_t *out); \
  void semid_bytes_l2_gather_##suffix(const int16_t *query, int shift, const uint8_t *rows, size_t width, \
      const uint32_t *ids, size_t n, float *out); \
  void semid_bytes_dot_gather_##suffix(const int16_t *query, const uint8_t *rows, size_t width, const uint32_t *ids, \
      size_t n, float *out); \
  void semid_hadamard_##suffix(float *values, size_t n); \
  void semid_multiply_##suffix(const semid_product *product); \
  void semid_adamw_##suffix(const semid_adamw_step *step, float *values, const float *gradient, float *first, \
      float *second, size_t count); \
  void semid_activate_##suffix(semid_activation kind, float *values, size_t n); \
  void semid_scale_by_##suffix(float *values, const float *factors, size_t n); \
  void semid_softmax_##suffix(float *values, size_t n, float scale); \
  void semid_layer_norm_##suffix(float *row, const float *gain, const float *bias, float epsilon, size_t n); \
  void semid_rms_norm_##suffix(const float *row, const float *gain, float epsilon, size_t n, float *out); \
  static const semid_kernels kernels_##suffix = { \
      .l2_gather = semid_l2_gather_##suffix, \
      .dot_gather = semid_dot_gather_##suffix, \
      .l2_rows = semid_l2_rows_##suffix, \
      .dot_rows = semid_dot_rows_##suffix, \
      .scan_codes = semid_scan_codes_##suffix, \
      .select_below = semid_select_below_##suffix, \
      .threshold = semid_threshold_##suffix, \
      .bits_and = semid_bits_and_##suffix, \
      .bits_or = semid_bits_or_##suffix, \
      .bits_andnot = semid_bits_andnot_##suffix, \
      .bits_count = semid_bits_count_##suffix, \
      .half_to_float = semid_half_to_float_##suffix, \
      .float_to_half = semid_float_to_half_##suffix, \
      .bfloat_to_float = semid_bfloat_to_float_##suffix, \
      .float_to_bfloat = semid_float_to_bfloat_##suffix, \
      .float_to_int8 = semid_float_to_int8_##suffix, \
      .first_non_finite = semid_first_non_finite_##suffix, \
      .accumulate = semid_accumulate_##suffix, \
      .subtract = semid_subtract_##suffix, \
      .round_rows = semid_round_rows_##suffix, \
      .codebook_pack = semid_codebook_pack_##suffix, \
      .nearest = semid_nearest_##suffix, \
      .scores = semid_scores_##suffix, \
      .extend_beam = semid_extend_beam_##suffix, \
      .sketch_tables = semid_sketch_tables_##suffix, \
      .sketch_estimate = semid_sketch_estimate_##suffix, \
      .bytes_reach = semid_bytes_reach_##suffix, \
      .bytes_round = semid_bytes_round_##suffix, \
      .bytes_query = semid_bytes_query_##suffix, \
      .bytes_l2_gather = semid_bytes_l2_gather_##suffix, \
      .bytes_dot_gather = semid_bytes_dot_gather_##suffix, \
      .hadamard = semid_hadamard_##suffix, \
      .multiply = semid_multiply_##suffix, \
      .adamw = semid_adamw_##suffix, \
      .activate = semid_activate_##suffix, \
      .scale_by = semid_scale_by_##suffix, \
      .softmax = semid_softmax_##suffix, \
      .layer_norm = semid_layer_norm_##suffix, \
      .rms_norm = semid_rms_norm_##suffix, \
  };

BODIES(portable)
BODIES(wide)
#if defined(__x86_64__)
BODIES(avx2)
BODIES(avx512)
#endif

int semid_kernel_supported(semid_level level) {
  switch (level) {
    case SEMID_PORTABLE: return 1;
#if defined(__x86_64__)
    case SEMID_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    case SEMID_AVX512:
      return semid_kernel_supported(SEMID_AVX2) && __builtin_cpu_supports("avx512f") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni");
#endif
    default: return 0;
  }
}

const semid_kernels *semid_kernels_of(semid_level level) {
  if (!semid_kernel_supported(level)) return NULL;
  switch (level) {
#if defined(__x86_64__)
    case SEMID_AVX2: return &kernels_avx2;
    case SEMID_AVX512: return &kernels_avx512;
#endif
    default: return &kernels_portable;
  }
}

const semid_kernels *semid_kernels_wide(void) { return &kernels_wide; }

// Written once, before main; read only from then on.
static semid_level level_in_use = SEMID_PORTABLE;
static const semid_kernels *in_use = &kernels_portable;
#if defined(__x86_64__)
static semid_kernels mixed;
#endif
static int request_fault = 0;

#if defined(__x86_64__)
/// AMD's family 19h; of its processors, those of Zen 4 alone have AVX-512.
static int is_zen4(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(0, &a, &b, &c, &d) || b != 0x68747541 || d != 0x69746e65 || c != 0x444d4163) return 0;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
  return (a >> 8 & 15) == 15 && (a >> 20 & 255) + 15 == 0x19;
}
#endif

__attribute__((constructor)) static void choose_body(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
  static const char *const names[] = {"portable", "avx2", "avx512"};
  const char *request = getenv("SEMID_KERNELS");
  int highest = SEMID_AVX512;
  if (request && *request) {
    int wanted = -1;
    for (int level = 0; level <= SEMID_AVX512; level++)
      if (!strcmp(request, names[level])) wanted = level;
    if (wanted < 0) request_fault = 1;
    else if (!semid_kernel_supported((semid_level)wanted)) request_fault = 2;
    if (wanted >= 0) highest = wanted;
  }
  for (int level = highest; level >= 0; level--)
    if (semid_kernel_supported((semid_level)level)) {
      level_in_use = (semid_level)level;
      in_use = semid_kernels_of(level_in_use);
      break;
    }
#if defined(__x86_64__)
  // A factor that is broadcast from memory to 512 bits costs this processor two loads: the products of 256 bits are more
  // than twice as fast there. Both add up in the same order, so the results are the same bits.
  if (level_in_use == SEMID_AVX512 && is_zen4()) {
    mixed = kernels_avx512;
    mixed.multiply = kernels_avx2.multiply;
    in_use = &mixed;
  }
#endif
}

semid_level semid_kernel_level(void) { return level_in_use; }
int semid_kernel_request_fault(void) { return request_fault; }
const semid_kernels *semid_kernels_in_use(void) { return in_use; }

size_t semid_codebook_panel_count(size_t count, size_t d) {
  return semid_panels(count) * SEMID_PANEL * semid_rounded_width(d);
}
size_t semid_codebook_square_count(size_t count) { return semid_panels(count) * SEMID_PANEL; }

void semid_l2_gather(const float *query, const float *rows, size_t d, const uint32_t *ids, size_t n, float *out) {
  in_use->l2_gather(query, rows, d, ids, n, out);
}
void semid_dot_gather(const float *query, const float *rows, size_t d, const uint32_t *ids, size_t n, float *out) {
  in_use->dot_gather(query, rows, d, ids, n, out);
}
void semid_l2_rows(const float *query, const float *rows, size_t d, size_t n, float *out) {
  in_use->l2_rows(query, rows, d, n, out);
}
void semid_dot_rows(const float *query, const float *rows, size_t d, size_t n, float *out) {
  in_use->dot_rows(query, rows, d, n, out);
}
void semid_scan_codes(const float *table, const uint32_t *offsets, size_t levels, const uint16_t *codes, size_t n,
    float *out) {
  in_use->scan_codes(table, offsets, levels, codes, n, out);
}
size_t semid_select_below(const float *values, size_t n, float threshold, uint32_t *indices, size_t capacity) {
  return in_use->select_below(values, n, threshold, indices, capacity);
}
float semid_threshold(const float *values, size_t n, size_t wanted, size_t most) {
  return in_use->threshold(values, n, wanted, most);
}
size_t semid_bits_and(uint64_t *target, const uint64_t *mask, size_t words) {
  return in_use->bits_and(target, mask, words);
}
size_t semid_bits_or(uint64_t *target, const uint64_t *mask, size_t words) {
  return in_use->bits_or(target, mask, words);
}
size_t semid_bits_andnot(uint64_t *target, const uint64_t *mask, size_t words) {
  return in_use->bits_andnot(target, mask, words);
}
size_t semid_bits_count(const uint64_t *words, size_t count) {
  return in_use->bits_count(words, count);
}
void semid_half_to_float(const uint16_t *source, size_t n, float *out) {
  in_use->half_to_float(source, n, out);
}
void semid_float_to_half(const float *source, size_t n, uint16_t *out) {
  in_use->float_to_half(source, n, out);
}
void semid_bfloat_to_float(const uint16_t *source, size_t n, float *out) {
  in_use->bfloat_to_float(source, n, out);
}
void semid_float_to_bfloat(const float *source, size_t n, uint16_t *out) {
  in_use->float_to_bfloat(source, n, out);
}
void semid_float_to_int8(const float *source, size_t n, float scale, int8_t *out) {
  in_use->float_to_int8(source, n, scale, out);
}
size_t semid_first_non_finite(const float *values, size_t n) {
  return in_use->first_non_finite(values, n);
}
void semid_accumulate(double *sum, const float *row, size_t d, double sign) {
  in_use->accumulate(sum, row, d, sign);
}
float semid_subtract(float *row, const float *codeword, size_t d) {
  return in_use->subtract(row, codeword, d);
}
void semid_round_rows(const semid_vectors *vectors, size_t first, size_t n) {
  in_use->round_rows(vectors, first, n);
}
void semid_codebook_pack(semid_codebook *book) {
  in_use->codebook_pack(book);
}
size_t semid_nearest(const semid_codebook *book, const semid_vectors *vectors, size_t first, size_t n,
    uint32_t *nearest, float *bounds, const float *drift) {
  return in_use->nearest(book, vectors, first, n, nearest, bounds, drift);
}
void semid_scores(const semid_codebook *book, const semid_vectors *vectors, size_t first, size_t n, float *scores,
    size_t stride, float *margins) {
  in_use->scores(book, vectors, first, n, scores, stride, margins);
}
size_t semid_extend_beam(const float *const *scores, const float *bases, const float *const *terms,
    size_t term_count, size_t parents, size_t count, size_t beam, float *best, uint32_t *children) {
  return in_use->extend_beam(scores, bases, terms, term_count, parents, count, beam, best, children);
}
void semid_sketch_tables(const float *query, size_t groups, uint8_t *tables, float *step, float *base) {
  in_use->sketch_tables(query, groups, tables, step, base);
}
void semid_sketch_estimate(const semid_sketch_query *query, const uint8_t *blocks, size_t count, float center,
                           float *distances, float *least) {
  in_use->sketch_estimate(query, blocks, count, center, distances, least);
}
void semid_bytes_reach(const float *query, const float *minima, float inverse, size_t d, float *square, float *most) {
  in_use->bytes_reach(query, minima, inverse, d, square, most);
}
float semid_bytes_round(const float *vector, const float *minima, float inverse, size_t d, uint8_t *out) {
  return in_use->bytes_round(vector, minima, inverse, d, out);
}
void semid_bytes_query(const float *query, const float *minima, float factor, size_t d, int16_t *out) {
  in_use->bytes_query(query, minima, factor, d, out);
}
void semid_bytes_l2_gather(const int16_t *query, int shift, const uint8_t *rows, size_t width, const uint32_t *ids,
                           size_t n, float *out) {
  in_use->bytes_l2_gather(query, shift, rows, width, ids, n, out);
}
void semid_bytes_dot_gather(const int16_t *query, const uint8_t *rows, size_t width, const uint32_t *ids, size_t n,
                            float *out) {
  in_use->bytes_dot_gather(query, rows, width, ids, n, out);
}
void semid_hadamard(float *values, size_t n) { in_use->hadamard(values, n); }

size_t semid_product_panel_count(size_t terms, size_t outputs) { return semid_panels(outputs) * SEMID_PANEL * terms; }

void semid_product_pack(const float *matrix, size_t terms, size_t outputs, size_t term_stride, size_t output_stride,
    float *panels) {
  for (size_t first = 0; first < outputs; first += SEMID_PANEL, panels += SEMID_PANEL * terms) {
    const float *source = matrix + first * output_stride;
    size_t valid = outputs - first < SEMID_PANEL ? outputs - first : SEMID_PANEL;
    if (valid < SEMID_PANEL) memset(panels, 0, SEMID_PANEL * terms * sizeof(float));
    if (output_stride == 1) {
      for (size_t k = 0; k < terms; k++)
        memcpy(panels + k * SEMID_PANEL, source + k * term_stride, valid * sizeof(float));
    } else {
      // Four terms at a time: whole reads of the rows, and no line written twice over.
      size_t k = 0;
      for (; k + 4 <= terms; k += 4)
        for (size_t j = 0; j < valid; j++)
          for (size_t t = 0; t < 4; t++)
            panels[(k + t) * SEMID_PANEL + j] = source[j * output_stride + (k + t) * term_stride];
      for (; k < terms; k++)
        for (size_t j = 0; j < valid; j++)
          panels[k * SEMID_PANEL + j] = source[j * output_stride + k * term_stride];
    }
  }
}

void semid_multiply(const semid_product *product) { in_use->multiply(product); }
void semid_adamw(const semid_adamw_step *step, float *values, const float *gradient, float *first, float *second,
                 size_t count) {
  in_use->adamw(step, values, gradient, first, second, count);
}
void semid_activate(semid_activation kind, float *values, size_t n) { in_use->activate(kind, values, n); }
void semid_scale_by(float *values, const float *factors, size_t n) { in_use->scale_by(values, factors, n); }
void semid_softmax(float *values, size_t n, float scale) { in_use->softmax(values, n, scale); }
void semid_layer_norm(float *row, const float *gain, const float *bias, float epsilon, size_t n) {
  in_use->layer_norm(row, gain, bias, epsilon, n);
}
void semid_rms_norm(const float *row, const float *gain, float epsilon, size_t n, float *out) {
  in_use->rms_norm(row, gain, epsilon, n, out);
}
