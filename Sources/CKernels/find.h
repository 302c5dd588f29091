#pragma once
#include <stddef.h>
#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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
