#pragma once
#include <stdint.h>

// A C face of Arrow's Parquet library: tables by row group and column, straight into plain arrays.
//
// No exception leaves a function. One that can fail returns 0 or a semid_parquet_status, and then fills `fault`. Arrow
// runs on the calling thread alone; several threads may read one open file at a time.

#ifdef __cplusplus
extern "C" {
#endif

enum semid_parquet_status {
  SEMID_PARQUET_MALFORMED = 1,
  SEMID_PARQUET_UNSUPPORTED = 2,
  SEMID_PARQUET_IO = 3,
  SEMID_PARQUET_STOPPED = 4,  // by a sink
};

typedef struct {
  int64_t row;  // counted from 0 over the whole file; -1 when the fault is not in one row
  char expected[128];
  char found[512];
} semid_parquet_fault;

// ---- Reading ---------------------------------------------------------------------------------------------------------

typedef struct semid_parquet_file semid_parquet_file;

enum semid_parquet_kind {
  SEMID_PARQUET_OTHER = 0,
  SEMID_PARQUET_VECTOR = 1,   // list, large_list or fixed_size_list of numbers; fixed-shape tensors
  SEMID_PARQUET_STRING = 2,   // text or bytes, dictionaries included
  SEMID_PARQUET_INTEGER = 3,  // of any width, decimals of scale 0 with at most 18 digits; dictionaries included
  SEMID_PARQUET_FLOAT = 4,    // half, float, double or another decimal, dictionaries included
  SEMID_PARQUET_BOOLEAN = 5,
  SEMID_PARQUET_TIME = 6,   // dates and timestamps, INT96 included
  SEMID_PARQUET_BYTES = 7,  // bytes of one length
  SEMID_PARQUET_LIST = 8,   // list, large_list or fixed_size_list of text, decimals or booleans
};

// A column is a field that is not a struct; fields of structs are columns with dots in their names.
typedef struct {
  const char *name;  // as long as the file is open
  const char *type;
  int32_t kind;
} semid_parquet_column;

// `memory_limit`: the most bytes that Arrow may hold at a time for this file.
int semid_parquet_open(
    const char *path, int64_t memory_limit, semid_parquet_file **file, semid_parquet_fault *fault);
void semid_parquet_close(semid_parquet_file *file);

int64_t semid_parquet_rows(const semid_parquet_file *file);
int semid_parquet_groups(const semid_parquet_file *file);
int64_t semid_parquet_group_rows(const semid_parquet_file *file, int group);
int semid_parquet_columns(const semid_parquet_file *file);
semid_parquet_column semid_parquet_column_at(const semid_parquet_file *file, int column);

// Values in a row of a column of vectors: what its type says, or what the first row has. 0 where there are no rows.
// Vectors are lists of numbers, or bytes, which are float32, little-endian.
int semid_parquet_width(semid_parquet_file *file, int column, int64_t *width, semid_parquet_fault *fault);

// One row group of one column. The arrays have the group's rows (× width). A missing value is a fault.
int semid_parquet_read_vectors(
    semid_parquet_file *file, int column, int group, int64_t width, float *values, semid_parquet_fault *fault);
// A column of floats or integers, rounded to float. Each value goes `stride` elements after the one before.
int semid_parquet_read_numbers(
    semid_parquet_file *file, int column, int group, int64_t stride, float *values, semid_parquet_fault *fault);
// Each value goes `stride` elements after the one before.
int semid_parquet_read_integers(
    semid_parquet_file *file, int column, int group, int64_t stride, int64_t *values, semid_parquet_fault *fault);
int semid_parquet_read_floats(
    semid_parquet_file *file, int column, int group, double *values, semid_parquet_fault *fault);

// Takes some rows of text: the length of each, and their bytes end to end. Not 0 stops the reading.
typedef int (*semid_parquet_sink)(void *context, int64_t rows, const uint64_t *lengths, const uint8_t *bytes);
// With allows_nulls, a null is an empty text; otherwise a fault.
int semid_parquet_read_strings(
    semid_parquet_file *file, int column, int group, int allows_nulls, semid_parquet_sink sink, void *context,
    semid_parquet_fault *fault);

// As above, of columns in which values may be missing: present[i] says whether row i has one (1), and what it has is 0
// where it has none. BOOLEAN is read as integers 0 and 1, and TIME as integers: microseconds since 1970, in UTC where the
// column has a time zone. The length of text that is missing is UINT64_MAX.
int semid_parquet_read_optional_integers(
    semid_parquet_file *file, int column, int group, int64_t *values, uint8_t *present, semid_parquet_fault *fault);
int semid_parquet_read_optional_floats(
    semid_parquet_file *file, int column, int group, double *values, uint8_t *present, semid_parquet_fault *fault);
int semid_parquet_read_optional_strings(
    semid_parquet_file *file, int column, int group, semid_parquet_sink sink, void *context,
    semid_parquet_fault *fault);

// Takes some rows of lists: how many elements each has, or -1 where it is missing; then the length of each element as
// text, or UINT64_MAX where it is missing, and their bytes end to end. Not 0 stops the reading.
typedef int (*semid_parquet_list_sink)(
    void *context, int64_t rows, const int64_t *counts, int64_t elements, const uint64_t *lengths,
    const uint8_t *bytes);
// Lists of text, integers, decimals, floats or booleans; numbers as their shortest digits, booleans as true and false.
int semid_parquet_read_lists(
    semid_parquet_file *file, int column, int group, semid_parquet_list_sink sink, void *context,
    semid_parquet_fault *fault);

// ---- Writing ---------------------------------------------------------------------------------------------------------

typedef struct semid_parquet_writer semid_parquet_writer;

enum semid_parquet_field_kind {
  SEMID_PARQUET_WRITE_STRING = 1,
  SEMID_PARQUET_WRITE_INT32 = 2,
  SEMID_PARQUET_WRITE_INT64 = 3,
  SEMID_PARQUET_WRITE_FLOAT = 4,
  SEMID_PARQUET_WRITE_DOUBLE = 5,
  SEMID_PARQUET_WRITE_LIST = 6,        // list<float>, every row `width` long
  SEMID_PARQUET_WRITE_FIXED_LIST = 7,  // fixed_size_list<float>[width]
  SEMID_PARQUET_WRITE_INT_LIST = 8,    // list<int32>, every row `width` long
  SEMID_PARQUET_WRITE_STRING_LIST = 9, // list<string>, of any length
  SEMID_PARQUET_WRITE_STRUCT = 10,     // of the `children` fields that follow
};

enum semid_parquet_compression {
  SEMID_PARQUET_NONE = 0,
  SEMID_PARQUET_SNAPPY = 1,
  SEMID_PARQUET_ZSTD = 2,
};

typedef struct {
  const char *name;
  int32_t kind;
  int32_t width;
  int32_t optional;  // whether values may be missing; numbers only
  int32_t children;  // how many of the fields that follow, each with its own children, are this one's; structs only
} semid_parquet_field;

// The values of one field in one row group. Nothing for a struct, whose fields have them.
typedef struct {
  const void *values;       // of the field's type, row after row; the bytes of strings
  const uint64_t *offsets;  // a place in `values` for each string, and the end; strings and lists of them only
  const int64_t *starts;    // rows + 1 numbers of strings, from the first one of `offsets`; lists of strings only
  const uint8_t *present;   // 0 for each row without a value; optional fields only
} semid_parquet_values;

int semid_parquet_create(
    const char *path, const semid_parquet_field *fields, int count, int compression, int level,
    semid_parquet_writer **writer, semid_parquet_fault *fault);
// Writes one row group; `values` has an element for each field.
int semid_parquet_write(
    semid_parquet_writer *writer, int64_t rows, const semid_parquet_values *values, semid_parquet_fault *fault);
int semid_parquet_finish(semid_parquet_writer *writer, semid_parquet_fault *fault);
// Frees the writer, finished or not.
void semid_parquet_release(semid_parquet_writer *writer);

#ifdef __cplusplus
}
#endif
