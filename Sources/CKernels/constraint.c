#include "include/constraint.h"

#include <string.h>

#include "find.h"
#include "include/kernels.h"

// Written once, compiled twice: for any processor, and for those that count bits in one instruction.
#if defined(__x86_64__)
#define FAST __attribute__((target("avx2,bmi,popcnt")))
#define BODY static inline __attribute__((always_inline))
#else
#define BODY static inline
#endif

typedef semid_constraint_level level_t;

/// Beams that are worked on together, so that one's misses of the cache overlap the others'.
enum { BLOCK = 64 };

typedef uint32_t words4 __attribute__((vector_size(16), aligned(4), may_alias));

// Windows are short: a call of memset or memcpy costs more than what it does.

BODY void clear(uint32_t *words, size_t n) {
  if (n > 64) {
    memset(words, 0, n * sizeof *words);
    return;
  }
  size_t i = 0;
  for (; i + 4 <= n; i += 4) *(words4 *)(words + i) = (words4){0};
#pragma clang loop vectorize(disable)
  for (; i < n; i++) words[i] = 0;
}

BODY void copy(uint32_t *words, const uint32_t *source, size_t n) {
  if (n > 64) {
    memcpy(words, source, n * sizeof *words);
    return;
  }
  size_t i = 0;
  for (; i + 4 <= n; i += 4) *(words4 *)(words + i) = *(const words4 *)(source + i);
#pragma clang loop vectorize(disable)
  for (; i < n; i++) words[i] = source[i];
}

BODY void set(uint32_t *row, uint32_t bit) { row[bit / 32] |= 1u << bit % 32; }

BODY void set_codes(const level_t *level, uint32_t *row, size_t low, size_t high) {
  const uint16_t *codes = level->codes;
  if (level->bits) {
    for (size_t i = low; i < high; i++) set(row, level->bits[codes[i]]);
  } else {
    for (size_t i = low; i < high; i++) set(row, level->shift + codes[i]);
  }
}

/// Whether an ID may end at a node of the depth. At the last one all end.
BODY int may_end(const level_t *level) { return level->ends || !level->children; }

BODY int ends_at(const level_t *level, uint32_t node) {
  return !level->children || (level->ends && level->ends[node / 64] >> node % 64 & 1);
}

/// The depth of a state that is a node; `depths` for the others.
BODY uint32_t depth_of(const semid_constraint *c, uint32_t state, uint32_t guess) {
  if (guess < c->depths && state - c->levels[guess].first < c->levels[guess].count) return guess;
  if (state < c->begins || state >= c->tail) return c->depths;
  uint32_t depth = 0;
  while (state - c->levels[depth].first >= c->levels[depth].count) depth++;
  return depth;
}

BODY uint32_t finish(const semid_constraint *c) { return c->tail + (c->ends ? c->ends - 1 : 0); }

static int is_among(const int32_t *tokens, uint32_t count, int32_t token) {
  for (uint32_t i = 0; i < count; i++)
    if (tokens[i] == token) return 1;
  return 0;
}

static int pads(const semid_constraint *c, int32_t token) { return is_among(c->padding, c->paddings, token); }

/// The state after a token that is no code; UINT32_MAX: not allowed.
static uint32_t special(const semid_constraint *c, uint32_t state, uint32_t depth, int32_t token) {
  if (depth < c->depths) {
    if (!ends_at(&c->levels[depth], state - c->levels[depth].first)) return UINT32_MAX;
    if (c->ends) return token == c->end[0] ? c->tail : UINT32_MAX;
    return pads(c, token) ? c->tail : UINT32_MAX;
  }
  // Behind the last token before an ID lies the root.
  if (state < c->begins) return token == c->begin[state] ? state + 1 : UINT32_MAX;
  if (state >= c->tail && state < finish(c)) return token == c->end[state - c->tail + 1] ? state + 1 : UINT32_MAX;
  if (state == finish(c)) {
    if (!c->triggers_count) return pads(c, token) ? state : UINT32_MAX;
    if (is_among(c->triggers, c->triggers_count, token)) return 0;
    return (uint32_t)token < c->vocabulary ? state : UINT32_MAX;
  }
  return UINT32_MAX;
}

/// The place of a wide node's row.
BODY size_t wide_row(const level_t *level, uint32_t node) {
  const semid_wide_block *block = &level->blocks[node / 64];
  uint64_t before = block->bits & ((1ull << node % 64) - 1);
  return block->before + (size_t)__builtin_popcountll(before);
}

/// What is known of a beam on its way to its next state.
typedef struct {
  uint32_t depth, low, high;
  /// The code of its token; UINT32_MAX: the token is none.
  uint32_t code;
  /// A wide node's words, and the ranks in them; or NULL.
  const uint32_t *row;
  const uint16_t *ranks;
} beam_t;

