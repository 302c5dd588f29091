#include <stdlib.h>
#include <string.h>

#include "chdf5reader.h"

// A stream of runs and references (Marc Lehmann's LibLZF). A first byte below 32 is followed by that many and one more
// bytes as they are. Any other holds a length in its upper three bits (7: the next byte is added) and the upper five of
// thirteen bits of a distance back; length + 2 bytes are copied from there, which may overlap what they make.
size_t semid_lzf_unpack(const uint8_t *source, size_t count, uint8_t *target, size_t capacity) {
  size_t in = 0, out = 0;
  while (in < count) {
    unsigned control = source[in++];
    if (control < 32) {
      size_t run = control + 1;
      if (run > count - in || run > capacity - out) return 0;
      memcpy(target + out, source + in, run);
      in += run;
      out += run;
      continue;
    }
    size_t length = control >> 5, distance = (size_t)(control & 31) << 8;
    if (length == 7) {
      if (in == count) return 0;
      length += source[in++];
    }
    length += 2;
    if (in == count) return 0;
    distance += source[in++] + (size_t)1;
    if (distance > out || length > capacity - out) return 0;
    for (size_t i = 0; i < length; i++, out++) target[out] = target[out - distance];
  }
  return out;
}

#ifdef SEMID_HDF5
#include "child.h"

// The filter that h5py registers as 32000 and calls lzf. libhdf5 does not have it.
enum { LZF_FILTER = 32000 };

// As libhdf5 calls a filter: unpacks *buffer, replaces it, and returns the bytes in it, or 0.
static size_t filter(
    unsigned flags, size_t values, const unsigned parameters[], size_t bytes, size_t *size, void **buffer) {
  if (!(flags & H5Z_FLAG_REVERSE)) return 0;
  // The third parameter is the size of a chunk; a chunk that grew by it more than LZF can is none.
  size_t capacity = values >= 3 && parameters[2] != 0 ? parameters[2] : *size;
  if (capacity / 88 > bytes) return 0;
  uint8_t *unpacked = malloc(capacity > 0 ? capacity : 1);
  if (!unpacked) return 0;
  size_t count = semid_lzf_unpack(*buffer, bytes, unpacked, capacity);
  if (count == 0) {
    free(unpacked);
    return 0;
  }
  free(*buffer);
  *buffer = unpacked;
  *size = capacity;
  return count;
}

void add_filters(void) {
  static const H5Z_class2_t lzf = {
      .version = H5Z_CLASS_T_VERS,
      .id = LZF_FILTER,
      .encoder_present = 0,
      .decoder_present = 1,
      .name = "lzf",
      .filter = filter,
  };
  if (H5Zregister(&lzf) < 0) fail_library("lzf cannot be added");
}
#endif
