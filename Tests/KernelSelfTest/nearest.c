// The nearest codeword: rounding, packing, and the search with and without bounds.
#include <math.h>
#include <string.h>

#include "selftest.h"

typedef struct {
  size_t n, k, d;
  float *rows, *codewords;
  semid_vectors vectors;
  semid_codebook book;
} problem;

static problem make_problem(size_t n, size_t k, size_t d) {
  size_t width = semid_rounded_width(d);
  problem p = {.n = n, .k = k, .d = d, .rows = TAKE(float, n * d), .codewords = TAKE(float, k * d)};
  p.vectors = (semid_vectors){.rows = p.rows, .d = d, .codes = TAKE(int16_t, n * width), .scales = TAKE(float, n),
                              .norms = TAKE(float, n), .errors = TAKE(float, n)};
  p.book = (semid_codebook){.rows = p.codewords, .count = k, .dimension = d,
                            .panels = TAKE(int16_t, semid_codebook_panel_count(k, d)),
                            .squares = TAKE(float, semid_codebook_square_count(k))};
  return p;
}

static double square_distance(const float *a, const float *b, size_t d) {
  double sum = 0;
  for (size_t j = 0; j < d; j++) sum += ((double)a[j] - (double)b[j]) * ((double)a[j] - (double)b[j]);
  return sum;
}

static double norm_of(const float *row, size_t d) {
  double sum = 0;
  for (size_t j = 0; j < d; j++) sum += (double)row[j] * (double)row[j];
  return sqrt(sum);
}

/// Magnitudes at which squares neither overflow nor vanish, and shapes that round badly: one element far above the
/// others, all elements equal, every element at the largest integer.
static void fill_hard(float *rows, size_t n, size_t d) {
  static const float scales[] = {1e-15f, 1e-3f, 1, 100, 1e12f};
  for (size_t i = 0; i < n; i++) {
    float *row = rows + i * d, scale = scales[random_below(5)];
    fill_random(row, d, scale);
    switch (random_below(6)) {
      case 0: row[random_below(d)] = scale * 1000; break;
      case 1: for (size_t j = 0; j < d; j++) row[j] = scale; break;
      case 2: for (size_t j = 0; j < d; j++) row[j] = j % 2 ? -scale : scale; break;
      case 3: memset(row, 0, d * sizeof *row); break;
      default: break;
    }
  }
}

/// What `semid_nearest` builds on: the codes stand for the floats to within the error that is said, and no sum of
/// products can pass 2³¹.
static void expect_rounded(const float *row, const int16_t *codes, size_t step, size_t d, float scale, float error) {
  int64_t square = 0;
  double exact = 0;
  for (size_t j = 0; j < d; j++) {
    int64_t code = codes[j / 2 * step + j % 2];
    square += code * code;
    exact += pow((double)row[j] - (double)scale * (double)code, 2);
  }
  double norm = norm_of(row, d);
  EXPECT(square < 1ll << 31, "d %zu: the integers' norm is √%lld", d, (long long)square);
  // The residuals are differences of floats; a few of the row's units in the last place are allowed for.
  EXPECT(sqrt(exact) <= (double)error * 1.0001 + norm * 0x1p-23, "d %zu: error %g, said to be %g", d, sqrt(exact),
         (double)error);
}

static void round_rows(const semid_kernels *body, const semid_kernels *portable) {
  (void)portable;
  for (size_t s = 1; s < SIZES; s++) {
    size_t d = sizes[s], width = semid_rounded_width(d), first = random_below(3), n = first + 1 + random_below(9);
    problem p = make_problem(n, 1, d);
    fill_hard(p.rows, n, d);
    float *untouched = TAKE(float, first + 1);
    memcpy(untouched, p.vectors.scales, first * sizeof(float));
    body->round_rows(&p.vectors, first, n - first);
    EXPECT(memcmp(untouched, p.vectors.scales, first * sizeof(float)) == 0, "d %zu: rows before the first", d);
    for (size_t i = first; i < n; i++) {
      const int16_t *codes = p.vectors.codes + i * width;
      double norm = norm_of(p.rows + i * d, d);
      expect_rounded(p.rows + i * d, codes, 2, d, p.vectors.scales[i], p.vectors.errors[i]);
      EXPECT(fabs((double)p.vectors.norms[i] - norm) <= 1e-5 * norm, "d %zu: norm %g, exactly %g", d,
             (double)p.vectors.norms[i], norm);
      EXPECT((double)p.vectors.errors[i] <= 0.51 * (double)p.vectors.scales[i] * sqrt((double)d) + norm * 0x1p-22,
             "d %zu: error %g at scale %g", d, (double)p.vectors.errors[i], (double)p.vectors.scales[i]);
      EXPECT(d % 2 == 0 || codes[d] == 0, "d %zu: the padding", d);
    }
    end_case();
  }
}

