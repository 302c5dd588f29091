// POSIX, which C17 by itself leaves out.
#define _GNU_SOURCE

#include "pages.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

// One of our files; behind it in memory lies the one of the VFS below.
typedef struct {
  sqlite3_file base;
  // For faults.
  const char *name;
  // A page on its way to the file, or of which SQLite wants a part. Null until it is needed.
  unsigned char *page;
  pages_kind kind;
  // As the header says; 0 for unknown.
  int size;
  // Whether pages that are written before the first one get checksums.
  bool will_have_sums;
} pages_file;

static sqlite3_vfs vfs;
static const sqlite3_io_methods methods;

static sqlite3_vfs *vfs_below(void) { return vfs.pAppData; }
static sqlite3_file *below(sqlite3_file *file) { return (sqlite3_file *)((pages_file *)file + 1); }

// Faults, for those who ask later: SQLite hands on a code alone.

typedef struct {
  dev_t device;
  ino_t inode;
  semid_page_fault fault;
} known_fault;

enum { KNOWN_FAULTS = 16 };
static pthread_mutex_t faults_lock = PTHREAD_MUTEX_INITIALIZER;
static known_fault faults[KNOWN_FAULTS];
static unsigned faults_count;

static void remember(const char *path, semid_page_fault fault) {
  struct stat information;
  if (path == NULL || stat(path, &information) != 0) return;
  pthread_mutex_lock(&faults_lock);
  faults[faults_count++ % KNOWN_FAULTS] = (known_fault){information.st_dev, information.st_ino, fault};
  pthread_mutex_unlock(&faults_lock);
}

int semid_pages_last_fault(const char *path, semid_page_fault *fault) {
  struct stat information;
  if (stat(path, &information) != 0) return 0;
  int found = 0;
  pthread_mutex_lock(&faults_lock);
  for (unsigned back = 1; back <= KNOWN_FAULTS && back <= faults_count && !found; back++) {
    known_fault *at = &faults[(faults_count - back) % KNOWN_FAULTS];
    if (at->device != information.st_dev || at->inode != information.st_ino) continue;
    *fault = at->fault;
    found = 1;
  }
  pthread_mutex_unlock(&faults_lock);
  return found;
}

// The header

static uint32_t big_endian(const unsigned char *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

pages_kind pages_kind_of(const unsigned char *header) {
  // A hole, while the first page is not written yet.
  if (header[0] == 0 && memcmp(header, header + 1, PAGES_HEADER - 1) == 0) return PAGES_UNKNOWN;
  bool is_database = memcmp(header, "SQLite format 3", 16) == 0;
  // Two signs, so that one damaged byte does not turn the checks off.
  bool is_ours = big_endian(header + 68) == SEMID_PAGES_APPLICATION && big_endian(header + 60) >= SEMID_PAGES_VERSION;
  if (header[20] == SEMID_PAGES_RESERVED && (is_database || is_ours)) return PAGES_SUMMED;
  return is_ours ? PAGES_TORN : PAGES_PLAIN;
}

int pages_size_of(const unsigned char *header) {
  int size = header[16] << 8 | header[17] << 16;
  bool is_size = size >= PAGES_SMALLEST && size <= PAGES_LARGEST && (size & (size - 1)) == 0;
  return is_size ? size : 0;
}

static void learn(pages_file *pages, const unsigned char *header) {
  pages->kind = pages_kind_of(header);
  pages->size = pages_size_of(header);
}

static void learn_from_file(sqlite3_file *file) {
  pages_file *pages = (pages_file *)file;
  unsigned char header[PAGES_HEADER];
  if (pages->kind == PAGES_UNKNOWN && below(file)->pMethods->xRead(below(file), header, PAGES_HEADER, 0) == SQLITE_OK)
    learn(pages, header);
}

static bool has_sums(pages_file *pages) {
  if (pages->kind == PAGES_UNKNOWN) return pages->will_have_sums;
  return pages->kind == PAGES_SUMMED || pages->kind == PAGES_TORN;
}

static bool is_page(int amount, sqlite3_int64 offset) {
  return amount >= PAGES_SMALLEST && amount <= PAGES_LARGEST && (amount & (amount - 1)) == 0 && offset % amount == 0;
}

static unsigned char *page_memory(pages_file *pages) {
  if (pages->page == NULL) pages->page = sqlite3_malloc(PAGES_LARGEST);
  return pages->page;
}

void pages_pause(int attempt) {
  struct timespec time = {.tv_sec = 0, .tv_nsec = 1000000L << attempt};
  nanosleep(&time, NULL);
}

// Reading and writing

static int read_page(sqlite3_file *file, unsigned char *buffer, int amount, sqlite3_int64 offset) {
  pages_file *pages = (pages_file *)file;
  semid_page_fault fault = {0};
  for (int attempt = 0;; attempt++) {
    int code = below(file)->pMethods->xRead(below(file), buffer, amount, offset);
    if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) return code;
    if (offset == 0 && code == SQLITE_OK) learn(pages, buffer);
    learn_from_file(file);
    if (!has_sums(pages)) return code;
    // Behind the end of the file there are zeros. A page that is there in part is none.
    if (pages_is_right(buffer, (uint64_t)amount, (uint64_t)(offset / amount) + 1, &fault)) return code;
    if (attempt == PAGES_TRIES - 1) break;
    pages_pause(attempt);
  }
  remember(pages->name, fault);
  return SQLITE_IOERR_DATA;
}

