#define _GNU_SOURCE
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support.h"

const size_t sizes[SIZES] = {0,  1,  2,  3,  4,  5,  7,  8,  9,   15,  16,  17,
                             31, 32, 33, 48, 63, 64, 65, 97, 127, 128, 384, 391};

// ---- Comparisons -----------------------------------------------------------------------------------------------

size_t comparisons = 0, failures = 0;

void expect(int holds, const char *condition, const char *format, ...) {
  comparisons++;
  if (holds) return;
  if (failures++ >= 5) return;
  printf("\n    FAILED %s: ", condition);
  va_list arguments;
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
}

// ---- Random numbers --------------------------------------------------------------------------------------------

static uint64_t state;

void seed_random(uint64_t seed) { state = seed; }

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
uint64_t random_bits(void) {
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}
size_t random_below(size_t limit) { return (size_t)((random_bits() >> 32) * (uint64_t)limit >> 32); }
float random_float(float scale) { return ((float)(random_bits() >> 40) * 0x1p-23f - 1) * scale; }
void fill_random(float *values, size_t n, float scale) {
  for (size_t i = 0; i < n; i++) values[i] = random_float(scale);
}

// ---- Memory ----------------------------------------------------------------------------------------------------

enum { SLOTS = 24, UNKNOWN = 0xa5, MARGIN = 256 };
static size_t slots_taken = 0;

#if __has_feature(address_sanitizer)

static void *slots[SLOTS];

void *take(size_t bytes) {
  if (slots_taken == SLOTS || !(slots[slots_taken] = malloc(bytes))) abort();
  return memset(slots[slots_taken++], UNKNOWN, bytes);
}

void end_case(void) {
  while (slots_taken > 0) free(slots[--slots_taken]);
}

#else

/// Between two pages that nothing may touch. The data lies against the one behind or the one before by turns; at its
/// other end are marks.
static struct { uint8_t *memory, *data; size_t bytes; } slots[SLOTS];
enum { CAPACITY = 1 << 20 };
static size_t turn = 0;

static int is_marked(const uint8_t *from, const uint8_t *to) {
  for (; from < to; from++)
    if (*from != UNKNOWN) return 0;
  return 1;
}

void *take(size_t bytes) {
  if (slots_taken == SLOTS || bytes > CAPACITY) abort();
  size_t index = slots_taken++, page = (size_t)sysconf(_SC_PAGESIZE);
  if (!slots[index].memory) {
    uint8_t *all = mmap(NULL, CAPACITY + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED || mprotect(all + page, CAPACITY, PROT_READ | PROT_WRITE) != 0) abort();
    slots[index].memory = all + page;
  }
  uint8_t *memory = slots[index].memory, *end = memory + CAPACITY;
  uint8_t *data = turn++ % 2 ? memory : end - bytes;
  slots[index].data = data;
  slots[index].bytes = bytes;
  uint8_t *from = data - memory > MARGIN ? data - MARGIN : memory;
  uint8_t *to = end - data - bytes > MARGIN ? data + bytes + MARGIN : end;
  memset(from, UNKNOWN, (size_t)(to - from));
  return data;
}

void end_case(void) {
  while (slots_taken > 0) {
    size_t index = --slots_taken, bytes = slots[index].bytes;
    uint8_t *memory = slots[index].memory, *data = slots[index].data, *end = memory + CAPACITY;
    int is_whole = is_marked(data - memory > MARGIN ? data - MARGIN : memory, data) &&
                   is_marked(data + bytes, end - data - bytes > MARGIN ? data + bytes + MARGIN : end);
    EXPECT(is_whole, "written beside array %zu, of %zu bytes", index, bytes);
  }
}

#endif
