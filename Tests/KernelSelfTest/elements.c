// Distances, scans, selection, masks, accumulation: what works element by element or row by row.
#include <math.h>
#include <string.h>

#include "selftest.h"

/// How far a float sum of n products may be from the exact one, whatever its order: each product and each addition
/// rounds once (Higham, "Accuracy and Stability of Numerical Algorithms", §3.1).
static double sum_margin(size_t n, double magnitude) { return (double)(n + 3) * 0x1p-24 * magnitude + 1e-44; }

static void distances(const semid_kernels *body, int is_l2) {
  for (size_t s = 1; s < SIZES; s++) {
    size_t d = sizes[s], n = 1 + random_below(9), count = random_below(8);
    float scale = random_below(4) ? 1 : 1e6f;
    float *rows = TAKE(float, n * d), *query = TAKE(float, d), *all = TAKE(float, n), *some = TAKE(float, count);
    uint32_t *ids = TAKE(uint32_t, count);
    fill_random(rows, n * d, scale);
    fill_random(query, d, scale);
    for (size_t i = 0; i < count; i++) ids[i] = (uint32_t)random_below(n);
    (is_l2 ? body->l2_rows : body->dot_rows)(query, rows, d, n, all);
    (is_l2 ? body->l2_gather : body->dot_gather)(query, rows, d, ids, count, some);
    for (size_t i = 0; i < n; i++) {
      double exact = 0, magnitude = 0;
      for (size_t j = 0; j < d; j++) {
        double a = query[j], b = rows[i * d + j], term = is_l2 ? (a - b) * (a - b) : a * b;
        exact += term;
        magnitude += fabs(term);
      }
      EXPECT(fabs((double)all[i] - exact) <= sum_margin(d, magnitude), "d %zu, row %zu: %g, exactly %g", d, i,
             (double)all[i], exact);
    }
    for (size_t i = 0; i < count; i++)
      EXPECT(memcmp(&some[i], &all[ids[i]], 4) == 0, "d %zu: gathered %g, in order %g", d, (double)some[i],
             (double)all[ids[i]]);
    end_case();
  }
}

static void l2(const semid_kernels *body, const semid_kernels *portable) { (void)portable, distances(body, 1); }
static void dot(const semid_kernels *body, const semid_kernels *portable) { (void)portable, distances(body, 0); }

static void scan_codes(const semid_kernels *body, const semid_kernels *portable) {
  for (size_t levels = 1; levels <= 8; levels++) {
    for (size_t s = 0; s < SIZES; s += 3) {
      size_t n = sizes[s], total = 0, size[8];
      uint32_t *offsets = TAKE(uint32_t, levels);
      for (size_t l = 0; l < levels; total += size[l++]) offsets[l] = (uint32_t)total, size[l] = 1 + random_below(300);
      float *table = TAKE(float, total), *out = TAKE(float, n), *expected = TAKE(float, n);
      uint16_t *codes = TAKE(uint16_t, n * levels);
      fill_random(table, total, 1);
      for (size_t i = 0; i < n * levels; i++) codes[i] = (uint16_t)random_below(size[i % levels]);
      body->scan_codes(table, offsets, levels, codes, n, out);
      portable->scan_codes(table, offsets, levels, codes, n, expected);
      for (size_t i = 0; i < n; i++) {
        float sum = 0;
        for (size_t l = 0; l < levels; l++) sum += table[offsets[l] + codes[i * levels + l]];
        EXPECT(out[i] == sum && expected[i] == sum, "levels %zu, row %zu: %g, by hand %g", levels, i, (double)out[i],
               (double)sum);
      }
      end_case();
    }
  }
}

static void threshold(const semid_kernels *body, const semid_kernels *portable) {
  (void)portable;
  for (size_t s = 0; s < SIZES; s++)
    for (size_t wanted = 1; wanted <= sizes[s]; wanted += 1 + wanted / 2) {
      size_t n = sizes[s], most = wanted + wanted / 8, finite = 0, count = 0;
      float *values = TAKE(float, n);
      fill_random(values, n, 1);
      if (n > 3) values[random_below(n)] = NAN, values[random_below(n)] = INFINITY;
      float found = body->threshold(values, n, wanted, most);
      for (size_t i = 0; i < n; i++) finite += values[i] < INFINITY, count += values[i] <= found;
      if (finite <= most)
        EXPECT(found == INFINITY, "n %zu, wanted %zu: %g", n, wanted, (double)found);
      else
        EXPECT(count >= wanted && count <= most, "n %zu, wanted %zu: %zu", n, wanted, count);
      end_case();
    }
}

static void select_below(const semid_kernels *body, const semid_kernels *portable) {
  static const float thresholds[] = {-2, -0.5f, 0, 0.3f, 2, INFINITY, NAN};
  (void)portable;
  for (size_t s = 0; s < SIZES; s++)
    for (size_t t = 0; t < 7; t++) {
      size_t n = sizes[s];
      size_t capacities[] = {0, 3, n};
      float *values = TAKE(float, n), threshold = thresholds[t];
      fill_random(values, n, 1);
      if (n > 3) values[random_below(n)] = NAN, values[random_below(n)] = 0, values[random_below(n)] = -0.0f;
      for (size_t c = 0; c < 3; c++) {
        size_t capacity = capacities[c], found = 0;
        uint32_t *indices = TAKE(uint32_t, capacity);
        size_t count = body->select_below(values, n, threshold, indices, capacity);
        for (size_t i = 0; i < n; i++)
          if (values[i] <= threshold) {
            if (found < capacity) EXPECT(indices[found] == i, "n %zu, threshold %g", n, (double)threshold);
            found++;
          }
        EXPECT(count == found, "n %zu, threshold %g: %zu, there are %zu", n, (double)threshold, count, found);
      }
      end_case();
    }
}

