#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "include/constraint.h"

// The words of a mask: shared by the tables that are made once and by the masks that are filled for every token.

#ifndef INLINE
#define INLINE static inline __attribute__((always_inline))
#endif

typedef semid_constraint_level level_t;

typedef uint32_t words4 __attribute__((vector_size(16), aligned(4), may_alias));

// Windows are short: a call of memset or memcpy costs more than what it does.

INLINE void clear(uint32_t *words, size_t n) {
  if (n > 64) {
    memset(words, 0, n * sizeof *words);
    return;
  }
  size_t i = 0;
  for (; i + 4 <= n; i += 4) *(words4 *)(words + i) = (words4){0};
#pragma clang loop vectorize(disable)
  for (; i < n; i++) words[i] = 0;
}

INLINE void copy(uint32_t *words, const uint32_t *source, size_t n) {
  if (n > 64) {
    memcpy(words, source, n * sizeof *words);
    return;
  }
  size_t i = 0;
  for (; i + 4 <= n; i += 4) *(words4 *)(words + i) = *(const words4 *)(source + i);
#pragma clang loop vectorize(disable)
  for (; i < n; i++) words[i] = source[i];
}

INLINE void set(uint32_t *row, uint32_t bit) { row[bit / 32] |= 1u << bit % 32; }

INLINE void set_codes(const level_t *level, uint32_t *row, size_t low, size_t high) {
  const uint16_t *codes = level->codes;
  if (level->bits) {
    for (size_t i = low; i < high; i++) set(row, level->bits[codes[i]]);
  } else {
    for (size_t i = low; i < high; i++) set(row, level->shift + codes[i]);
  }
}
