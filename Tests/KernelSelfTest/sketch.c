// Sketches: tables, scans and the Walsh–Hadamard transform.
#include <math.h>
#include <string.h>

#include "selftest.h"

static const size_t group_counts[] = {8, 16, 24, 96, 200, 1040, 1048, 2048};

static float signed_sum(const float *query, unsigned pattern) {
  float sum = 0;
  for (int b = 0; b < 4; b++) sum += pattern >> b & 1 ? query[b] : -query[b];
  return sum;
}

static void tables(const semid_kernels *body, const semid_kernels *portable) {
  for (size_t c = 0; c < sizeof group_counts / sizeof *group_counts; c++)
    for (int zero = 0; zero < 2; zero++) {
      size_t groups = group_counts[c];
      float *query = TAKE(float, 4 * groups);
      fill_random(query, 4 * groups, zero ? 0 : 3);
      uint8_t *entries = TAKE(uint8_t, 16 * groups), *expected = TAKE(uint8_t, 16 * groups);
      float step, base, portable_step, portable_base;
      body->sketch_tables(query, groups, entries, &step, &base);
      portable->sketch_tables(query, groups, expected, &portable_step, &portable_base);
      size_t most = groups > 1040 ? 65535 / groups : 63, highest = 0;
      for (size_t g = 0; g < groups; g++) {
        float low = 0;
        for (int b = 0; b < 4; b++) low -= fabsf(query[4 * g + (size_t)b]);
        for (unsigned m = 0; m < 16; m++) {
          float value = low + step * entries[16 * g + m], exact = signed_sum(query + 4 * g, m);
          EXPECT(fabsf(value - exact) <= 0.501f * step, "groups %zu, %zu, pattern %u: %g, %g", groups, g, m,
                 (double)value, (double)exact);
          int difference = entries[16 * g + m] - expected[16 * g + m];
          EXPECT(difference >= -1 && difference <= 1, "groups %zu: %d", groups, difference);
          if (entries[16 * g + m] > highest) highest = entries[16 * g + m];
        }
      }
      EXPECT(highest <= most, "groups %zu: %zu above %zu", groups, highest, most);
      end_case();
    }
}

static void estimate(const semid_kernels *body, const semid_kernels *portable) {
  (void)portable;
  for (size_t c = 0; c < sizeof group_counts / sizeof *group_counts; c++)
    for (size_t count = 1; count < 6; count++) {
      size_t groups = group_counts[c], most = groups > 1040 ? 65535 / groups : 63, size = semid_sketch_block_size(groups);
      uint8_t *blocks = (uint8_t *)TAKE(float, count * size / 4), *entries = TAKE(uint8_t, 16 * groups);
      for (size_t i = 0; i < count * size; i++) blocks[i] = (uint8_t)random_bits();
      for (size_t b = 0; b < count; b++) fill_random((float *)(blocks + b * size + 16 * groups), 2 * SEMID_SKETCH_BLOCK, 1);
      // Every entry at its most in one case: the sums come as near to 16 bits as they may.
      for (size_t i = 0; i < 16 * groups; i++) entries[i] = (uint8_t)(count == 2 ? most : random_below(most + 1));
      float *all = TAKE(float, count * SEMID_SKETCH_BLOCK), *least = TAKE(float, count);
      semid_sketch_query query = {groups, entries, 0.25f, -3};
      body->sketch_estimate(&query, blocks, count, 0.5f, all, count == 3 ? NULL : least);
      for (size_t b = 0; b < count; b++) {
        float found = INFINITY;
        const float *scales = (const float *)(blocks + b * size + 16 * groups);
        for (size_t place = 0; place < SEMID_SKETCH_BLOCK; place++) {
          uint32_t sum = 0;
          for (size_t g = 0; g < groups; g++) {
            uint8_t byte = blocks[b * size + g * 16 + place % 16];
            sum += entries[16 * g + (place < 16 ? byte & 15 : byte >> 4)];
          }
          double value = 0.5 + scales[SEMID_SKETCH_BLOCK + place] - scales[place] * (-3 + 0.25 * sum);
          double margin = 1e-5 * (1 + fabs(scales[place]) * 0.25 * sum);
          float estimated = all[b * SEMID_SKETCH_BLOCK + place];
          EXPECT(fabs(estimated - value) <= margin, "block %zu, %zu: %g, %g", b, place, (double)estimated, value);
          found = fminf(found, estimated);
        }
        if (count != 3) EXPECT(least[b] == found, "block %zu: %g, the least is %g", b, (double)least[b], (double)found);
      }
      end_case();
    }
}

