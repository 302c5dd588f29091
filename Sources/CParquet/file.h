#pragma once
#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/io/file.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <memory>
#include <string>
#include <vector>

#include "guard.h"

// An open file: its metadata, parsed once, shared by the readers that each call makes for itself.
struct semid_parquet_file {
  struct Column {
    std::string name, type;
    int kind;
    int leaf;
    int64_t fixed_width;  // values in a row, or bytes of a BYTES column; -1 where rows may differ
    int depth;            // structs that it lies in
  };

  explicit semid_parquet_file(int64_t memory_limit) : pool(memory_limit) {}

  semid::LimitedPool pool;
  std::shared_ptr<arrow::io::RandomAccessFile> input;
  std::shared_ptr<parquet::FileMetaData> metadata;
  std::vector<Column> columns;
  std::vector<int64_t> group_rows, group_starts;

  std::unique_ptr<parquet::arrow::FileReader> reader(int64_t batch_rows);

  // The only column of a batch: out of the structs that it lies in, and what is stored where its type is an extension.
  std::shared_ptr<arrow::Array> values(const arrow::RecordBatch &batch, int depth) {
    auto array = batch.column(0);
    for (; depth > 0; depth--) {
      if (array->type_id() != arrow::Type::STRUCT || array->num_fields() != 1)
        throw semid::Fault{SEMID_PARQUET_MALFORMED, -1, "a struct", "values of type " + array->type()->ToString()};
      // A null struct has null fields.
      array = semid::check(static_cast<const arrow::StructArray &>(*array).GetFlattenedField(0, &pool));
    }
    if (array->type_id() == arrow::Type::EXTENSION) array = static_cast<const arrow::ExtensionArray &>(*array).storage();
    return array;
  }

  // Calls `body(array, first row)` for each run of rows of a column in a row group, and checks that all rows came.
  template <typename Body>
  void for_each_batch(int column, int group, int64_t batch_rows, Body &&body) {
    auto file_reader = reader(batch_rows);
    auto batches = semid::check(file_reader->GetRecordBatchReader({group}, {columns[column].leaf}));
    int64_t first = group_starts[group];
    const int64_t end = first + group_rows[group];
    while (auto batch = semid::check(batches->Next())) {
      if (batch->num_columns() != 1 || batch->num_rows() > end - first)
        throw semid::Fault{SEMID_PARQUET_MALFORMED, first, "", "more rows than its row group has"};
      body(*values(*batch, columns[column].depth), first);
      first += batch->num_rows();
    }
    if (first != end)
      throw semid::Fault{
          SEMID_PARQUET_MALFORMED, first, std::to_string(group_rows[group]) + " rows in its row group",
          std::to_string(first - group_starts[group])};
  }
};