static int pages_read(sqlite3_file *file, void *buffer, int amount, sqlite3_int64 offset) {
  pages_file *pages = (pages_file *)file;
  // The header by itself, which SQLite reads before it has a lock: what it decides, the whole page says again.
  if (offset + amount <= PAGES_HEADER) {
    int code = below(file)->pMethods->xRead(below(file), buffer, amount, offset);
    if (code == SQLITE_OK && offset == 0 && amount == PAGES_HEADER) learn(pages, buffer);
    return code;
  }
  learn_from_file(file);
  bool is_part = pages->size != 0 && amount < pages->size;
  if (is_page(amount, offset) && !is_part) return read_page(file, buffer, amount, offset);
  if (!has_sums(pages)) return below(file)->pMethods->xRead(below(file), buffer, amount, offset);
  // A part of a page, as versions of SQLite read content that goes over many pages.
  sqlite3_int64 start = is_part ? offset / pages->size * pages->size : 0;
  if (!is_part || offset + amount > start + pages->size) return SQLITE_IOERR_READ;
  unsigned char *page = page_memory(pages);
  if (page == NULL) return SQLITE_IOERR_NOMEM;
  int code = read_page(file, page, pages->size, start);
  if (code == SQLITE_OK || code == SQLITE_IOERR_SHORT_READ) memcpy(buffer, page + (offset - start), (size_t)amount);
  return code;
}

static int pages_write(sqlite3_file *file, const void *buffer, int amount, sqlite3_int64 offset) {
  pages_file *pages = (pages_file *)file;
  if (offset == 0 && amount >= PAGES_SMALLEST) learn(pages, buffer);
  learn_from_file(file);
  if (!has_sums(pages)) return below(file)->pMethods->xWrite(below(file), buffer, amount, offset);
  // SQLite writes whole pages. Whatever else would be written could not be read again.
  if (pages->kind == PAGES_TORN || !is_page(amount, offset)) return SQLITE_IOERR_WRITE;
  unsigned char *page = page_memory(pages);
  if (page == NULL) return SQLITE_IOERR_NOMEM;
  memcpy(page, buffer, (size_t)amount);
  uint64_t sum = semid_pages_checksum(page, (uint64_t)amount, (uint64_t)(offset / amount) + 1);
  for (int byte = 0; byte < SEMID_PAGES_RESERVED; byte++)
    page[amount - SEMID_PAGES_RESERVED + byte] = (unsigned char)(sum >> (8 * byte));
  return below(file)->pMethods->xWrite(below(file), page, amount, offset);
}

static int pages_truncate(sqlite3_file *file, sqlite3_int64 size) {
  if (size == 0) ((pages_file *)file)->kind = PAGES_UNKNOWN;
  return below(file)->pMethods->xTruncate(below(file), size);
}

static int pages_close(sqlite3_file *file) {
  pages_file *pages = (pages_file *)file;
  sqlite3_free(pages->page);
  pages->page = NULL;
  return below(file)->pMethods->xClose(below(file));
}

static int pages_control(sqlite3_file *file, int operation, void *argument) {
  // Pages that were mapped would be read without a check.
  if (operation == SQLITE_FCNTL_MMAP_SIZE) {
    *(sqlite3_int64 *)argument = 0;
    return SQLITE_OK;
  }
  int code = below(file)->pMethods->xFileControl(below(file), operation, argument);
  if (operation == SQLITE_FCNTL_VFSNAME && code == SQLITE_OK) {
    char *name = *(char **)argument;
    *(char **)argument = sqlite3_mprintf("%s/%z", SEMID_PAGES_VFS, name);
  }
  return code;
}

// What is handed on as it is

static int pages_sync(sqlite3_file *file, int flags) { return below(file)->pMethods->xSync(below(file), flags); }
static int pages_file_size(sqlite3_file *file, sqlite3_int64 *size) {
  return below(file)->pMethods->xFileSize(below(file), size);
}
static int pages_lock(sqlite3_file *file, int lock) { return below(file)->pMethods->xLock(below(file), lock); }
static int pages_unlock(sqlite3_file *file, int lock) { return below(file)->pMethods->xUnlock(below(file), lock); }
static int pages_is_reserved(sqlite3_file *file, int *result) {
  return below(file)->pMethods->xCheckReservedLock(below(file), result);
}
static int pages_sector(sqlite3_file *file) { return below(file)->pMethods->xSectorSize(below(file)); }
static int pages_device(sqlite3_file *file) { return below(file)->pMethods->xDeviceCharacteristics(below(file)); }

