#pragma once
#include <stddef.h>
#include <stdint.h>

// Reads HDF5 files in a child process.
//
// libhdf5 trusts its input: a few flipped bytes in a file make it write past its buffers or loop for ever (1.10.8, that
// of Debian 12: three files in a hundred with one to four random bytes changed). So it never reads in this process. A
// forked child runs it and sends what it finds down a pipe; when the child dies, its parent has an error to report and
// nothing of its own was touched. The child runs C alone from fork to _exit: locks that other threads of the parent
// hold at the fork stay held in the child, and the Swift runtime has such locks.

// What a child is asked for.
enum semid_h5_request_kind {
  SEMID_H5_CONTENTS = 1,  // DATASET frames, then ATTRIBUTE frames of the root group
  SEMID_H5_FLOATS = 2,    // SHAPE, then DATA frames of native float
  SEMID_H5_INTEGERS = 3,  // SHAPE, then DATA frames of int64_t
  SEMID_H5_STRINGS = 4,   // SHAPE, then for each piece LENGTHS (uint64_t each) and DATA (the bytes, end to end)
  SEMID_H5_DOUBLES = 5,   // SHAPE, then DATA frames of native double
  // Of a group of datasets of one length, each a row, of one dimension or of two with a first of 1: SHAPE, then for each piece LENGTHS and DATA of
  // their names, as of strings, and DATA of native float.
  SEMID_H5_ROWS = 6,
};

typedef struct {
  const char *path;
  const char *dataset;  // a path that the contents named, or of a group for SEMID_H5_ROWS; unused for SEMID_H5_CONTENTS
  uint32_t kind;
  uint32_t patience;      // processor seconds that one step may take
  uint64_t memory_limit;  // bytes that the child may allocate
} semid_h5_request;

typedef struct {
  int32_t descriptor;  // the reading end of the pipe
  int32_t process;
} semid_h5_child;

// Every answer is a run of frames: this header, then `bytes` bytes. An answer without END is a child that died.
enum semid_h5_tag {
  SEMID_H5_END = 1,
  SEMID_H5_ERROR = 2,      // text, and behind a line's end a remedy; `detail` is a semid_h5_fault
  SEMID_H5_DATASET = 3,    // semid_h5_dataset, then its path
  SEMID_H5_ATTRIBUTE = 4,  // semid_h5_attribute, then its name, then the text of a string
  SEMID_H5_SHAPE = 5,      // two uint64_t: rows, columns
  SEMID_H5_DATA = 6,
  SEMID_H5_LENGTHS = 7,
};

typedef struct {
  uint32_t tag;
  uint32_t detail;
  uint64_t bytes;
} semid_h5_frame;

enum semid_h5_fault { SEMID_H5_MALFORMED = 1, SEMID_H5_UNSUPPORTED = 2 };

enum semid_h5_element { SEMID_H5_OTHER = 0, SEMID_H5_FLOAT = 1, SEMID_H5_INTEGER = 2, SEMID_H5_STRING = 3 };

#define SEMID_H5_MAX_RANK 32

typedef struct {
  uint64_t shape[SEMID_H5_MAX_RANK];
  uint32_t rank;
  uint32_t element;
  uint64_t element_bytes;
  // Where the values lie in the file, row after row, as this machine's own floats; -1 when they do not.
  int64_t float_offset;
} semid_h5_dataset;

typedef struct {
  uint32_t element;
  uint32_t name_bytes;
  double number;
  int64_t integer;
} semid_h5_attribute;

// Starts a child. Calls of this function must not overlap one another nor any call into libhdf5 by this process.
// Returns 0 or errno.
int semid_h5_start(const semid_h5_request *request, semid_h5_child *child);

// Closes the pipe and waits for the child, after killing it where `abandon` is not 0.
// Returns 0, or the number of the signal that ended the child.
int semid_h5_finish(semid_h5_child child, int abandon);

// Unpacks what the filter 32000 of h5py packs (LZF). Returns the bytes written to `target`; 0 where `source` is not sound
// or has more than `capacity` bytes in it. Reads and writes nothing outside the two.
size_t semid_lzf_unpack(const uint8_t *source, size_t count, uint8_t *target, size_t capacity);
