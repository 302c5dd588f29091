#pragma once

#include <stdint.h>

/// Pages of a SQLite file with a checksum each, in the last eight bytes, which SQLite keeps free when it is told to.
///
/// A VFS between SQLite and the system's own: it stores the checksum when SQLite writes a page of the database, and
/// checks it when SQLite reads one. A page that is not what was written makes the read fail with SQLITE_IOERR_DATA.
/// Journals and logs pass through unseen. So do databases without the eight bytes.
struct sqlite3;

/// The name of the VFS, for the parameter `vfs` of a URI.
#define SEMID_PAGES_VFS "semid-pages"
/// The parameter of a URI, set to 1, that says of a new database that it will have checksums: SQLite may write other pages
/// before the first one, which tells.
#define SEMID_PAGES_NEW "checksums"
/// The application id of a registry.
#define SEMID_PAGES_APPLICATION 0x53454944
/// From this version on (SQLite's user version) a registry has checksums, whatever the byte says that tells SQLite of the
/// free bytes.
#define SEMID_PAGES_VERSION 3
/// The bytes of a page that its checksum takes.
#define SEMID_PAGES_RESERVED 8

/// A page that is not what was written: its number from 1, the checksum that stands in it, and the one of its bytes.
typedef struct {
  uint64_t page;
  uint64_t stored;
  uint64_t computed;
} semid_page_fault;

/// Makes the VFS known to SQLite, once for all, and not as the one that SQLite takes by itself.
///
/// Returns 0, or a code of SQLite's.
int semid_pages_register(void);

/// Whether the database of a connection goes through the VFS.
int semid_pages_is_used(struct sqlite3 *connection);

/// Has SQLite keep the bytes for checksums free, in a database that has no table yet.
///
/// Returns 0, or a code of SQLite's.
int semid_pages_reserve(struct sqlite3 *connection);

/// The last fault that a read of the file found, in this process.
///
/// Returns 1, or 0 when there was none.
int semid_pages_last_fault(const char *path, semid_page_fault *fault);

/// The checksum of a page, without its last eight bytes.
uint64_t semid_pages_checksum(const unsigned char *bytes, uint64_t count, uint64_t page);

enum {
  SEMID_PAGES_WHOLE = 0,
  /// A page; `semid_page_fault` says which.
  SEMID_PAGES_DAMAGED = 1,
  /// A frame of the log that SQLite reads from; `page` is its number, from 1.
  SEMID_PAGES_LOG_DAMAGED = 2,
  /// The file has not the size that SQLite says; `stored` is what it should be, `computed` what it is.
  SEMID_PAGES_SIZE = 3,
  /// The file cannot be read.
  SEMID_PAGES_UNREADABLE = 4,
};

/// Reads every page of the database, and every frame of its log, inside a read transaction of the connection.
///
/// A page that is also in the log, and not yet taken into the file from there, is nobody's: it may be half written.
///
/// has_log: whether the connection reads from a log (WAL).
int semid_pages_check(
  struct sqlite3 *connection, uint64_t page_size, uint64_t pages, int has_log, semid_page_fault *fault);

/// Looks for a log that is damaged before its end.
///
/// SQLite takes a log up to the first frame that is wrong, which after a power cut is where it was cut off, and drops the
/// rest. A frame is known to have been whole when a transaction behind it was begun: transactions are written to the disk
/// one after the other.
///
/// frame: 0 when nothing is wrong or nothing is there, the number of the frame, from 1, or -1 for the log's header.
/// Returns 0, or an errno.
int semid_log_check(const char *path, int64_t *frame);