static void codebook_pack(const semid_kernels *body, const semid_kernels *portable) {
  (void)portable;
  for (size_t s = 1; s < SIZES; s++) {
    size_t d = sizes[s], pairs = semid_rounded_width(d) / 2, k = 1 + random_below(50);
    problem p = make_problem(1, k, d);
    fill_hard(p.codewords, k, d);
    body->codebook_pack(&p.book);
    double largest = 0;
    for (size_t c = 0; c < semid_panels(k) * SEMID_PANEL; c++) {
      const int16_t *lane = p.book.panels + (c / SEMID_PANEL * pairs * SEMID_PANEL + c % SEMID_PANEL) * 2;
      if (c >= k) {
        EXPECT(p.book.squares[c] == INFINITY, "d %zu, k %zu: the padding is %g", d, k, (double)p.book.squares[c]);
        for (size_t j = 0; j < pairs * 2; j++)
          EXPECT(lane[j / 2 * SEMID_PANEL * 2 + j % 2] == 0, "d %zu, k %zu: a code in the padding", d, k);
        continue;
      }
      double norm = norm_of(p.codewords + c * d, d);
      largest = norm > largest ? norm : largest;
      expect_rounded(p.codewords + c * d, lane, SEMID_PANEL * 2, d, p.book.scale, p.book.largest_error);
      EXPECT(fabs((double)p.book.squares[c] - norm * norm) <= 1e-5 * norm * norm, "d %zu: |c|² %g, exactly %g", d,
             (double)p.book.squares[c], norm * norm);
      if (d % 2) EXPECT(lane[d / 2 * SEMID_PANEL * 2 + 1] == 0, "d %zu: the last pair's second code", d);
    }
    EXPECT(fabs((double)p.book.largest_norm - largest) <= 1e-5 * largest, "d %zu: the largest norm", d);
    end_case();
  }
}

/// Rounds and packs, then asks for the nearest of rows first ..< n.
static size_t search(const semid_kernels *body, problem *p, size_t first, uint32_t *nearest, float *bounds,
                     const float *drift) {
  body->round_rows(&p->vectors, 0, p->n);
  body->codebook_pack(&p->book);
  return body->nearest(&p->book, &p->vectors, first, p->n - first, nearest, bounds, drift);
}

/// The answer is the one that the body's own float distances give, the lowest index first, and no farther in double
/// precision than float rounding can tell.
static void expect_nearest(const semid_kernels *body, const problem *p, size_t i, uint32_t answer, float *distances) {
  const float *row = p->rows + i * p->d;
  size_t least = 0;
  double exact = INFINITY;
  body->l2_rows(row, p->codewords, p->d, p->k, distances);
  for (size_t c = 0; c < p->k; c++) {
    double distance = square_distance(row, p->codewords + c * p->d, p->d);
    exact = distance < exact ? distance : exact;
    if (distances[c] < distances[least]) least = c;
  }
  EXPECT(answer == least, "n %zu, k %zu, d %zu, row %zu: codeword %u, and %zu at %.9g", p->n, p->k, p->d, i, answer,
         least, (double)distances[least]);
  if (answer >= p->k) return;
  double distance = square_distance(row, p->codewords + answer * p->d, p->d), norm = norm_of(row, p->d);
  EXPECT(distance <= exact * (1 + 1e-5) + 1e-6 * norm * norm, "n %zu, k %zu, d %zu, row %zu: %.12g, least is %.12g",
         p->n, p->k, p->d, i, distance, exact);
}

// ---- Without bounds --------------------------------------------------------------------------------------------

typedef enum { UNIFORM, CLUSTERED, LATTICE, COPIES, PARALLEL, HARD, FAR_APART, KINDS } kind;

