// Extending the beams of a search, against sorting all children.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "selftest.h"

typedef struct {
  float score;
  uint32_t child;
} child_score;

static int compare_children(const void *a, const void *b) {
  const child_score *x = a, *y = b;
  if (x->score != y->score) return x->score < y->score ? -1 : 1;
  return x->child < y->child ? -1 : x->child > y->child;
}

/// Points at tables of `count` numbers and what pads them; few different values where they are to tie.
static void fill_tables(const float **tables, size_t number, size_t count, float padding, int coarse) {
  size_t width = semid_panels(count) * SEMID_PANEL;
  float *values = TAKE(float, number * width);
  for (size_t t = 0; t < number; t++) {
    tables[t] = values + t * width;
    for (size_t k = 0; k < width; k++)
      values[t * width + k] = k >= count ? padding : coarse ? (float)random_below(5) : random_float(10);
  }
}

static void extend_beam(const semid_kernels *body, const semid_kernels *portable) {
  for (int trial = 0; trial < 40; trial++) {
    size_t parents = 1 + random_below(12), count = 1 + random_below(trial % 4 ? 300 : 20), terms = random_below(6);
    size_t beam = 1 + random_below(trial % 3 ? 12 : 400);
    int coarse = random_below(3) == 0;
    const float **scores = TAKE(const float *, parents), **added = TAKE(const float *, parents * terms);
    float *bases = TAKE(float, parents), *best = TAKE(float, beam), *best_portable = TAKE(float, beam);
    uint32_t *children = TAKE(uint32_t, beam), *children_portable = TAKE(uint32_t, beam);
    child_score *all = TAKE(child_score, parents * count);
    size_t number = 0;
    fill_tables(scores, parents, count, INFINITY, coarse);
    fill_tables(added, parents * terms, count, 0, coarse);
    for (size_t p = 0; p < parents; p++) {
      bases[p] = coarse ? (float)random_below(3) : random_float(10);
      for (size_t k = 0; k < count; k++) {
        float score = scores[p][k] + bases[p];
        for (size_t t = 0; t < terms; t++) score += added[p * terms + t][k];
        all[number++] = (child_score){score, (uint32_t)(p << 16 | k)};
      }
    }
    qsort(all, number, sizeof *all, compare_children);
    size_t expected = number < beam ? number : beam;
    size_t held = body->extend_beam(scores, bases, added, terms, parents, count, beam, best, children);
    EXPECT(held == expected, "%zu children of %zu, beam %zu", held, number, beam);
    for (size_t i = 0; i < held && i < expected; i++)
      EXPECT(best[i] == all[i].score && children[i] == all[i].child,
             "parents %zu, count %zu, terms %zu, beam %zu, place %zu: %g by %x, expected %g by %x", parents, count,
             terms, beam, i, (double)best[i], children[i], (double)all[i].score, all[i].child);
    portable->extend_beam(scores, bases, added, terms, parents, count, beam, best_portable, children_portable);
    EXPECT(memcmp(best, best_portable, held * sizeof *best) == 0 &&
               memcmp(children, children_portable, held * sizeof *children) == 0,
           "not the portable body's answer");
    end_case();
  }
}

const check beam_checks[] = {{"extend_beam", extend_beam}, {NULL, NULL}};
