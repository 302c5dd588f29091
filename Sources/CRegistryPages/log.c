// POSIX, which C17 by itself leaves out.
#define _GNU_SOURCE

#include "pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOG_HEADER = 32, FRAME_HEADER = 24 };

typedef struct {
  uint32_t first;
  uint32_t second;
} log_sum;

static uint32_t big_endian(const unsigned char *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint32_t little_endian(const unsigned char *bytes) {
  return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

static log_sum add(log_sum sum, const unsigned char *bytes, size_t count, bool is_big) {
  for (size_t at = 0; at < count; at += 8) {
    sum.first += (is_big ? big_endian(bytes + at) : little_endian(bytes + at)) + sum.second;
    sum.second += (is_big ? big_endian(bytes + at + 4) : little_endian(bytes + at + 4)) + sum.first;
  }
  return sum;
}

static bool is_sum(log_sum sum, const unsigned char *stored) {
  return big_endian(stored) == sum.first && big_endian(stored + 4) == sum.second;
}

// Fills `bytes`; false at the end of the file, with 0 in errno, and where it cannot be read.
static bool fill(int file, unsigned char *bytes, size_t count, off_t offset) {
  errno = 0;
  while (count > 0) {
    ssize_t got = pread(file, bytes, count, offset);
    if (got < 0 && errno == EINTR) {
      errno = 0;
      continue;
    }
    if (got <= 0) return false;
    bytes += got;
    count -= (size_t)got;
    offset += got;
  }
  return true;
}

// A header that is wrong although frames were written behind it: it was on the disk before they were.
static bool is_header_lost(int file, const unsigned char *header, uint32_t page_size, bool is_size) {
  static const unsigned char none[8];
  unsigned char first[FRAME_HEADER];
  unsigned char second[FRAME_HEADER];
  if (!fill(file, first, FRAME_HEADER, LOG_HEADER) || memcmp(first + 8, none, 8) == 0) return false;
  if (memcmp(first + 8, header + 16, 8) == 0) return true;
  return is_size && fill(file, second, FRAME_HEADER, LOG_HEADER + FRAME_HEADER + (off_t)page_size)
    && memcmp(first + 8, second + 8, 8) == 0;
}

static int scan(int file, uint32_t sought, unsigned char *frame, log_state *state) {
  unsigned char header[LOG_HEADER];
  if (!fill(file, header, LOG_HEADER, 0)) return errno;
  uint32_t magic = big_endian(header);
  uint32_t page_size = big_endian(header + 8);
  bool is_size = page_size >= PAGES_SMALLEST && page_size <= PAGES_LARGEST && (page_size & (page_size - 1)) == 0;
  bool is_big = magic & 1;
  log_sum sum = add((log_sum){0}, header, 24, is_big);
  if ((magic & ~1u) != 0x377f0682 || !is_size || !is_sum(sum, header + 24)) {
    if (is_header_lost(file, header, page_size, is_size)) state->damaged = -1;
    return errno;
  }
  state->has_header = true;
  memcpy(state->salt, header + 16, 8);
  bool is_broken = false;
  // Whether a transaction ends at the frame where it is broken, or behind.
  bool is_ended = false;
  off_t offset = LOG_HEADER;
  for (uint64_t number = 1; fill(file, frame, FRAME_HEADER + page_size, offset); number++) {
    offset += FRAME_HEADER + page_size;
    bool is_of_log = memcmp(frame + 8, header + 16, 8) == 0;
    if (!is_broken) {
      log_sum next = add(add(sum, frame, 8, is_big), frame + FRAME_HEADER, page_size, is_big);
      if (is_of_log && is_sum(next, frame + 16)) {
        sum = next;
        state->valid = number;
        if (big_endian(frame) == sought) state->last_of_sought = number;
        continue;
      }
      is_broken = true;
      is_ended = big_endian(frame + 4) != 0;
      continue;
    }
    if (!is_of_log) continue;
    if (is_ended) {
      state->damaged = (int64_t)state->valid + 1;
      break;
    }
    is_ended = big_endian(frame + 4) != 0;
  }
  if (errno != 0) return errno;
  // The log may have been begun anew meanwhile.
  unsigned char again[LOG_HEADER];
  if (state->damaged != 0 && (!fill(file, again, LOG_HEADER, 0) || memcmp(header, again, LOG_HEADER) != 0))
    state->damaged = 0;
  return 0;
}

int log_scan(const char *path, uint32_t sought, log_state *state) {
  *state = (log_state){0};
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return errno == ENOENT ? 0 : errno;
  unsigned char *frame = malloc(FRAME_HEADER + PAGES_LARGEST);
  int code = frame == NULL ? ENOMEM : scan(file, sought, frame, state);
  free(frame);
  close(file);
  return code;
}

int semid_log_check(const char *path, int64_t *frame) {
  *frame = 0;
  for (int attempt = 0; attempt < 3; attempt++) {
    log_state state;
    int code = log_scan(path, 0, &state);
    if (code != 0) return code;
    if (state.damaged == 0 || (attempt > 0 && state.damaged != *frame)) {
      // Whole, or another process is writing it.
      *frame = 0;
      return 0;
    }
    *frame = state.damaged;
    if (attempt < 2) pages_pause(attempt + 2);
  }
  return 0;
}