static void fill_problem(problem *p, kind kind) {
  size_t n = p->n, k = p->k, d = p->d;
  static const float scales[] = {1e-12f, 1, 1, 1e6f};
  float scale = scales[random_below(4)];
  fill_random(p->rows, n * d, scale);
  fill_random(p->codewords, k * d, scale);
  switch (kind) {
    case CLUSTERED:  // codewords nearer to each other than the integers can tell apart
      for (size_t c = 3; c < k; c++)
        for (size_t j = 0; j < d; j++)
          p->codewords[c * d + j] = p->codewords[c % 3 * d + j] + random_float(1e-5f * scale);
      break;
    case LATTICE:  // every distance is exact, and many are equal
      for (size_t i = 0; i < n * d; i++) p->rows[i] = (float)random_below(5) - 2;
      for (size_t i = 0; i < k * d; i++) p->codewords[i] = (float)random_below(3) - 1;
      break;
    case COPIES:  // more of the same distance than the kernel lists
      for (size_t c = 3; c < k; c++) memcpy(p->codewords + c * d, p->codewords + c % 3 * d, d * sizeof(float));
      break;
    case PARALLEL:  // the greatest dot products there are, of either sign
      for (size_t c = 1; c < k; c++)
        for (size_t j = 0; j < d; j++)
          p->codewords[c * d + j] = p->codewords[j] * (c % 2 ? -1 : 1) * (1 + 1e-4f * (float)c);
      for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) p->rows[i * d + j] = p->codewords[random_below(k) * d + j];
      break;
    case HARD:
      fill_hard(p->rows, n, d);
      fill_hard(p->codewords, k, d);
      break;
    case FAR_APART:  // codewords far shorter, or far longer, than the rows
      for (size_t i = 0; i < k * d; i++) p->codewords[i] *= k % 2 ? 1e-6f : 1e6f;
      break;
    default: break;
  }
}

static void nearest(const semid_kernels *body, const semid_kernels *portable) {
  static const size_t counts[] = {1, 2, 15, 16, 17, 40, 100};
  for (kind kind = 0; kind < KINDS; kind++)
    for (size_t s = 1; s < SIZES; s += 1 + random_below(4)) {
      // Around the rows of a tile and of a block, and with rows before the first.
      size_t n = 1 + random_below(random_below(3) ? 40 : 280), first = random_below(n < 3 ? n : 3);
      problem p = make_problem(n, counts[random_below(7)], sizes[s]);
      uint32_t *answers = TAKE(uint32_t, n), *expected = TAKE(uint32_t, n), before[3];
      float *distances = TAKE(float, p.k);
      fill_problem(&p, kind);
      memcpy(before, answers, first * 4);
      size_t computed = search(body, &p, first, answers, NULL, NULL);
      EXPECT(computed == (n - first) * semid_panels(p.k), "%zu panels computed", computed);
      EXPECT(memcmp(before, answers, first * 4) == 0, "an answer before the first");
      search(portable, &p, first, expected, NULL, NULL);
      for (size_t i = first; i < n; i++) {
        expect_nearest(body, &p, i, answers[i], distances);
        // Where floats are exact, all bodies have one answer.
        if (kind == LATTICE || kind == COPIES)
          EXPECT(answers[i] == expected[i], "row %zu: %u, portable %u", i, answers[i], expected[i]);
      }
      end_case();
    }
}

// ---- The ends of the range of floats ---------------------------------------------------------------------------

static void nearest_extremes(const semid_kernels *body, const semid_kernels *portable) {
  static const float magnitudes[] = {0, 1e-45f, 1e-38f, 1e-35f, 1e-25f, 1e-19f, 1, 1e15f, 3e18f, 1e19f, 1e25f, 3.4e38f};
  (void)portable;
  for (size_t s = 1; s < SIZES; s += 1 + random_below(3)) {
    problem p = make_problem(24, 1 + random_below(40), sizes[s]);
    uint32_t *answers = TAKE(uint32_t, p.n);
    float *distances = TAKE(float, p.k);
    for (size_t i = 0; i < p.n; i++) fill_random(p.rows + i * p.d, p.d, magnitudes[i / 2]);
    int small = random_below(2) == 0;  // one codeword beyond all others would hide what happens among them
    for (size_t c = 0; c < p.k; c++)
      fill_random(p.codewords + c * p.d, p.d, magnitudes[small ? random_below(9) : random_below(12)]);
    search(body, &p, 0, answers, NULL, NULL);
    for (size_t i = 0; i < p.n; i++) {
      size_t least = 0;
      body->l2_rows(p.rows + i * p.d, p.codewords, p.d, p.k, distances);
      for (size_t c = 1; c < p.k; c++)
        if (distances[c] < distances[least]) least = c;
      EXPECT(answers[i] == least, "k %zu, d %zu, row %zu: codeword %u, and %zu at %g", p.k, p.d, i, answers[i], least,
             (double)distances[least]);
    }
    end_case();
  }
}

// ---- All scores ------------------------------------------------------------------------------------------------

