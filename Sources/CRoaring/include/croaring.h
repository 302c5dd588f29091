#pragma once
#include <stddef.h>
#include <stdint.h>

// A C face of CRoaring: reading bitmaps in the portable serialisation (RoaringFormatSpec), of 32 and of 64 bits.

#ifdef __cplusplus
extern "C" {
#endif

enum semid_roaring_status {
  SEMID_ROARING_MALFORMED = 1,
  SEMID_ROARING_STOPPED = 2,  // by the sink
};

// Takes one value. Not 0 stops the reading.
typedef int (*semid_roaring_sink)(void *context, uint64_t value);

// Hands every value of a bitmap to the sink, strictly ascending. Returns 0 or a semid_roaring_status.
//
// The bytes must be one bitmap and nothing else, and the bitmap must be whole: containers in order, none beyond its 16
// bits, as many values as it says. What the sink took before a fault was found is then to be thrown away.
int semid_roaring_read(const uint8_t *bytes, size_t count, semid_roaring_sink sink, void *context);

#ifdef __cplusplus
}
#endif
