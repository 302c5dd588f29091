#include "croaring.h"

#include <roaring/roaring.h>
#include <stdbool.h>
#include <string.h>

// The first 16 bits of a bitmap of 32-bit values: without and with containers of runs.
enum { COOKIE_PLAIN = 12346, COOKIE_RUNS = 12347 };

typedef struct {
  const roaring_bitmap_t *bitmap;
  semid_roaring_sink sink;
  void *context;
  uint64_t high;
  uint64_t count;
  uint32_t last;
  int status;
} walk;

static bool take(uint32_t value, void *context) {
  walk *at = context;
  bool first = at->count == 0;
  // A run that goes on beyond its container's 16 bits gives values that are in no container.
  bool enters = first || value >> 16 != at->last >> 16;
  if ((!first && value <= at->last) || (enters && !roaring_bitmap_contains(at->bitmap, value))) {
    at->status = SEMID_ROARING_MALFORMED;
    return false;
  }
  at->last = value;
  at->count++;
  if (at->sink(at->context, at->high << 32 | value)) {
    at->status = SEMID_ROARING_STOPPED;
    return false;
  }
  return true;
}

// Reads one bitmap of 32-bit values from the start of the bytes.
static int read32(const uint8_t *bytes, size_t count, uint64_t high, semid_roaring_sink sink, void *context,
                  size_t *used) {
  if (count < 4) return SEMID_ROARING_MALFORMED;
  // Also what tells the library's own reader, which prints what it finds wrong, from what is.
  *used = roaring_bitmap_portable_deserialize_size((const char *)bytes, count);
  if (*used == 0 || *used > count) return SEMID_ROARING_MALFORMED;
  roaring_bitmap_t *bitmap = roaring_bitmap_portable_deserialize_safe((const char *)bytes, *used);
  if (!bitmap) return SEMID_ROARING_MALFORMED;
  walk at = {.bitmap = bitmap, .sink = sink, .context = context, .high = high};
  roaring_iterate(bitmap, take, &at);
  if (at.status == 0 && at.count != roaring_bitmap_get_cardinality(bitmap)) at.status = SEMID_ROARING_MALFORMED;
  roaring_bitmap_free(bitmap);
  return at.status;
}

// The keys and bitmaps of the upper and the lower 32 bits, one after another.
static int read64(const uint8_t *bytes, size_t count, semid_roaring_sink sink, void *context) {
  uint64_t bitmaps;
  if (count < sizeof bitmaps) return SEMID_ROARING_MALFORMED;
  memcpy(&bitmaps, bytes, sizeof bitmaps);
  size_t offset = sizeof bitmaps;
  uint64_t after = 0;
  for (uint64_t i = 0; i < bitmaps; i++) {
    uint32_t high;
    if (count - offset < sizeof high) return SEMID_ROARING_MALFORMED;
    memcpy(&high, bytes + offset, sizeof high);
    offset += sizeof high;
    if (high < after) return SEMID_ROARING_MALFORMED;
    after = (uint64_t)high + 1;
    size_t used;
    int status = read32(bytes + offset, count - offset, high, sink, context, &used);
    if (status) return status;
    offset += used;
  }
  return offset == count ? 0 : SEMID_ROARING_MALFORMED;
}

int semid_roaring_read(const uint8_t *bytes, size_t count, semid_roaring_sink sink, void *context) {
  uint32_t cookie;
  if (count < sizeof cookie) return SEMID_ROARING_MALFORMED;
  memcpy(&cookie, bytes, sizeof cookie);
  // As a number of bitmaps of 64-bit values this would be more than 50 trillion rows.
  if (cookie == COOKIE_PLAIN || (cookie & 0xFFFF) == COOKIE_RUNS) {
    size_t used;
    int status = read32(bytes, count, 0, sink, context, &used);
    return status == 0 && used != count ? SEMID_ROARING_MALFORMED : status;
  }
  return read64(bytes, count, sink, context);
}