/// Every score lies within its row's margin of the truth, and says nothing of what pads the panels.
static void scores(const semid_kernels *body, const semid_kernels *portable) {
  (void)portable;
  for (size_t s = 1; s < SIZES; s++) {
    size_t d = sizes[s], k = 1 + random_below(60), first = random_below(3), n = first + 1 + random_below(20);
    size_t width = semid_panels(k) * SEMID_PANEL, stride = width + random_below(40);
    problem p = make_problem(n, k, d);
    fill_random(p.rows, n * d, 3);
    fill_random(p.codewords, k * d, 3);
    body->round_rows(&p.vectors, 0, n);
    body->codebook_pack(&p.book);
    float *values = TAKE(float, (n - first - 1) * stride + width), *margins = TAKE(float, n - first);
    body->scores(&p.book, &p.vectors, first, n - first, values, stride, margins);
    for (size_t i = 0; i < n - first; i++) {
      for (size_t c = 0; c < width; c++) {
        double value = (double)values[i * stride + c], truth = 0;
        for (size_t j = 0; c < k && j < d; j++) {
          double codeword = (double)p.codewords[c * d + j];
          truth += codeword * (codeword - 2 * (double)p.rows[(first + i) * d + j]);
        }
        EXPECT(c < k ? fabs(value - truth) <= (double)margins[i] : value == INFINITY,
               "d %zu, k %zu, row %zu, codeword %zu: %g, exactly %g, margin %g", d, k, i, c, value, truth,
               (double)margins[i]);
      }
      EXPECT((double)margins[i] < 0.01 * 9 * (double)d + 0.01, "d %zu: a margin of %g", d, (double)margins[i]);
    }
    end_case();
  }
}

// ---- With bounds -----------------------------------------------------------------------------------------------

/// Codewords that move a little, round after round: with bounds the answers are those without, for less work, and no
/// bound is above what it bounds.
static void nearest_bounds(const semid_kernels *body, const semid_kernels *portable) {
  (void)portable;
  enum { N = 140, K = 90, D = 24, CENTRES = 9, ROUNDS = 4 };
  size_t panels = semid_panels(K);
  problem p = make_problem(N, K, D);
  float *centers = TAKE(float, CENTRES * D), *bounds = TAKE(float, N * panels), *drift = TAKE(float, panels);
  float *distances = TAKE(float, K);
  uint32_t *answers = TAKE(uint32_t, N), *plain = TAKE(uint32_t, N);
  fill_random(centers, CENTRES * D, 4);
  for (size_t i = 0; i < N * D; i++) p.rows[i] = centers[i / D % CENTRES * D + i % D] + random_float(0.5f);
  for (size_t i = 0; i < K * D; i++)
    p.codewords[i] = centers[i / D / (K / CENTRES) * D + i % D] + random_float(0.5f);
  for (size_t i = 0; i < N * panels; i++) bounds[i] = 0;
  for (size_t i = 0; i < N; i++) answers[i] = (uint32_t)random_below(K);
  for (size_t i = 0; i < panels; i++) drift[i] = 0;
  for (int round = 0; round < ROUNDS; round++) {
    size_t computed = search(body, &p, 0, answers, bounds, round == 1 ? NULL : drift);
    if (round > 0) EXPECT(computed < N * panels * 3 / 4, "round %d: %zu panels computed", round, computed);
    search(body, &p, 0, plain, NULL, NULL);
    for (size_t i = 0; i < N; i++) {
      EXPECT(answers[i] == plain[i], "round %d, row %zu: %u, without bounds %u", round, i, answers[i], plain[i]);
      expect_nearest(body, &p, i, answers[i], distances);
      for (size_t panel = 0; panel < panels; panel++) {
        double least = INFINITY;
        for (size_t c = panel * SEMID_PANEL; c < K && c < (panel + 1) * SEMID_PANEL; c++)
          least = fmin(least, sqrt(square_distance(p.rows + i * D, p.codewords + c * D, D)));
        EXPECT((double)bounds[i * panels + panel] <= least * (1 + 1e-6), "round %d, row %zu, panel %zu: %.9g > %.9g",
               round, i, panel, (double)bounds[i * panels + panel], least);
      }
    }
    if (round == 0) continue;  // the next round has the same codewords, and no drift
    for (size_t panel = 0; panel < panels; panel++) drift[panel] = 0;
    for (size_t c = 0; c < K; c++) {
      double square = 0;
      for (size_t j = 0; j < D; j++) {
        float old = p.codewords[c * D + j];
        p.codewords[c * D + j] += random_float(0.01f);
        square += pow((double)p.codewords[c * D + j] - (double)old, 2);
      }
      float moved = (float)sqrt(square) * 1.0001f;
      if (moved > drift[c / SEMID_PANEL]) drift[c / SEMID_PANEL] = moved;
    }
  }
}

const check nearest_checks[] = {
    {"round_rows", round_rows},
    {"codebook_pack", codebook_pack},
    {"nearest", nearest},
    {"nearest_extremes", nearest_extremes},
    {"nearest_bounds", nearest_bounds},
    {"scores", scores},
    {NULL, NULL},
};
