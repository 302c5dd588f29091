#ifndef SEMID_TRIE_H
#define SEMID_TRIE_H

#include <stddef.h>
#include <stdint.h>

// Steps on a trie in compressed sparse rows: node n of a level has children children[n] ..< children[n + 1] on the
// next, whose codes ascend.

/// The first index in codes[low ..< high], ascending, whose code is at least `code`.
static inline size_t semid_lower_bound(const uint16_t *codes, size_t low, size_t high, uint16_t code) {
  while (high - low > 32) {
    size_t middle = low + (high - low) / 2;
    // Without a branch: the outcome cannot be predicted.
    low = codes[middle] < code ? middle + 1 : low;
    high = codes[middle] < code ? high : middle;
  }
  // Counting takes vectors, and no branch that depends on the codes.
  uint16_t below = 0;
  for (size_t i = low; i < high; i++) below += codes[i] < code;
  return low + below;
}

/// For each of n nodes, the child that has `code`: those that exist are written to `found`, in the order of the nodes,
/// and the place of the parent among `nodes` to `parents` (both of n; `found` may be `nodes`). Returns how many.
size_t semid_trie_step(const uint32_t *nodes, size_t n, const uint32_t *children, const uint16_t *codes,
                       uint16_t code, uint32_t *found, uint32_t *parents);

/// As semid_trie_step, for the nodes first ..< first + n.
size_t semid_trie_step_range(size_t first, size_t n, const uint32_t *children, const uint16_t *codes, uint16_t code,
                             uint32_t *found, uint32_t *parents);

#endif
