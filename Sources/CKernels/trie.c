#include "include/trie.h"

/// Nodes whose children are fetched ahead: enough to cover a miss of the last-level cache.
enum { AHEAD = 12 };

static inline size_t step(size_t node, size_t place, const uint32_t *children, const uint16_t *codes, uint16_t code,
                          uint32_t *found, uint32_t *parents, size_t count) {
  size_t high = children[node + 1];
  size_t child = semid_lower_bound(codes, children[node], high, code);
  // Written always, counted where it is one: no branch.
  found[count] = (uint32_t)child;
  parents[count] = (uint32_t)place;
  return count + (child < high && codes[child] == code);
}

size_t semid_trie_step(const uint32_t *nodes, size_t n, const uint32_t *children, const uint16_t *codes,
                       uint16_t code, uint32_t *found, uint32_t *parents) {
  size_t count = 0;
  for (size_t i = 0; i < n; i++) {
    if (i + 2 * AHEAD < n) __builtin_prefetch(&children[nodes[i + 2 * AHEAD]]);
    if (i + AHEAD < n) __builtin_prefetch(&codes[children[nodes[i + AHEAD]]]);
    count = step(nodes[i], i, children, codes, code, found, parents, count);
  }
  return count;
}

size_t semid_trie_step_range(size_t first, size_t n, const uint32_t *children, const uint16_t *codes, uint16_t code,
                             uint32_t *found, uint32_t *parents) {
  size_t count = 0;
  for (size_t i = 0; i < n; i++) count = step(first + i, i, children, codes, code, found, parents, count);
  return count;
}
