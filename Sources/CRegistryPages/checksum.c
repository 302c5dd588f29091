#include "pages.h"

#include <string.h>

static uint64_t word(const unsigned char *bytes) {
  uint64_t value;
  memcpy(&value, bytes, sizeof value);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  value = __builtin_bswap64(value);
#endif
  return value;
}

// Every step takes each state to another one, and each word too: two pages that differ in one word never have the same
// checksum, nor have two equal pages in different places.
static uint64_t step(uint64_t state, uint64_t value) {
  state ^= value;
  state = state << 29 | state >> 35;
  return state * 0x9E3779B97F4A7C15u;
}

uint64_t semid_pages_checksum(const unsigned char *bytes, uint64_t count, uint64_t page) {
  uint64_t state = step(0x5345494450414745u, page);
  for (uint64_t at = 0; at + SEMID_PAGES_RESERVED < count; at += 8) state = step(state, word(bytes + at));
  state ^= state >> 32;
  state *= 0xD6E8FEB86659FD93u;
  return state ^ state >> 29;
}

bool pages_is_right(const unsigned char *bytes, uint64_t count, uint64_t page, semid_page_fault *fault) {
  uint64_t stored = word(bytes + count - SEMID_PAGES_RESERVED);
  uint64_t computed = semid_pages_checksum(bytes, count, page);
  if (stored == computed) return true;
  // A page that SQLite has not written yet: a hole in the file.
  if (bytes[0] == 0 && memcmp(bytes, bytes + 1, count - 1) == 0) return true;
  *fault = (semid_page_fault){.page = page, .stored = stored, .computed = computed};
  return false;
}
