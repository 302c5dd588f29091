#pragma once
#include <stddef.h>
#include <stdint.h>

#include "ckernels.h"

// ---- The case at hand ------------------------------------------------------------------------------------------

/// Counts a comparison; a false one fails the self test, and the first few are printed.
#define EXPECT(condition, ...) expect((condition), #condition, __VA_ARGS__)
void expect(int holds, const char *condition, const char *format, ...) __attribute__((format(printf, 3, 4)));

// ---- Random numbers: the same on every machine -----------------------------------------------------------------

void seed_random(uint64_t seed);
uint64_t random_bits(void);
/// 0 ..< limit
size_t random_below(size_t limit);
/// Between -scale and scale.
float random_float(float scale);
void fill_random(float *values, size_t n, float scale);

// ---- Memory ----------------------------------------------------------------------------------------------------

/// Memory of exactly that size, of which nothing is known, and no more aligned than its end or its start happens to
/// be. A read or a write outside ends the program, or is found by `end_case`.
void *take(size_t bytes);
#define TAKE(type, count) ((type *)take((count) * sizeof(type)))
/// Gives all memory back, after a look at what lies around it.
void end_case(void);

// ---- The checks ------------------------------------------------------------------------------------------------

typedef struct {
  const char *name;
  /// Compares functions of `body` with the definition, and with `portable` where their bits must be equal.
  void (*run)(const semid_kernels *body, const semid_kernels *portable);
} check;

extern const check element_checks[], conversion_checks[], nearest_checks[], beam_checks[], sketch_checks[];

/// Around the widths of the vectors and of the unrolled loops.
enum { SIZES = 24 };
extern const size_t sizes[SIZES];
