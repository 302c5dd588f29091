#ifndef SEMID_CONSTRAINT_H
#define SEMID_CONSTRAINT_H

#include <stddef.h>
#include <stdint.h>

// Which tokens a language model may write next, for many beams at a time: an automaton over a trie of codes in compressed
// sparse rows. A state is a number: the tokens before an ID that have been written, then the trie's nodes, depth after
// depth, then the tokens behind an ID.

/// 64 nodes: which of them have a row of their own, and how many rows come before theirs.
typedef struct {
  uint64_t bits;
  uint64_t before;
} semid_wide_block;

/// The nodes of one depth, and how their children are spelt in tokens and in bits.
typedef struct {
  /// The state of the first of `count` nodes.
  uint32_t first, count;
  /// NULL at the last depth. Node n has children children[n] ..< children[n + 1], numbered from 0 on the next depth.
  const uint32_t *children;
  /// The codes of the children_count nodes of the next depth.
  const uint16_t *codes;
  uint32_t children_count;
  /// Tokens token ..< token + tokens have codes: token − this, or codes_of[token − this], where −1 is none.
  int32_t token;
  uint32_t tokens;
  const int32_t *codes_of;
  /// The words of a mask that these tokens' bits lie in. The bit of a code, counted from the first of these words:
  /// shift + code, or bits[code].
  uint32_t word, words, shift;
  const uint32_t *bits;
  /// A node with so many children or more has its words ready in `rows`, as `blocks` (one for 64 nodes) tells; and, where
  /// bits is NULL, in `ranks`, for every second word of its row, how many bits are set in those before.
  uint32_t wide;
  const semid_wide_block *blocks;
  const uint32_t *rows;
  const uint16_t *ranks;
  /// A bit for each node, where an ID ends; NULL: nowhere, or, at the last depth, everywhere.
  const uint64_t *ends;
} semid_constraint_level;

typedef struct {
  /// By depth, from the root to the longest IDs.
  const semid_constraint_level *levels;
  uint32_t depths;
  /// States 0 ..< begins: so many of the tokens before an ID were written.
  const int32_t *begin;
  uint32_t begins;
  /// States tail ..: one, two, … of the tokens behind an ID were written; the last of them is the end of all.
  const int32_t *end;
  uint32_t ends;
  uint32_t tail;
  /// Tokens that may follow the end, again and again.
  const int32_t *padding;
  uint32_t paddings;
  /// Where there are some: the end of all is no end but a text in which every token below `vocabulary` may stand; one of
  /// these leads from there to state 0. `free` are the words of its mask.
  const int32_t *triggers;
  uint32_t triggers_count;
  const uint32_t *free;
  uint32_t words, vocabulary;
} semid_constraint;

/// Marks, in `blocks`, the wide nodes of blocks first ..< first + n. Returns how many there are.
size_t semid_constraint_wide(const semid_constraint_level *level, size_t first, size_t n, semid_wide_block *blocks);
/// Fills the rows of the wide nodes of those blocks, whose `before` is known by now, and `ranks` where it is not NULL:
/// (words + 1) / 2 a row.
void semid_constraint_rows(const semid_constraint_level *level, size_t first, size_t n, uint32_t *rows,
                           uint16_t *ranks);

#endif
