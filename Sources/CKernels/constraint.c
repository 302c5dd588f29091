#include "constraint_words.h"

// The tables of a constraint, made once.

size_t semid_constraint_wide(const level_t *level, size_t first, size_t n, semid_wide_block *blocks) {
  size_t wide = 0;
  for (size_t block = first; block < first + n; block++) {
    uint64_t bits = 0;
    size_t nodes = level->count - block * 64 < 64 ? level->count - block * 64 : 64;
    for (size_t i = 0; i < nodes; i++) {
      const uint32_t *children = &level->children[block * 64 + i];
      bits |= (uint64_t)(children[1] - children[0] >= level->wide) << i;
    }
    blocks[block].bits = bits;
    wide += (size_t)__builtin_popcountll(bits);
  }
  return wide;
}

void semid_constraint_rows(const level_t *level, size_t first, size_t n, uint32_t *rows, uint16_t *ranks) {
  size_t groups = (level->words + 1) / 2;
  for (size_t block = first; block < first + n; block++) {
    size_t place = level->blocks[block].before;
    for (uint64_t bits = level->blocks[block].bits; bits; bits &= bits - 1, place++) {
      const uint32_t *children = &level->children[block * 64 + (size_t)__builtin_ctzll(bits)];
      uint32_t *row = rows + place * level->words;
      clear(row, level->words);
      set_codes(level, row, children[0], children[1]);
      if (!ranks) continue;
      uint32_t before = 0;
      for (size_t word = 0; word < level->words; word++) {
        if (word % 2 == 0) ranks[place * groups + word / 2] = (uint16_t)before;
        before += (uint32_t)__builtin_popcount(row[word]);
      }
    }
  }
}
