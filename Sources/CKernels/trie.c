#include "include/trie.h"

#include "find.h"

/// Nodes whose children are fetched ahead: enough to cover a miss of the last-level cache.
enum { AHEAD = 12 };

size_t semid_trie_step(const uint32_t *nodes, size_t n, const uint32_t *children, const uint16_t *codes, size_t count,
                       uint16_t code, uint32_t *found, uint32_t *parents) {
  size_t matches = 0;
  for (size_t i = 0; i < n; i++) {
    if (i + 2 * AHEAD < n) __builtin_prefetch(&children[nodes[i + 2 * AHEAD]]);
    if (i + AHEAD < n) __builtin_prefetch(&codes[children[nodes[i + AHEAD]]]);
    size_t low = children[nodes[i]], high = children[nodes[i] + 1];
    // Found or not, both are written, and counted where there is one: no branch. `find` returns the `high` of its last
    // half, which then is no child with that code.
    size_t child = find(codes, low, high, count, code);
    found[matches] = (uint32_t)child;
    parents[matches] = (uint32_t)i;
    matches += child < high && codes[child] == code;
  }
  return matches;
}
