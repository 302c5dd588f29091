#ifndef SEMID_PARQUET
#include <cstdio>

#include "cparquet.h"

// A build without Arrow C++ (the trait Parquet is off): every function that can fail does. ParquetFile and ParquetWriter
// say so before they come here.

namespace {

int refuse(semid_parquet_fault *fault) {
  fault->row = -1;
  fault->expected[0] = 0;
  std::snprintf(fault->found, sizeof fault->found, "a build without Parquet");
  return SEMID_PARQUET_UNSUPPORTED;
}

}  // namespace

int semid_parquet_open(const char *, int64_t, semid_parquet_file **, semid_parquet_fault *fault) { return refuse(fault); }
void semid_parquet_close(semid_parquet_file *) {}
int64_t semid_parquet_rows(const semid_parquet_file *) { return 0; }
int semid_parquet_groups(const semid_parquet_file *) { return 0; }
int64_t semid_parquet_group_rows(const semid_parquet_file *, int) { return 0; }
int semid_parquet_columns(const semid_parquet_file *) { return 0; }
semid_parquet_column semid_parquet_column_at(const semid_parquet_file *, int) { return {"", "", SEMID_PARQUET_OTHER}; }
int semid_parquet_width(semid_parquet_file *, int, int64_t *, semid_parquet_fault *fault) { return refuse(fault); }
int semid_parquet_read_vectors(semid_parquet_file *, int, int, int64_t, float *, semid_parquet_fault *fault) {
  return refuse(fault);
}
int semid_parquet_read_numbers(semid_parquet_file *, int, int, int64_t, float *, semid_parquet_fault *fault) {
  return refuse(fault);
}
int semid_parquet_read_integers(semid_parquet_file *, int, int, int64_t, int64_t *, semid_parquet_fault *fault) {
  return refuse(fault);
}
int semid_parquet_read_floats(semid_parquet_file *, int, int, double *, semid_parquet_fault *fault) {
  return refuse(fault);
}
int semid_parquet_read_strings(
    semid_parquet_file *, int, int, int, semid_parquet_sink, void *, semid_parquet_fault *fault) {
  return refuse(fault);
}
int semid_parquet_read_optional_integers(
    semid_parquet_file *, int, int, int64_t *, uint8_t *, semid_parquet_fault *fault) {
  return refuse(fault);
}
int semid_parquet_read_optional_floats(
    semid_parquet_file *, int, int, double *, uint8_t *, semid_parquet_fault *fault) {
  return refuse(fault);
}
int semid_parquet_read_optional_strings(
    semid_parquet_file *, int, int, semid_parquet_sink, void *, semid_parquet_fault *fault) {
  return refuse(fault);
}
int semid_parquet_read_lists(
    semid_parquet_file *, int, int, semid_parquet_list_sink, void *, semid_parquet_fault *fault) {
  return refuse(fault);
}
int semid_parquet_create(
    const char *, const semid_parquet_field *, int, int, int, semid_parquet_writer **, semid_parquet_fault *fault) {
  return refuse(fault);
}
int semid_parquet_write(semid_parquet_writer *, int64_t, const semid_parquet_values *, semid_parquet_fault *fault) {
  return refuse(fault);
}
int semid_parquet_finish(semid_parquet_writer *, semid_parquet_fault *fault) { return refuse(fault); }
void semid_parquet_release(semid_parquet_writer *) {}
#endif