static void bytes(const semid_kernels *body, const semid_kernels *portable) {
  static const size_t widths[] = {16, 32, 48, 64, 112, 784};
  for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
    enum { ROWS = 5, IDS = 40 };
    size_t width = widths[w];
    uint8_t *rows = TAKE(uint8_t, ROWS * width);
    for (size_t i = 0; i < ROWS * width; i++) rows[i] = (uint8_t)random_bits();
    int16_t *query = TAKE(int16_t, width);
    for (size_t j = 0; j < width; j++) query[j] = (int16_t)((int)random_below(2001) - 1000);
    uint32_t *ids = TAKE(uint32_t, IDS);
    for (size_t i = 0; i < IDS; i++) ids[i] = (uint32_t)random_below(ROWS);
    float *found = TAKE(float, IDS), *expected = TAKE(float, IDS);
    for (int shift = 0; shift < 3; shift++) {
      body->bytes_l2_gather(query, shift, rows, width, ids, IDS, found);
      portable->bytes_l2_gather(query, shift, rows, width, ids, IDS, expected);
      EXPECT(memcmp(found, expected, IDS * sizeof *found) == 0, "width %zu, shift %d", width, shift);
      body->bytes_dot_gather(query, rows, width, ids, IDS, found);
      portable->bytes_dot_gather(query, rows, width, ids, IDS, expected);
      EXPECT(memcmp(found, expected, IDS * sizeof *found) == 0, "width %zu", width);
    }
    end_case();
  }
  for (size_t s = 0; s < SIZES; s++) {
    size_t d = sizes[s];
    float *query = TAKE(float, d), *minima = TAKE(float, d);
    int16_t *whole = TAKE(int16_t, d), *expected = TAKE(int16_t, d);
    fill_random(query, d, 300);
    fill_random(minima, d, 100);
    float square, most, portable_square, portable_most;
    body->bytes_reach(query, minima, 0.5f, d, &square, &most);
    portable->bytes_reach(query, minima, 0.5f, d, &portable_square, &portable_most);
    EXPECT(most == portable_most && fabsf(square - portable_square) <= 1e-5f * portable_square, "d %zu", d);
    uint8_t *rounded = TAKE(uint8_t, d), *portable_rounded = TAKE(uint8_t, d);
    float error = body->bytes_round(query, minima, 0.25f, d, rounded), exact = 0;
    float portable_error = portable->bytes_round(query, minima, 0.25f, d, portable_rounded);
    EXPECT(memcmp(&error, &portable_error, sizeof error) == 0 && memcmp(rounded, portable_rounded, d) == 0, "d %zu", d);
    for (size_t j = 0; j < d; j++) {
      float value = (query[j] - minima[j]) * 0.25f, nearest = fminf(fmaxf(value, 0), 255);
      EXPECT(fabsf((float)rounded[j] - nearest) <= 0.5f, "d %zu: %d for %g", d, rounded[j], (double)value);
      exact += (value - (float)rounded[j]) * (value - (float)rounded[j]);
    }
    EXPECT(fabsf(error - exact) <= 1e-5f * exact, "d %zu: %g for %g", d, (double)error, (double)exact);
    for (int given = 0; given < 2; given++) {
      body->bytes_query(query, given ? minima : NULL, 4, d, whole);
      portable->bytes_query(query, given ? minima : NULL, 4, d, expected);
      EXPECT(memcmp(whole, expected, d * sizeof *whole) == 0, "d %zu", d);
    }
    end_case();
  }
}

static void hadamard(const semid_kernels *body, const semid_kernels *portable) {
  (void)portable;
  for (size_t n = 1; n <= 1024; n *= 2) {
    float *values = TAKE(float, n), *expected = TAKE(float, n);
    fill_random(values, n, 1);
    for (size_t i = 0; i < n; i++) {
      double sum = 0;
      for (size_t j = 0; j < n; j++) sum += __builtin_parityll(i & j) ? -values[j] : values[j];
      expected[i] = (float)sum;
    }
    body->hadamard(values, n);
    for (size_t i = 0; i < n; i++)
      EXPECT(fabsf(values[i] - expected[i]) <= 1e-5f * (float)n, "n %zu, %zu: %g, %g", n, i, (double)values[i],
             (double)expected[i]);
    end_case();
  }
}

const check sketch_checks[] = {
    {"sketch_tables", tables},
    {"sketch_estimate", estimate},
    {"bytes", bytes},
    {"hadamard", hadamard},
    {NULL, NULL},
};
