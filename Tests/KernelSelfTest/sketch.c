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

static void scan(const semid_kernels *body, const semid_kernels *portable) {
  (void)portable;
  static const size_t counts[] = {1, 5, 31, 32, 33, 64, 100};
  for (size_t c = 0; c < sizeof group_counts / sizeof *group_counts; c++)
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
      size_t groups = group_counts[c], n = counts[k], most = groups > 1040 ? 65535 / groups : 63;
      size_t slots = (n + SEMID_SKETCH_BLOCK - 1) / SEMID_SKETCH_BLOCK * SEMID_SKETCH_BLOCK;
      uint8_t *codes = TAKE(uint8_t, slots / 2 * groups), *entries = TAKE(uint8_t, 16 * groups);
      for (size_t i = 0; i < slots / 2 * groups; i++) codes[i] = (uint8_t)random_bits();
      // Every entry at its most in one case: the sums come as near to 16 bits as they may.
      for (size_t i = 0; i < 16 * groups; i++) entries[i] = (uint8_t)(k == 2 ? most : random_below(most + 1));
      float *scales = TAKE(float, slots), *offsets = TAKE(float, slots), *distances = TAKE(float, n);
      uint32_t *chosen = TAKE(uint32_t, n);
      fill_random(scales, slots, 1);
      fill_random(offsets, slots, 1);
      semid_sketch_query query = {groups, entries, 0.25f, -3};
      float thresholds[] = {INFINITY, 0, -INFINITY, NAN};
      for (int t = 0; t < 4; t++) {
        size_t found = body->sketch_scan(&query, codes, scales, offsets, n, 0.5f, thresholds[t], chosen, distances);
        size_t next = 0;
        for (size_t i = 0; i < n; i++) {
          size_t block = i / SEMID_SKETCH_BLOCK, place = i % SEMID_SKETCH_BLOCK;
          uint32_t sum = 0;
          for (size_t g = 0; g < groups; g++) {
            uint8_t byte = codes[(block * groups + g) * 16 + place % 16];
            sum += entries[16 * g + (place < 16 ? byte & 15 : byte >> 4)];
          }
          double value = 0.5 + offsets[i] - scales[i] * (-3 + 0.25 * sum);
          double margin = 1e-5 * (1 + fabs(scales[i]) * 0.25 * sum);
          if (next < found && chosen[next] == i) {
            EXPECT(fabs(distances[next] - value) <= margin, "item %zu: %g, %g", i, (double)distances[next], value);
            EXPECT(value <= thresholds[t] + margin, "item %zu: %g", i, value);
            next++;
          } else {
            EXPECT(!(value <= thresholds[t] - margin), "item %zu is missing: %g", i, value);
          }
        }
        EXPECT(next == found, "%zu of %zu in order", next, found);
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
    {"sketch_scan", scan},
    {"hadamard", hadamard},
    {NULL, NULL},
};