static void first_non_finite(const semid_kernels *body, const semid_kernels *portable) {
  (void)portable;
  static const float faults[] = {INFINITY, -INFINITY, NAN, -NAN};
  for (size_t s = 0; s < SIZES; s++) {
    size_t n = sizes[s];
    float *values = TAKE(float, n);
    for (size_t i = 0; i < n; i++) values[i] = random_below(3) ? random_float(3.4e38f) : 1e-42f;
    EXPECT(body->first_non_finite(values, n) == n, "n %zu, all finite", n);
    for (size_t first = n; first > 0;) {
      first = random_below(first);
      values[first] = faults[random_below(4)];
      EXPECT(body->first_non_finite(values, n) == first, "n %zu, at %zu", n, first);
    }
    end_case();
  }
}

static void accumulate(const semid_kernels *body, const semid_kernels *portable) {
  (void)portable;
  static const double signs[] = {1, -1, 2, -0.5};
  for (size_t s = 0; s < SIZES; s++)
    for (int k = 0; k < 4; k++) {
      size_t d = sizes[s];
      double *sum = TAKE(double, d), *expected = TAKE(double, d), sign = signs[k];
      float *row = TAKE(float, d);
      fill_random(row, d, 1);
      // A power of two times a float is exact, so a fused multiply-add rounds as an addition does.
      for (size_t j = 0; j < d; j++) sum[j] = (double)random_float(100), expected[j] = sum[j] + sign * (double)row[j];
      body->accumulate(sum, row, d, sign);
      EXPECT(memcmp(sum, expected, d * sizeof *sum) == 0, "d %zu, sign %g", d, sign);
      end_case();
    }
}

static void subtract(const semid_kernels *body, const semid_kernels *portable) {
  (void)portable;
  for (size_t s = 0; s < SIZES; s++) {
    size_t d = sizes[s];
    float *row = TAKE(float, d), *codeword = TAKE(float, d), *expected = TAKE(float, d);
    fill_random(row, d, 1);
    fill_random(codeword, d, 1);
    double exact = 0;
    for (size_t j = 0; j < d; j++) {
      expected[j] = row[j] - codeword[j];
      exact += (double)expected[j] * (double)expected[j];
    }
    float square = body->subtract(row, codeword, d);
    EXPECT(memcmp(row, expected, d * sizeof *row) == 0, "d %zu", d);
    EXPECT(fabs((double)square - exact) <= sum_margin(d, exact), "d %zu: %g, exactly %g", d, (double)square, exact);
    end_case();
  }
}

static void adamw(const semid_kernels *body, const semid_kernels *portable) {
  for (size_t c = 0; c < SIZES; c++) {
    size_t n = sizes[c];
    float *arrays[2][4];
    for (int k = 0; k < 4; k++) {
      arrays[0][k] = TAKE(float, n);
      arrays[1][k] = TAKE(float, n);
      fill_random(arrays[0][k], n, 1);
      // Second moments are squares.
      for (size_t i = 0; k == 3 && i < n; i++) arrays[0][k][i] *= arrays[0][k][i];
      memcpy(arrays[1][k], arrays[0][k], n * sizeof(float));
    }
    semid_adamw_step step = {0.5f, 0.9f, 0.999f, 1e-2f, 1.5f, 1e-8f, 0.999f};
    body->adamw(&step, arrays[0][0], arrays[0][1], arrays[0][2], arrays[0][3], n);
    for (size_t i = 0; i < n; i++) {
      double g = arrays[1][1][i] * 0.5, m = arrays[1][2][i] * 0.9 + g * 0.1, v = arrays[1][3][i] * 0.999 + g * g * 0.001;
      double value = arrays[1][0][i] * 0.999 - 1e-2 * m / (sqrt(v) * 1.5 + 1e-8);
      EXPECT(fabs(arrays[0][2][i] - m) < 1e-6 && fabs(arrays[0][3][i] - v) < 1e-6, "value %zu: moments", i);
      EXPECT(fabs(arrays[0][0][i] - value) < 1e-5 * (1 + fabs(value)), "value %zu: %g, not %g", i,
             (double)arrays[0][0][i], value);
    }
    portable->adamw(&step, arrays[1][0], arrays[1][1], arrays[1][2], arrays[1][3], n);
    for (int k = 0; k < 4; k++)
      EXPECT(memcmp(arrays[0][k], arrays[1][k], n * sizeof(float)) == 0, "array %d of %zu: not what others round to", k, n);
    end_case();
  }
}

const check element_checks[] = {
    {"l2", l2},
    {"dot", dot},
    {"scan_codes", scan_codes},
    {"select_below", select_below},
    {"threshold", threshold},
    {"first_non_finite", first_non_finite},
    {"accumulate", accumulate},
    {"subtract", subtract},
    {"adamw", adamw},
    {NULL, NULL},
};