/// The child that has the beam's code, or UINT32_MAX.
BODY uint32_t child_of(const level_t *level, const beam_t *beam) {
  if (beam->row) {
    // The child's number is how many codes below its own are there.
    uint32_t bit = level->shift + beam->code, word = beam->row[bit / 32];
    if (!(word >> bit % 32 & 1)) return UINT32_MAX;
    uint32_t below = (uint32_t)__builtin_popcount(word & ((1u << bit % 32) - 1));
    uint32_t first = (uint32_t)__builtin_popcount(beam->row[bit / 64 * 2]);
    return beam->low + beam->ranks[bit / 64] + below + (bit % 64 >= 32 ? first : 0);
  }
  if (beam->low >= beam->high) return UINT32_MAX;
  size_t child = find(level->codes, beam->low, beam->high, level->children_count, (uint16_t)beam->code);
  // `find` returns the `high` of its last half where there is none.
  return child < beam->high && level->codes[child] == beam->code ? (uint32_t)child : UINT32_MAX;
}

BODY size_t advance(const semid_constraint *c, const uint32_t *states, const int32_t *tokens, size_t n,
                    uint32_t *next) {
  beam_t beams[BLOCK];
  uint32_t depth = 0;
  for (size_t start = 0; start < n; start += BLOCK) {
    size_t count = n - start < BLOCK ? n - start : BLOCK;
    for (size_t i = 0; i < count; i++) {
      uint32_t state = states[start + i];
      beams[i].depth = depth = depth_of(c, state, depth);
      beams[i].code = UINT32_MAX;
      if (depth == c->depths || !c->levels[depth].children) continue;
      const level_t *level = &c->levels[depth];
      __builtin_prefetch(&level->children[state - level->first]);
      uint32_t code = (uint32_t)tokens[start + i] - (uint32_t)level->token;
      if (code < level->tokens) beams[i].code = level->codes_of ? (uint32_t)level->codes_of[code] : code;
    }
    for (size_t i = 0; i < count; i++) {
      beam_t *beam = &beams[i];
      if (beam->code == UINT32_MAX) continue;
      const level_t *level = &c->levels[beam->depth];
      uint32_t node = states[start + i] - level->first;
      beam->low = level->children[node];
      beam->high = level->children[node + 1];
      beam->row = NULL;
      if (beam->high - beam->low >= level->wide && level->ranks) {
        size_t row = wide_row(level, node);
        uint32_t bit = level->shift + beam->code;
        beam->row = level->rows + row * level->words;
        beam->ranks = level->ranks + row * ((level->words + 1) / 2);
        __builtin_prefetch(beam->row + bit / 32);
        __builtin_prefetch(beam->ranks + bit / 64);
      } else {
        __builtin_prefetch(&level->codes[beam->low + (beam->high - beam->low) / 2]);
      }
    }
    for (size_t i = 0; i < count; i++) {
      const beam_t *beam = &beams[i];
      if (beam->code != UINT32_MAX) {
        const level_t *level = &c->levels[beam->depth];
        uint32_t child = child_of(level, beam);
        if (child != UINT32_MAX) {
          // Its mask is asked for next.
          if (level[1].children) __builtin_prefetch(&level[1].children[child]);
          next[start + i] = level[1].first + child;
          continue;
        }
      }
      uint32_t after = special(c, states[start + i], beam->depth, tokens[start + i]);
      if (after == UINT32_MAX) return start + i;
      next[start + i] = after;
    }
  }
  return n;
}

// What a row holds: 0 nothing; 1 + depth: the words of that depth, and perhaps the bits that end an ID; then a token of
// `begin`; then a token of `end` but the first; then the padding, or the free text.

BODY void set_padding(const semid_constraint *c, uint32_t *row) {
  for (uint32_t i = 0; i < c->paddings; i++) set(row, (uint32_t)c->padding[i]);
}

BODY void clear_padding(const semid_constraint *c, uint32_t *row) {
  for (uint32_t i = 0; i < c->paddings; i++) row[c->padding[i] / 32] = 0;
}

/// Sets to zero what a row of some kind has set.
BODY void erase(const semid_constraint *c, uint32_t kind, uint32_t *row) {
  if (kind == 0) return;
  uint32_t place = kind - 1;
  if (place < c->depths) {
    clear(row + c->levels[place].word, c->levels[place].words);
    if (may_end(&c->levels[place])) {
      if (c->ends) row[c->end[0] / 32] = 0;
      else clear_padding(c, row);
    }
  } else if (place < c->depths + c->begins) {
    row[c->begin[place - c->depths] / 32] = 0;
  } else if (place - c->depths - c->begins + 1 < c->ends) {
    row[c->end[place - c->depths - c->begins + 1] / 32] = 0;
  } else if (c->triggers_count) {
    clear(row, c->words);
  } else {
    clear_padding(c, row);
  }
}

/// Writes the row of a state that is no node. Returns its kind, or 0 where nothing is allowed.
static uint32_t fill_special(const semid_constraint *c, uint32_t state, uint32_t *row) {
  if (state < c->begins) {
    set(row, (uint32_t)c->begin[state]);
    return 1 + c->depths + state;
  }
  uint32_t place = state - c->tail;
  if (place + 1 < c->ends) {
    set(row, (uint32_t)c->end[place + 1]);
  } else if (c->triggers_count) {
    if (state != finish(c)) return 0;
    copy(row, c->free, c->words);
  } else {
    if (state != finish(c) || c->paddings == 0) return 0;
    set_padding(c, row);
  }
  return 1 + c->depths + c->begins + place;
}

