#pragma once
#include "kernels.h"

/// One body of every kernel, under the kernels' names without their prefix.
typedef struct {
  void (*l2_gather)(const float *query, const float *rows, size_t d, const uint32_t *ids, size_t n, float *out);
  void (*dot_gather)(const float *query, const float *rows, size_t d, const uint32_t *ids, size_t n, float *out);
  void (*l2_rows)(const float *query, const float *rows, size_t d, size_t n, float *out);
  void (*dot_rows)(const float *query, const float *rows, size_t d, size_t n, float *out);
  void (*scan_codes)(const float *table, const uint32_t *offsets, size_t levels, const uint16_t *codes, size_t n,
      float *out);
  size_t (*select_below)(const float *values, size_t n, float threshold, uint32_t *indices, size_t capacity);
  float (*threshold)(const float *values, size_t n, size_t wanted, size_t most);
  size_t (*bits_and)(uint64_t *target, const uint64_t *mask, size_t words);
  size_t (*bits_or)(uint64_t *target, const uint64_t *mask, size_t words);
  size_t (*bits_andnot)(uint64_t *target, const uint64_t *mask, size_t words);
  size_t (*bits_count)(const uint64_t *words, size_t count);
  void (*half_to_float)(const uint16_t *source, size_t n, float *out);
  void (*float_to_half)(const float *source, size_t n, uint16_t *out);
  void (*bfloat_to_float)(const uint16_t *source, size_t n, float *out);
  void (*float_to_bfloat)(const float *source, size_t n, uint16_t *out);
  void (*float_to_int8)(const float *source, size_t n, float scale, int8_t *out);
  size_t (*first_non_finite)(const float *values, size_t n);
  void (*accumulate)(double *sum, const float *row, size_t d, double sign);
  float (*subtract)(float *row, const float *codeword, size_t d);
  void (*round_rows)(const semid_vectors *vectors, size_t first, size_t n);
  void (*codebook_pack)(semid_codebook *book);
  size_t (*nearest)(const semid_codebook *book, const semid_vectors *vectors, size_t first, size_t n,
      uint32_t *nearest, float *bounds, const float *drift);
  void (*scores)(const semid_codebook *book, const semid_vectors *vectors, size_t first, size_t n, float *scores,
      size_t stride, float *margins);
  size_t (*extend_beam)(const float *const *scores, const float *bases, const float *const *terms,
      size_t term_count, size_t parents, size_t count, size_t beam, float *best, uint32_t *children);
  void (*sketch_tables)(const float *query, size_t groups, uint8_t *tables, float *step, float *base);
  void (*sketch_estimate)(const semid_sketch_query *query, const uint8_t *blocks, size_t count, float center,
      float *distances, float *least);
  void (*bytes_reach)(const float *query, const float *minima, float inverse, size_t d, float *square, float *most);
  float (*bytes_round)(const float *vector, const float *minima, float inverse, size_t d, uint8_t *out);
  void (*bytes_query)(const float *query, const float *minima, float factor, size_t d, int16_t *out);
  void (*bytes_l2_gather)(const int16_t *query, int shift, const uint8_t *rows, size_t width, const uint32_t *ids,
      size_t n, float *out);
  void (*bytes_dot_gather)(const int16_t *query, const uint8_t *rows, size_t width, const uint32_t *ids, size_t n,
      float *out);
  void (*hadamard)(float *values, size_t n);
  void (*multiply)(const semid_product *product);
  void (*adamw)(const semid_adamw_step *step, float *values, const float *gradient, float *first, float *second,
      size_t count);
  void (*activate)(semid_activation kind, float *values, size_t n);
  void (*scale_by)(float *values, const float *factors, size_t n);
  void (*softmax)(float *values, size_t n, float scale);
  void (*layer_norm)(float *row, const float *gain, const float *bias, float epsilon, size_t n);
  void (*rms_norm)(const float *row, const float *gain, float epsilon, size_t n, float *out);
} semid_kernels;

/// The body in use, and each body for the tests, which hold them against the portable one.
const semid_kernels *semid_kernels_in_use(void);
/// NULL where the processor cannot run it.
const semid_kernels *semid_kernels_of(semid_level level);
/// The AVX-512 body's sixteen lanes lowered to what every processor has: its logic, where its instructions lack.
const semid_kernels *semid_kernels_wide(void);
