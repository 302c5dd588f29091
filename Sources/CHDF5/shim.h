#pragma once
#include <hdf5.h>
#include <stdio.h>

// HDF5's types and property lists are macros that call into the library; Swift sees functions only.

static inline hid_t semid_h5_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t semid_h5_native_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t semid_h5_native_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t semid_h5_file_float(void) { return H5T_IEEE_F32LE; }
static inline hid_t semid_h5_file_int32(void) { return H5T_STD_I32LE; }
static inline hid_t semid_h5_file_int64(void) { return H5T_STD_I64LE; }

static inline hid_t semid_h5_native_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t semid_h5_file_double(void) { return H5T_IEEE_F64LE; }

// What h5py takes for numpy's truth values.
static inline hid_t semid_h5_truth(void) {
  hid_t type = H5Tenum_create(H5T_STD_I8LE);
  signed char value = 0;
  H5Tenum_insert(type, "FALSE", &value);
  value = 1;
  H5Tenum_insert(type, "TRUE", &value);
  return type;
}

// Text as UTF-8: of one size, or of any with `H5T_VARIABLE` bytes.
static inline hid_t semid_h5_text(size_t bytes) {
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, bytes);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}
static inline size_t semid_h5_variable(void) { return H5T_VARIABLE; }

static inline hid_t semid_h5_default(void) { return H5P_DEFAULT; }
// For a file that nobody else knows of yet. Not locked: a process that another thread forks would hold the lock on, and
// keep readers out when the file is done.
static inline hid_t semid_h5_file_access(void) {
  hid_t properties = H5Pcreate(H5P_FILE_ACCESS);
#if H5_VERSION_GE(1, 12, 1) || (H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 12, 0))
  H5Pset_file_locking(properties, 0, 1);
#endif
  return properties;
}
static inline hid_t semid_h5_dataset_creation(void) { return H5Pcreate(H5P_DATASET_CREATE); }

static inline hid_t semid_h5_create(const char *path, hid_t access) {
  return H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
}

// Links that make the groups of their path.
static inline hid_t semid_h5_link_creation(void) {
  hid_t properties = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(properties, 1);
  return properties;
}

// Keeps the library from printing errors; they are asked for.
static inline void semid_h5_silence(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

typedef struct {
  char text[512];
} semid_h5_message;

static inline herr_t semid_h5_keep_first(unsigned depth, const H5E_error2_t *error, void *message) {
  if (depth == 0 && error->desc) snprintf(((semid_h5_message *)message)->text, 512, "%s", error->desc);
  return 0;
}

// The innermost message of the last failure.
static inline void semid_h5_last_error(char *text, size_t bytes) {
  semid_h5_message message = {"no reason given"};
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, semid_h5_keep_first, &message);
  snprintf(text, bytes, "%s", message.text);
}
