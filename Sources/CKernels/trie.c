#include "include/trie.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// Nodes whose children are fetched ahead: enough to cover a miss of the last-level cache.
enum { AHEAD = 12 };

/// The index of `code` in codes[low ..< high], ascending and without repeats, or `high`.
///
/// codes[0 ..< count] may be read.
static inline size_t find(const uint16_t *codes, size_t low, size_t high, size_t count, uint16_t code) {
  // Halved without a branch, whose outcome could not be predicted.
  while (high - low > 16) {
    size_t middle = low + (high - low) / 2;
    int right = codes[middle] <= code;
    low = right ? middle : low;
    high = right ? high : middle;
  }
#if defined(__SSE2__)
  if (low + 16 <= count) {
    __m128i wanted = _mm_set1_epi16((short)code);
    __m128i first = _mm_cmpeq_epi16(_mm_loadu_si128((const __m128i *)(codes + low)), wanted);
    __m128i second = _mm_cmpeq_epi16(_mm_loadu_si128((const __m128i *)(codes + low + 8)), wanted);
    unsigned equal = (unsigned)_mm_movemask_epi8(_mm_packs_epi16(first, second)) & ((1u << (high - low)) - 1);
    return equal ? low + (size_t)__builtin_ctz(equal) : high;
  }
#endif
  for (size_t i = low; i < high; i++)
    if (codes[i] == code) return i;
  return high;
}

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
