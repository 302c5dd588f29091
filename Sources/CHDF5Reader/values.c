#ifdef SEMID_HDF5
#include "child.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Bytes of one read, unless a row of chunks is larger: each chunk is inflated once.
enum { PIECE_BYTES = 4 << 20 };
// Deflate packs a run of equal bytes 1032 : 1 at best.
enum { MAX_RATIO = 1032 };

// A dataset of rank 1 (one column) or 2, all of whose values are stored in this file.
typedef struct {
  hid_t dataset, type, space;
  int rank;
  hsize_t rows, columns, chunk_rows;
} table;

static void check_filters(hid_t properties) {
  int filters = H5Pget_nfilters(properties);
  if (filters < 0) fail_library("its filters cannot be read");
  for (int i = 0; i < filters; i++) {
    unsigned flags, configuration;
    size_t values = 0;
    char name[64] = "";
    H5Z_filter_t filter =
        H5Pget_filter2(properties, (unsigned)i, &flags, &values, NULL, sizeof name - 1, name, &configuration);
    if (filter < 0) fail_library("its filters cannot be read");
    if (H5Zfilter_avail(filter) <= 0)
      fail(SEMID_H5_UNSUPPORTED,
           "packed by filter %d%s%s, which this libhdf5 does not have\n"
           "write it with h5py and compression='gzip', or set HDF5_PLUGIN_PATH to a folder with that filter, such as "
           "that of Python's hdf5plugin: python -c 'import hdf5plugin; print(hdf5plugin.PLUGIN_PATH)'",
           (int)filter, name[0] ? ", " : "", name);
  }
}

// Refuses what would come out as fill values, and claims that the stored bytes cannot back.
static void check_storage(table *t, hid_t properties, H5D_layout_t layout) {
  hsize_t element = H5Tget_size(t->type), values = t->rows * t->columns;
  if (element == 0) fail(SEMID_H5_MALFORMED, "elements of no size");
  if (values > UINT64_MAX / 4 / element) fail(SEMID_H5_MALFORMED, "too large for any memory");
  hsize_t claimed = values * element, stored = H5Dget_storage_size(t->dataset);
  int filters = H5Pget_nfilters(properties);
  if (stored < (filters > 0 ? claimed / MAX_RATIO : claimed))
    fail(SEMID_H5_MALFORMED, "%llu rows of %llu columns in %llu stored bytes", (unsigned long long)t->rows,
         (unsigned long long)t->columns, (unsigned long long)stored);
  if (layout != H5D_CHUNKED) return;
  hsize_t chunk[2] = {1, 1};
  if (H5Pget_chunk(properties, t->rank, chunk) != t->rank || chunk[0] == 0 || chunk[1] == 0)
    fail_library("its chunks cannot be read");
  t->chunk_rows = chunk[0];
  hsize_t across = t->rank == 2 ? (t->columns + chunk[1] - 1) / chunk[1] : 1;
  hsize_t wanted = (t->rows + chunk[0] - 1) / chunk[0] * across, found = 0;
  if (H5Dget_num_chunks(t->dataset, t->space, &found) < 0) fail_library("its chunks cannot be read");
  if (found < wanted)
    fail(SEMID_H5_MALFORMED, "%llu of %llu chunks written", (unsigned long long)found, (unsigned long long)wanted);
}

static table open_table(hid_t dataset) {
  table t = {.dataset = dataset, .type = H5Dget_type(dataset), .space = H5Dget_space(dataset), .chunk_rows = 1};
  hsize_t shape[H5S_MAX_RANK] = {0};
  t.rank = H5Sget_simple_extent_dims(t.space, shape, NULL);
  if (t.type < 0 || t.rank < 0) fail_library("cannot be read");
  if (t.rank < 1 || t.rank > 2) fail(SEMID_H5_UNSUPPORTED, "%d dimensions", t.rank);
  t.rows = shape[0];
  t.columns = t.rank == 2 ? shape[1] : 1;
  if (t.columns != 0 && t.rows > UINT64_MAX / t.columns) fail(SEMID_H5_MALFORMED, "too large for any memory");

  hid_t properties = H5Dget_create_plist(dataset);
  if (properties < 0) fail_library("its properties cannot be read");
  H5D_layout_t layout = H5Pget_layout(properties);
  if (layout == H5D_VIRTUAL || H5Pget_external_count(properties) != 0)
    fail(SEMID_H5_UNSUPPORTED, "values that are kept in other files");
  if (layout != H5D_CONTIGUOUS && layout != H5D_CHUNKED && layout != H5D_COMPACT) fail_library("unknown layout");
  check_filters(properties);
  if (t.rows > 0 && t.columns > 0) check_storage(&t, properties, layout);
  H5Pclose(properties);
  return t;
}

static void send_shape(hsize_t rows, hsize_t columns) {
  uint64_t header[2] = {rows, columns};
  send_frame(SEMID_H5_SHAPE, 0, header, sizeof header);
}

