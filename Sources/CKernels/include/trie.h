#ifndef SEMID_TRIE_H
#define SEMID_TRIE_H

#include <stddef.h>
#include <stdint.h>

// Steps on a trie in compressed sparse rows: node n of a level has children children[n] ..< children[n + 1] on the
// next, whose codes ascend.

/// For each of n nodes, the child that has `code`: those that exist are written to `found`, in the order of the nodes,
/// and the place of the parent among `nodes` to `parents` (both of n; `found` may be `nodes`). Returns how many.
///
/// codes: the codes of all `count` nodes of the next level.
size_t semid_trie_step(const uint32_t *nodes, size_t n, const uint32_t *children, const uint16_t *codes, size_t count,
                       uint16_t code, uint32_t *found, uint32_t *parents);

#endif