BODY size_t mask(const semid_constraint *c, const uint32_t *states, size_t n, uint32_t *rows, size_t stride,
                 uint32_t *kinds) {
  uint32_t depths[BLOCK], lows[BLOCK], highs[BLOCK];
  const uint32_t *ready[BLOCK];
  uint32_t depth = 0;
  for (size_t start = 0; start < n; start += BLOCK) {
    size_t count = n - start < BLOCK ? n - start : BLOCK;
    for (size_t i = 0; i < count; i++) {
      uint32_t state = states[start + i];
      depths[i] = depth = depth_of(c, state, depth);
      if (depth == c->depths) continue;
      const level_t *level = &c->levels[depth];
      if (level->children) __builtin_prefetch(&level->children[state - level->first]);
      __builtin_prefetch(&rows[(start + i) * stride + level->word], 1);
    }
    for (size_t i = 0; i < count; i++) {
      lows[i] = highs[i] = 0;
      ready[i] = NULL;
      if (depths[i] == c->depths) continue;
      const level_t *level = &c->levels[depths[i]];
      if (!level->children) continue;
      uint32_t node = states[start + i] - level->first;
      lows[i] = level->children[node];
      highs[i] = level->children[node + 1];
      if (highs[i] - lows[i] >= level->wide) {
        ready[i] = level->rows + wide_row(level, node) * level->words;
        __builtin_prefetch(ready[i]);
        if (level->words > 8) __builtin_prefetch(ready[i] + level->words - 1);
      } else {
        __builtin_prefetch(&level->codes[lows[i]]);
      }
    }
    for (size_t i = 0; i < count; i++) {
      uint32_t *row = rows + (start + i) * stride;
      uint32_t kind = kinds[start + i];
      if (depths[i] == c->depths) {
        erase(c, kind, row);
        kinds[start + i] = fill_special(c, states[start + i], row);
        if (kinds[start + i] == 0) return start + i;
        continue;
      }
      const level_t *level = &c->levels[depths[i]];
      if (kind != 1 + depths[i] || may_end(level)) erase(c, kind, row);
      kinds[start + i] = 1 + depths[i];
      uint32_t *window = row + level->word;
      if (ready[i]) {
        copy(window, ready[i], level->words);
      } else {
        clear(window, level->words);
        set_codes(level, window, lows[i], highs[i]);
      }
      if (ends_at(level, states[start + i] - level->first)) {
        if (c->ends) set(row, (uint32_t)c->end[0]);
        else set_padding(c, row);
        if (!c->ends && !c->paddings && lows[i] == highs[i]) return start + i;
      }
    }
  }
  return n;
}

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

BODY void apply(const uint32_t *mask, float *values, size_t count) {
  static const uint32_t none = 0xFF800000;  // −∞
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    uint32_t word = mask[i / 32];
    if (word == UINT32_MAX) continue;
    words4 *lanes = (words4 *)(values + i);
    if (word == 0) {
      for (int lane = 0; lane < 8; lane++) lanes[lane] = (words4){none, none, none, none};
      continue;
    }
    for (int lane = 0; lane < 8; lane++, word >>= 4) {
      words4 bits = (words4){word, word, word, word} & (words4){1, 2, 4, 8};
      words4 off = (words4)(bits == (words4){0});
      lanes[lane] = (lanes[lane] & ~off) | ((words4){none, none, none, none} & off);
    }
  }
  for (; i < count; i++) {
    float lowest;
    memcpy(&lowest, &none, sizeof lowest);
    if (!(mask[i / 32] >> i % 32 & 1)) values[i] = lowest;
  }
}

#if defined(__x86_64__)
FAST static size_t advance_fast(const semid_constraint *c, const uint32_t *states, const int32_t *tokens, size_t n,
                                uint32_t *next) {
  return advance(c, states, tokens, n, next);
}

FAST static size_t mask_fast(const semid_constraint *c, const uint32_t *states, size_t n, uint32_t *rows,
                             size_t stride, uint32_t *kinds) {
  return mask(c, states, n, rows, stride, kinds);
}

FAST static void apply_fast(const uint32_t *mask, float *values, size_t count) { apply(mask, values, count); }

#define PICK(fast, plain) (semid_kernel_level() >= SEMID_AVX2 ? fast : plain)
#else
#define PICK(fast, plain) plain
#endif

size_t semid_constraint_advance(const semid_constraint *c, const uint32_t *states, const int32_t *tokens, size_t n,
                                uint32_t *next) {
  return PICK(advance_fast, advance)(c, states, tokens, n, next);
}

size_t semid_constraint_mask(const semid_constraint *c, const uint32_t *states, size_t n, uint32_t *rows,
                             size_t stride, uint32_t *kinds) {
  return PICK(mask_fast, mask)(c, states, n, rows, stride, kinds);
}

void semid_mask_apply(const uint32_t *mask, float *values, size_t count) {
  PICK(apply_fast, apply)(mask, values, count);
}