static bool has_shared_memory(sqlite3_file *file) {
  return below(file)->pMethods->iVersion >= 2 && below(file)->pMethods->xShmMap != NULL;
}
static int pages_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **memory) {
  if (!has_shared_memory(file)) return SQLITE_IOERR_SHMMAP;
  return below(file)->pMethods->xShmMap(below(file), region, size, extend, memory);
}
static int pages_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
  if (!has_shared_memory(file)) return SQLITE_IOERR_SHMLOCK;
  return below(file)->pMethods->xShmLock(below(file), offset, count, flags);
}
static void pages_shm_barrier(sqlite3_file *file) {
  if (has_shared_memory(file)) below(file)->pMethods->xShmBarrier(below(file));
}
static int pages_shm_unmap(sqlite3_file *file, int remove) {
  return has_shared_memory(file) ? below(file)->pMethods->xShmUnmap(below(file), remove) : SQLITE_OK;
}

static const sqlite3_io_methods methods = {
  .iVersion = 2,
  .xClose = pages_close,
  .xRead = pages_read,
  .xWrite = pages_write,
  .xTruncate = pages_truncate,
  .xSync = pages_sync,
  .xFileSize = pages_file_size,
  .xLock = pages_lock,
  .xUnlock = pages_unlock,
  .xCheckReservedLock = pages_is_reserved,
  .xFileControl = pages_control,
  .xSectorSize = pages_sector,
  .xDeviceCharacteristics = pages_device,
  .xShmMap = pages_shm_map,
  .xShmLock = pages_shm_lock,
  .xShmBarrier = pages_shm_barrier,
  .xShmUnmap = pages_shm_unmap,
};

static int pages_open(sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags, int *flags_out) {
  (void)self;
  if (!(flags & SQLITE_OPEN_MAIN_DB)) return vfs_below()->xOpen(vfs_below(), name, file, flags, flags_out);
  bool will_have_sums = name != NULL && sqlite3_uri_boolean(name, SEMID_PAGES_NEW, 0);
  *(pages_file *)file = (pages_file){.name = name, .will_have_sums = will_have_sums};
  below(file)->pMethods = NULL;
  int code = vfs_below()->xOpen(vfs_below(), name, below(file), flags, flags_out);
  file->pMethods = below(file)->pMethods == NULL ? NULL : &methods;
  return code;
}

static int pages_delete(sqlite3_vfs *self, const char *name, int synchronizes) {
  (void)self;
  return vfs_below()->xDelete(vfs_below(), name, synchronizes);
}
static int pages_access(sqlite3_vfs *self, const char *name, int flags, int *result) {
  (void)self;
  return vfs_below()->xAccess(vfs_below(), name, flags, result);
}
static int pages_full_name(sqlite3_vfs *self, const char *name, int size, char *result) {
  (void)self;
  return vfs_below()->xFullPathname(vfs_below(), name, size, result);
}
static int pages_random(sqlite3_vfs *self, int size, char *result) {
  (void)self;
  return vfs_below()->xRandomness(vfs_below(), size, result);
}
static int pages_sleep(sqlite3_vfs *self, int microseconds) {
  (void)self;
  return vfs_below()->xSleep(vfs_below(), microseconds);
}
static int pages_time(sqlite3_vfs *self, double *result) {
  (void)self;
  return vfs_below()->xCurrentTime(vfs_below(), result);
}
static int pages_error(sqlite3_vfs *self, int size, char *text) {
  (void)self;
  return vfs_below()->xGetLastError(vfs_below(), size, text);
}
static int pages_time_64(sqlite3_vfs *self, sqlite3_int64 *result) {
  (void)self;
  return vfs_below()->xCurrentTimeInt64(vfs_below(), result);
}

static sqlite3_vfs vfs = {
  .iVersion = 2,
  .zName = SEMID_PAGES_VFS,
  .xOpen = pages_open,
  .xDelete = pages_delete,
  .xAccess = pages_access,
  .xFullPathname = pages_full_name,
  .xRandomness = pages_random,
  .xSleep = pages_sleep,
  .xCurrentTime = pages_time,
  .xGetLastError = pages_error,
  .xCurrentTimeInt64 = pages_time_64,
};

static int registration;

static void register_once(void) {
  sqlite3_vfs *system = sqlite3_vfs_find(NULL);
  if (system == NULL || system->iVersion < 2) {
    registration = SQLITE_ERROR;
    return;
  }
  vfs.pAppData = system;
  vfs.mxPathname = system->mxPathname;
  vfs.szOsFile = (int)sizeof(pages_file) + system->szOsFile;
  registration = sqlite3_vfs_register(&vfs, 0);
}

int semid_pages_register(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, register_once);
  return registration;
}

static sqlite3_file *file_of(sqlite3 *connection) {
  sqlite3_file *file = NULL;
  int code = sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  return code == SQLITE_OK && file != NULL && file->pMethods == &methods ? file : NULL;
}

sqlite3_file *pages_file_below(sqlite3 *connection) {
  sqlite3_file *file = file_of(connection);
  return file == NULL ? NULL : below(file);
}

int semid_pages_is_used(sqlite3 *connection) { return file_of(connection) != NULL; }

int semid_pages_reserve(sqlite3 *connection) {
  int count = SEMID_PAGES_RESERVED;
  return sqlite3_file_control(connection, "main", SQLITE_FCNTL_RESERVE_BYTES, &count);
}
