#ifdef SEMID_HDF5
#include "child.h"

#include <string.h>

// Groups inside groups; libhdf5 recurses over them on its stack.
enum { MAX_DEPTH = 64 };
// Datasets or attributes that one file may list, and the longest text of an attribute.
enum { MAX_LISTED = 1 << 20, MAX_TEXT = 1 << 16 };

static uint32_t element_of(hid_t type) {
  switch (H5Tget_class(type)) {
    case H5T_FLOAT: return SEMID_H5_FLOAT;
    case H5T_INTEGER: return SEMID_H5_INTEGER;
    case H5T_STRING: return SEMID_H5_STRING;
    default: return SEMID_H5_OTHER;
  }
}

// Where this machine's own floats lie in one run in the file itself.
static int64_t float_offset(hid_t dataset, hid_t type) {
  hid_t properties = H5Dget_create_plist(dataset);
  if (properties < 0) fail_library("a dataset's properties cannot be read");
  int64_t offset = -1;
  if (H5Tequal(type, H5T_NATIVE_FLOAT) > 0 && H5Pget_layout(properties) == H5D_CONTIGUOUS &&
      H5Pget_external_count(properties) == 0 && H5Pget_nfilters(properties) == 0) {
    haddr_t address = H5Dget_offset(dataset);
    if (address != HADDR_UNDEF && address <= INT64_MAX) offset = (int64_t)address;
  }
  H5Pclose(properties);
  return offset;
}

static void send_dataset(hid_t dataset, const char *name) {
  hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
  if (type < 0 || space < 0) fail_library(name);
  semid_h5_dataset found = {.element = element_of(type), .element_bytes = H5Tget_size(type), .float_offset = -1};
  hsize_t shape[H5S_MAX_RANK] = {0};
  int rank = H5Sget_simple_extent_type(space) == H5S_NULL ? 0 : H5Sget_simple_extent_dims(space, shape, NULL);
  if (rank < 0 || rank > SEMID_H5_MAX_RANK) fail_library(name);
  found.rank = (uint32_t)rank;
  for (int i = 0; i < rank; i++) found.shape[i] = shape[i];
  if (H5Sget_simple_extent_type(space) == H5S_NULL) found.element = SEMID_H5_OTHER;
  if (found.element == SEMID_H5_FLOAT) found.float_offset = float_offset(dataset, type);
  size_t length = strlen(name);
  send_header(SEMID_H5_DATASET, 0, sizeof found + length);
  send_bytes(&found, sizeof found);
  send_bytes(name, length);
  H5Tclose(type);
  H5Sclose(space);
}

static herr_t visit(hid_t root, const char *name, const H5O_info_t *object, void *count) {
  int depth = 0;
  for (const char *c = name; *c; c++) depth += *c == '/';
  if (depth >= MAX_DEPTH) fail(SEMID_H5_MALFORMED, "groups nested more than %d deep", MAX_DEPTH);
  if (object->type != H5O_TYPE_DATASET) return 0;
  if (++*(int *)count > MAX_LISTED) fail(SEMID_H5_MALFORMED, "more than %d datasets", MAX_LISTED);
  begin_step();
  hid_t dataset = H5Dopen2(root, name, H5P_DEFAULT);
  if (dataset < 0) fail_library(name);
  send_dataset(dataset, name);
  H5Dclose(dataset);
  return 0;
}

static void send_text_attribute(hid_t attribute, hid_t type, const char *name, semid_h5_attribute found) {
  char *text = NULL;
  size_t length = 0;
  hid_t memory = H5Tcopy(H5T_C_S1);
  H5Tset_cset(memory, H5Tget_cset(type));
  if (H5Tis_variable_str(type) > 0) {
    H5Tset_size(memory, H5T_VARIABLE);
    if (H5Aread(attribute, memory, &text) < 0) fail_library(name);
    length = text ? strlen(text) : 0;
  } else {
    size_t size = H5Tget_size(type);
    if (size > MAX_TEXT) return;
    // One more than the stored size, so that libhdf5 adds the end whatever padding the file uses.
    H5Tset_size(memory, size + 1);
    text = allocate(size + 1);
    if (H5Aread(attribute, memory, text) < 0) fail_library(name);
    length = strnlen(text, size);
  }
  if (length <= MAX_TEXT) {
    send_header(SEMID_H5_ATTRIBUTE, 0, sizeof found + found.name_bytes + length);
    send_bytes(&found, sizeof found);
    send_bytes(name, found.name_bytes);
    send_bytes(text, length);
  }
  H5Tclose(memory);
}

// Single values: text, integers, floats. Others are left out.
static herr_t visit_attribute(hid_t root, const char *name, const H5A_info_t *information, void *count) {
  (void)information;
  if (++*(int *)count > MAX_LISTED) fail(SEMID_H5_MALFORMED, "more than %d attributes", MAX_LISTED);
  hid_t attribute = H5Aopen(root, name, H5P_DEFAULT);
  if (attribute < 0) fail_library(name);
  hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
  if (type < 0 || space < 0) fail_library(name);
  semid_h5_attribute found = {.element = element_of(type), .name_bytes = (uint32_t)strlen(name)};
  if (H5Sget_simple_extent_type(space) != H5S_NULL && H5Sget_simple_extent_npoints(space) == 1 &&
      found.name_bytes <= MAX_TEXT) {
    if (found.element == SEMID_H5_STRING) {
      send_text_attribute(attribute, type, name, found);
    } else if (found.element == SEMID_H5_INTEGER || found.element == SEMID_H5_FLOAT) {
      herr_t status = found.element == SEMID_H5_FLOAT ? H5Aread(attribute, H5T_NATIVE_DOUBLE, &found.number)
                                                      : H5Aread(attribute, H5T_NATIVE_INT64, &found.integer);
      if (status < 0) fail_library(name);
      send_header(SEMID_H5_ATTRIBUTE, 0, sizeof found + found.name_bytes);
      send_bytes(&found, sizeof found);
      send_bytes(name, found.name_bytes);
    }
  }
  H5Tclose(type);
  H5Sclose(space);
  H5Aclose(attribute);
  return 0;
}

void send_contents(hid_t file) {
  int count = 0;
#if H5_VERSION_GE(1, 12, 0)
  herr_t status = H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, visit, &count, H5O_INFO_BASIC);
#else
  herr_t status = H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, visit, &count);
#endif
  if (status < 0) fail_library("its groups cannot be read");
  begin_step();
  hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
  if (root < 0) fail_library("its root group cannot be read");
  hsize_t position = 0;
  count = 0;
  if (H5Aiterate2(root, H5_INDEX_NAME, H5_ITER_INC, &position, visit_attribute, &count) < 0)
    fail_library("its attributes cannot be read");
}
#endif
