#pragma once

#include "cregistrypages.h"

#include <sqlite3.h>
#include <stdbool.h>

// What the header at the start of a database says of its checksums.
typedef enum {
  // Nothing was read yet, or there is nothing.
  PAGES_UNKNOWN,
  // There are none.
  PAGES_PLAIN,
  PAGES_SUMMED,
  // There should be, and SQLite is not told to keep the bytes free.
  PAGES_TORN,
} pages_kind;

enum {
  PAGES_HEADER = 100,
  PAGES_SMALLEST = 512,
  PAGES_LARGEST = 65536,
  // How often a page that is wrong is read again: another process may be in the middle of writing it.
  PAGES_TRIES = 5,
};

pages_kind pages_kind_of(const unsigned char *header);

// The page size that a header says; 0 when it is none.
int pages_size_of(const unsigned char *header);

// Whether a page has its checksum, or was never written.
bool pages_is_right(const unsigned char *bytes, uint64_t count, uint64_t page, semid_page_fault *fault);

void pages_pause(int attempt);

// The file of the system's own VFS below that of a connection's database; null when it is not one of ours.
sqlite3_file *pages_file_below(sqlite3 *connection);

// A log (WAL) as a file. The format is SQLite's: https://sqlite.org/fileformat2.html#walformat
typedef struct {
  bool has_header;
  unsigned char salt[8];
  // Whole frames from the first on.
  uint64_t valid;
  // As `semid_log_check` says it.
  int64_t damaged;
  // The last of the whole frames that holds `sought`, 0 for none.
  uint64_t last_of_sought;
} log_state;

// Returns 0, or an errno.
int log_scan(const char *path, uint32_t sought, log_state *state);
