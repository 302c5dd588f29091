#include "pages.h"

#include <stdlib.h>
#include <string.h>

// What the index of a log (its shared memory) says: https://sqlite.org/walformat.html#the_wal_index_file_format
typedef struct {
  uint32_t frames;
  // Frames that were taken into the file.
  uint32_t taken;
  unsigned char salt[8];
} log_index;

// Returns false where there is none, or only one that is being written.
static bool read_index(sqlite3_file *file, log_index *index) {
  enum { SIZE = 32768, COPY = 48, FRAMES = 16, SALT = 32, TAKEN = 96 };
  if (file->pMethods->iVersion < 2 || file->pMethods->xShmMap == NULL) return false;
  void volatile *memory = NULL;
  // SQLITE_READONLY: memory that may be read.
  int code = file->pMethods->xShmMap(file, 0, SIZE, 0, &memory);
  if ((code != SQLITE_OK && code != SQLITE_READONLY) || memory == NULL) return false;
  for (int attempt = 0; attempt < PAGES_TRIES; attempt++) {
    unsigned char bytes[TAKEN + 4];
    file->pMethods->xShmBarrier(file);
    for (int at = 0; at < TAKEN + 4; at++) bytes[at] = ((unsigned char volatile *)memory)[at];
    if (memcmp(bytes, bytes + COPY, COPY) == 0) {
      memcpy(&index->frames, bytes + FRAMES, 4);
      memcpy(&index->taken, bytes + TAKEN, 4);
      memcpy(index->salt, bytes + SALT, 8);
      return true;
    }
    pages_pause(attempt);
  }
  return false;
}

// Whether all that SQLite reads from a log is right. A log that is begun anew meanwhile is looked at again.
static int check_log(sqlite3_file *file, const char *path, semid_page_fault *fault) {
  for (int attempt = 0; attempt < PAGES_TRIES; attempt++) {
    log_index index;
    log_state state;
    if (!read_index(file, &index) || index.frames == 0) return SEMID_PAGES_WHOLE;
    if (log_scan(path, 0, &state) != 0) return SEMID_PAGES_UNREADABLE;
    bool is_same = state.has_header && memcmp(state.salt, index.salt, 8) == 0;
    if (is_same && state.valid >= index.frames) return SEMID_PAGES_WHOLE;
    *fault = (semid_page_fault){.page = state.has_header ? state.valid + 1 : 0};
    pages_pause(attempt);
  }
  return SEMID_PAGES_LOG_DAMAGED;
}

// Whether a page of the file is one that the log has anew, and that nobody reads from the file.
static bool is_in_log(sqlite3_file *file, const char *path, uint64_t page) {
  log_index index;
  log_state state;
  if (!read_index(file, &index) || log_scan(path, (uint32_t)page, &state) != 0) return false;
  return memcmp(state.salt, index.salt, 8) == 0 && state.last_of_sought > index.taken;
}

static int check_page(
  sqlite3_file *file, const char *log, unsigned char *memory, uint64_t size, uint64_t page, semid_page_fault *fault) {
  for (int attempt = 0; attempt < PAGES_TRIES; attempt++) {
    int code = file->pMethods->xRead(file, memory, (int)size, (sqlite3_int64)((page - 1) * size));
    if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) return SEMID_PAGES_UNREADABLE;
    if (pages_is_right(memory, size, page, fault)) return SEMID_PAGES_WHOLE;
    // Another process that takes the log into the file may be in the middle of this page, or have it done by now.
    if (log == NULL) break;
    if (is_in_log(file, log, page)) return SEMID_PAGES_WHOLE;
    if (attempt > 0) pages_pause(attempt);
  }
  return SEMID_PAGES_DAMAGED;
}

// Only where the log has nothing that the file has not: until then the file may have any size.
static int check_size(sqlite3_file *file, bool has_log, uint64_t size, semid_page_fault *fault) {
  log_index index = {0};
  if (has_log && (!read_index(file, &index) || index.frames != index.taken)) return SEMID_PAGES_WHOLE;
  sqlite3_int64 found = 0;
  if (file->pMethods->xFileSize(file, &found) != SQLITE_OK) return SEMID_PAGES_UNREADABLE;
  if ((uint64_t)found == size) return SEMID_PAGES_WHOLE;
  *fault = (semid_page_fault){.stored = size, .computed = (uint64_t)found};
  return SEMID_PAGES_SIZE;
}

int semid_pages_check(
  sqlite3 *connection, uint64_t page_size, uint64_t pages, int has_log, semid_page_fault *fault) {
  sqlite3_file *file = pages_file_below(connection);
  const char *name = sqlite3_db_filename(connection, "main");
  if (file == NULL || name == NULL || page_size < PAGES_SMALLEST || page_size > PAGES_LARGEST)
    return SEMID_PAGES_UNREADABLE;
  const char *log = has_log ? sqlite3_filename_wal(name) : NULL;
  sqlite3_int64 size = 0;
  if (file->pMethods->xFileSize(file, &size) != SQLITE_OK) return SEMID_PAGES_UNREADABLE;
  unsigned char *memory = malloc(page_size);
  if (memory == NULL) return SEMID_PAGES_UNREADABLE;
  int code = SEMID_PAGES_WHOLE;
  for (uint64_t page = 1; (page - 1) * page_size < (uint64_t)size && code == SEMID_PAGES_WHOLE; page++)
    code = check_page(file, log, memory, page_size, page, fault);
  free(memory);
  if (code == SEMID_PAGES_WHOLE) code = check_size(file, has_log, page_size * pages, fault);
  return code == SEMID_PAGES_WHOLE && log != NULL ? check_log(file, log, fault) : code;
}