// The table of a dataset, whose shape is sent.
static table begin_table(hid_t dataset) {
  table t = open_table(dataset);
  send_shape(t.rows, t.columns);
  return t;
}

// Rows that one read takes, with values of `bytes` in memory: whole rows of chunks.
static hsize_t piece_rows(const table *t, size_t bytes) {
  hsize_t row = t->columns * bytes, rows = PIECE_BYTES / (row > 0 ? row : 1);
  rows -= rows % t->chunk_rows;
  if (rows == 0) rows = t->chunk_rows;
  return rows < t->rows ? rows : t->rows;
}

static void read_rows(const table *t, hsize_t first, hsize_t rows, hid_t memory_type, void *values) {
  hsize_t start[2] = {first, 0}, count[2] = {rows, t->columns};
  hid_t memory = H5Screate_simple(t->rank, count, NULL);
  begin_step();
  if (memory < 0 || H5Sselect_hyperslab(t->space, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
      H5Dread(t->dataset, memory_type, memory, t->space, H5P_DEFAULT, values) < 0) {
    char place[64];
    snprintf(place, sizeof place, "rows %llu to %llu", (unsigned long long)first,
             (unsigned long long)(first + rows - 1));
    fail_library(place);
  }
  H5Sclose(memory);
}

static void send_numbers(const table *t, hid_t memory_type, size_t bytes, int is_uint64) {
  if (t->rows == 0 || t->columns == 0) return;
  hsize_t step = piece_rows(t, bytes);
  void *values = allocate(step * t->columns * bytes);
  for (hsize_t first = 0; first < t->rows; first += step) {
    hsize_t rows = t->rows - first < step ? t->rows - first : step;
    read_rows(t, first, rows, memory_type, values);
    for (hsize_t i = 0; is_uint64 && i < rows * t->columns; i++)
      if (((uint64_t *)values)[i] > INT64_MAX)
        fail(SEMID_H5_UNSUPPORTED, "row %llu holds %llu, over 63 bits",
             (unsigned long long)(first + i / t->columns), (unsigned long long)((uint64_t *)values)[i]);
    send_frame(SEMID_H5_DATA, 0, values, rows * t->columns * bytes);
  }
}

static void check_numbers(const table *t) {
  H5T_class_t class = H5Tget_class(t->type);
  if (class != H5T_FLOAT && class != H5T_INTEGER) fail(SEMID_H5_UNSUPPORTED, "values that are no numbers");
}

void send_floats(hid_t dataset) {
  table t = begin_table(dataset);
  check_numbers(&t);
  send_numbers(&t, H5T_NATIVE_FLOAT, sizeof(float), 0);
}

void send_doubles(hid_t dataset) {
  table t = begin_table(dataset);
  check_numbers(&t);
  send_numbers(&t, H5T_NATIVE_DOUBLE, sizeof(double), 0);
}

void send_integers(hid_t dataset) {
  table t = begin_table(dataset);
  if (H5Tget_class(t.type) != H5T_INTEGER || H5Tget_size(t.type) > 8)
    fail(SEMID_H5_UNSUPPORTED, "values that are no integers of up to 64 bits");
  int is_uint64 = H5Tget_size(t.type) == 8 && H5Tget_sign(t.type) == H5T_SGN_NONE;
  send_numbers(&t, is_uint64 ? H5T_NATIVE_UINT64 : H5T_NATIVE_INT64, sizeof(int64_t), is_uint64);
}

// Strings of one size, padded; a length each, then their bytes packed in place.
static void send_fixed(const table *t, hsize_t first, hsize_t rows, char *values, uint64_t *lengths) {
  size_t size = H5Tget_size(t->type);
  H5T_str_t padding = H5Tget_strpad(t->type);
  read_rows(t, first, rows, t->type, values);
  size_t total = 0;
  for (hsize_t i = 0; i < rows; i++) {
    const char *text = values + i * size;
    size_t length = padding == H5T_STR_NULLTERM ? strnlen(text, size) : size;
    char pad = padding == H5T_STR_SPACEPAD ? ' ' : 0;
    while (length > 0 && padding != H5T_STR_NULLTERM && text[length - 1] == pad) length--;
    memmove(values + total, text, length);
    lengths[i] = length;
    total += length;
  }
  send_frame(SEMID_H5_LENGTHS, 0, lengths, rows * sizeof *lengths);
  send_frame(SEMID_H5_DATA, 0, values, total);
}

static void send_variable(const table *t, hsize_t first, hsize_t rows, hid_t type, char **values, uint64_t *lengths) {
  memset(values, 0, rows * sizeof *values);
  read_rows(t, first, rows, type, values);
  uint64_t total = 0;
  for (hsize_t i = 0; i < rows; i++) {
    lengths[i] = values[i] ? strlen(values[i]) : 0;
    total += lengths[i];
  }
  send_frame(SEMID_H5_LENGTHS, 0, lengths, rows * sizeof *lengths);
  char *packed = allocate(total);
  for (hsize_t i = 0, next = 0; i < rows; i++) {
    memcpy(packed + next, values[i] ? values[i] : "", lengths[i]);
    next += lengths[i];
    H5free_memory(values[i]);
  }
  send_frame(SEMID_H5_DATA, 0, packed, total);
  free(packed);
}

void send_strings(hid_t dataset) {
  table t = begin_table(dataset);
  if (H5Tget_class(t.type) != H5T_STRING) fail(SEMID_H5_UNSUPPORTED, "values that are no strings");
  if (t.columns != 1 && t.rows != 0) fail(SEMID_H5_UNSUPPORTED, "%llu columns", (unsigned long long)t.columns);
  if (t.rows == 0) return;
  int variable = H5Tis_variable_str(t.type) > 0;
  hid_t memory_type = H5Tcopy(H5T_C_S1);
  H5Tset_size(memory_type, H5T_VARIABLE);
  H5Tset_cset(memory_type, H5Tget_cset(t.type));
  // A string of a hundred bytes costs its piece as much as its pointer, so pieces of strings are smaller.
  size_t bytes = variable ? 256 : H5Tget_size(t.type);
  hsize_t step = piece_rows(&t, bytes);
  void *values = allocate(step * (variable ? sizeof(char *) : bytes));
  uint64_t *lengths = allocate(step * sizeof *lengths);
  for (hsize_t first = 0; first < t.rows; first += step) {
    hsize_t rows = t.rows - first < step ? t.rows - first : step;
    if (variable) send_variable(&t, first, rows, memory_type, values, lengths);
    else send_fixed(&t, first, rows, values, lengths);
  }
}

// The names and values of datasets of a group that are not sent yet.
typedef struct {
  hsize_t rows, columns, pending, capacity;
  float *values;
  uint64_t *lengths;
  char *names;
  size_t name_bytes, name_capacity;
} named_rows;

static void flush(named_rows *all) {
  if (all->pending == 0) return;
  send_frame(SEMID_H5_LENGTHS, 0, all->lengths, all->pending * sizeof *all->lengths);
  send_frame(SEMID_H5_DATA, 0, all->names, all->name_bytes);
  send_frame(SEMID_H5_DATA, 0, all->values, all->pending * all->columns * sizeof *all->values);
  all->pending = 0;
  all->name_bytes = 0;
}

static void begin_rows(named_rows *all, hid_t group, hsize_t columns) {
  H5G_info_t information;
  if (H5Gget_info(group, &information) < 0) fail_library("its members cannot be counted");
  all->rows = information.nlinks;
  all->columns = columns;
  all->capacity = PIECE_BYTES / (columns * sizeof(float) + 64) + 1;
  all->values = allocate(all->capacity * columns * sizeof *all->values);
  all->lengths = allocate(all->capacity * sizeof *all->lengths);
  send_shape(all->rows, columns);
}

static void keep_name(named_rows *all, const char *name) {
  size_t length = strlen(name);
  if (length > all->name_capacity - all->name_bytes) {
    all->name_capacity = 2 * all->name_capacity + length + 4096;
    all->names = realloc(all->names, all->name_capacity);
    if (!all->names) fail(SEMID_H5_MALFORMED, "needs more memory than there is");
  }
  memcpy(all->names + all->name_bytes, name, length);
  all->name_bytes += length;
  all->lengths[all->pending] = length;
}

static herr_t visit_row(hid_t group, const char *name, const H5L_info_t *link, void *context) {
  (void)link;
  named_rows *all = context;
  hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
  if (dataset < 0) fail_library(name);
  table t = open_table(dataset);
  check_numbers(&t);
  if (t.rank == 2 && t.rows != 1)
    fail(SEMID_H5_UNSUPPORTED, "%s: %llu × %llu numbers, not one vector", name, (unsigned long long)t.rows,
         (unsigned long long)t.columns);
  hsize_t count = t.rows * t.columns;
  if (count == 0 || count > PIECE_BYTES / sizeof(float))
    fail(SEMID_H5_UNSUPPORTED, "%s: %llu numbers in one vector", name, (unsigned long long)count);
  if (all->columns == 0) begin_rows(all, group, count);
  if (count != all->columns)
    fail(SEMID_H5_MALFORMED, "%s: %llu numbers, where those before it have %llu", name, (unsigned long long)count,
         (unsigned long long)all->columns);
  if (all->pending == all->capacity) flush(all);
  read_rows(&t, 0, t.rows, H5T_NATIVE_FLOAT, all->values + all->pending * all->columns);
  keep_name(all, name);
  all->pending++;
  H5Tclose(t.type);
  H5Sclose(t.space);
  H5Dclose(dataset);
  return 0;
}

void send_named_rows(hid_t group) {
  named_rows all = {0};
  if (H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_row, &all) < 0)
    fail_library("its members cannot be read");
  if (all.columns == 0) fail(SEMID_H5_MALFORMED, "no datasets");
  flush(&all);
}
#endif
