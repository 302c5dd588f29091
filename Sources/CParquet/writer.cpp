#ifdef SEMID_PARQUET
#include <arrow/array.h>
#include <arrow/io/file.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <memory>
#include <utility>
#include <vector>

#include "guard.h"

using semid::Fault;
using semid::check;
using semid::guarded;

struct semid_parquet_writer {
  std::vector<semid_parquet_field> fields;
  std::shared_ptr<arrow::Schema> schema;
  std::shared_ptr<arrow::io::FileOutputStream> output;
  std::unique_ptr<parquet::arrow::FileWriter> writer;
};

namespace {

std::shared_ptr<arrow::DataType> type_of(const semid_parquet_field &field) {
  auto element = arrow::field("element", arrow::float32(), /*nullable=*/false);
  switch (field.kind) {
    case SEMID_PARQUET_WRITE_STRING: return arrow::utf8();
    case SEMID_PARQUET_WRITE_INT32: return arrow::int32();
    case SEMID_PARQUET_WRITE_INT64: return arrow::int64();
    case SEMID_PARQUET_WRITE_FLOAT: return arrow::float32();
    case SEMID_PARQUET_WRITE_DOUBLE: return arrow::float64();
    case SEMID_PARQUET_WRITE_LIST: return arrow::list(element);
    case SEMID_PARQUET_WRITE_FIXED_LIST: return arrow::fixed_size_list(element, field.width);
    case SEMID_PARQUET_WRITE_INT_LIST: return arrow::list(arrow::field("element", arrow::int32(), false));
    case SEMID_PARQUET_WRITE_STRING_LIST: return arrow::list(arrow::field("element", arrow::utf8(), false));
    default: throw Fault{SEMID_PARQUET_UNSUPPORTED, -1, "", "a field of no known kind"};
  }
}

// The field at `next`, with the fields that belong to it; moves `next` behind them.
std::shared_ptr<arrow::Field> field_at(const std::vector<semid_parquet_field> &fields, size_t &next) {
  if (next >= fields.size()) throw Fault{SEMID_PARQUET_UNSUPPORTED, -1, "a field", "none"};
  const auto &field = fields[next++];
  if (field.kind != SEMID_PARQUET_WRITE_STRUCT) return arrow::field(field.name, type_of(field), field.optional != 0);
  arrow::FieldVector children;
  for (int32_t child = 0; child < field.children; child++) children.push_back(field_at(fields, next));
  return arrow::field(field.name, arrow::struct_(children), false);
}

// The caller's memory, not copied.
std::shared_ptr<arrow::Buffer> borrow(const void *bytes, int64_t count) {
  return std::make_shared<arrow::Buffer>(static_cast<const uint8_t *>(bytes), count);
}

// `rows` + 1 offsets as Arrow's 32-bit ones; a row group of more is the caller's to cut.
template <typename Offset>
std::shared_ptr<arrow::Buffer> offsets_of(int64_t rows, Offset &&offset) {
  std::shared_ptr<arrow::Buffer> buffer = check(arrow::AllocateBuffer((rows + 1) * 4));
  auto *target = reinterpret_cast<int32_t *>(buffer->mutable_data());
  for (int64_t i = 0; i <= rows; i++) {
    uint64_t value = offset(i);
    if (value > INT32_MAX)
      throw Fault{SEMID_PARQUET_UNSUPPORTED, -1, "under 2 GiB of values in a row group", "more"};
    target[i] = static_cast<int32_t>(value);
  }
  return buffer;
}

// Arrow's bits of which rows have a value, and how many have none.
std::pair<std::shared_ptr<arrow::Buffer>, int64_t> validity_of(int64_t rows, const uint8_t *present) {
  if (present == nullptr) return {nullptr, 0};
  std::shared_ptr<arrow::Buffer> bits = check(arrow::AllocateEmptyBitmap(rows));
  int64_t missing = 0;
  for (int64_t i = 0; i < rows; i++) {
    if (present[i]) bits->mutable_data()[i / 8] |= static_cast<uint8_t>(1 << (i % 8));
    else missing++;
  }
  return {bits, missing};
}

std::shared_ptr<arrow::ArrayData> strings_of(int64_t count, const uint64_t *offsets, const void *bytes) {
  uint64_t first = offsets[0];
  auto places = offsets_of(count, [&](int64_t i) { return offsets[i] - first; });
  auto text = borrow(static_cast<const uint8_t *>(bytes) + first, static_cast<int64_t>(offsets[count] - first));
  return arrow::ArrayData::Make(arrow::utf8(), count, {nullptr, places, text}, 0);
}

std::shared_ptr<arrow::Array> array_of(
    const semid_parquet_field &field, const std::shared_ptr<arrow::DataType> &type, int64_t rows,
    const semid_parquet_values &source) {
  using Data = arrow::ArrayData;
  auto floats = [&] {
    int64_t count = rows * field.width;
    return Data::Make(arrow::float32(), count, {nullptr, borrow(source.values, count * 4)}, 0);
  };
  switch (field.kind) {
    case SEMID_PARQUET_WRITE_STRING: return arrow::MakeArray(strings_of(rows, source.offsets, source.values));
    case SEMID_PARQUET_WRITE_STRING_LIST: {
      int64_t first = source.starts[0];
      auto offsets = offsets_of(rows, [&](int64_t i) { return static_cast<uint64_t>(source.starts[i] - first); });
      auto strings = strings_of(source.starts[rows] - first, source.offsets + first, source.values);
      return arrow::MakeArray(Data::Make(type, rows, {nullptr, offsets}, {strings}, 0));
    }
    case SEMID_PARQUET_WRITE_INT_LIST: {
      int64_t count = rows * field.width;
      auto offsets = offsets_of(rows, [&](int64_t i) { return static_cast<uint64_t>(i * field.width); });
      auto integers = Data::Make(arrow::int32(), count, {nullptr, borrow(source.values, count * 4)}, 0);
      return arrow::MakeArray(Data::Make(type, rows, {nullptr, offsets}, {integers}, 0));
    }
    case SEMID_PARQUET_WRITE_LIST: {
      auto offsets = offsets_of(rows, [&](int64_t i) { return static_cast<uint64_t>(i * field.width); });
      return arrow::MakeArray(Data::Make(type, rows, {nullptr, offsets}, {floats()}, 0));
    }
    case SEMID_PARQUET_WRITE_FIXED_LIST:
      return arrow::MakeArray(Data::Make(type, rows, {nullptr}, {floats()}, 0));
    default: {
      int64_t width = static_cast<const arrow::FixedWidthType &>(*type).bit_width() / 8;
      auto [validity, missing] = validity_of(rows, field.optional ? source.present : nullptr);
      return arrow::MakeArray(Data::Make(type, rows, {validity, borrow(source.values, rows * width)}, missing));
    }
  }
}

// The values of the field at `next`, with those of the fields that belong to it; moves `next` behind them.
std::shared_ptr<arrow::Array> array_at(
    const std::vector<semid_parquet_field> &fields, const std::shared_ptr<arrow::DataType> &type, int64_t rows,
    const semid_parquet_values *values, size_t &next) {
  size_t own = next++;
  if (fields[own].kind != SEMID_PARQUET_WRITE_STRUCT) return array_of(fields[own], type, rows, values[own]);
  arrow::ArrayVector children;
  for (int child = 0; child < type->num_fields(); child++)
    children.push_back(array_at(fields, type->field(child)->type(), rows, values, next));
  return std::make_shared<arrow::StructArray>(type, rows, children);
}

// Where the leaves lie that hold no two equal values: vectors, and distances within a struct.
void vector_paths(
    const std::vector<semid_parquet_field> &fields, size_t &next, const std::string &prefix,
    std::vector<std::string> &paths) {
  const auto &field = fields[next++];
  std::string path = prefix + field.name;
  if (field.kind == SEMID_PARQUET_WRITE_STRUCT)
    for (int32_t child = 0; child < field.children; child++) vector_paths(fields, next, path + ".", paths);
  else if (field.kind == SEMID_PARQUET_WRITE_LIST || field.kind == SEMID_PARQUET_WRITE_FIXED_LIST)
    paths.push_back(path + ".list.element");
}

std::shared_ptr<parquet::WriterProperties> properties_of(
    const std::vector<semid_parquet_field> &fields, int compression, int level) {
  parquet::WriterProperties::Builder builder;
  builder.enable_page_checksum();
  // One call, one row group.
  builder.max_row_group_length(INT64_MAX);
  switch (compression) {
    case SEMID_PARQUET_SNAPPY: builder.compression(parquet::Compression::SNAPPY); break;
    case SEMID_PARQUET_ZSTD:
      builder.compression(parquet::Compression::ZSTD);
      builder.compression_level(level);
      break;
    default: builder.compression(parquet::Compression::UNCOMPRESSED);
  }
  std::vector<std::string> paths;
  for (size_t next = 0; next < fields.size();) vector_paths(fields, next, "", paths);
  for (const auto &path : paths) {
    // No two components of embeddings are alike: a dictionary, and the least and the greatest of a page, are waste.
    builder.disable_dictionary(path);
    builder.disable_statistics(path);
  }
  return builder.build();
}

}  // namespace

int semid_parquet_create(
    const char *path, const semid_parquet_field *fields, int count, int compression, int level,
    semid_parquet_writer **writer, semid_parquet_fault *fault) {
  return guarded(fault, [&] {
    auto made = std::make_unique<semid_parquet_writer>();
    made->fields.assign(fields, fields + count);
    arrow::FieldVector columns;
    for (size_t next = 0; next < made->fields.size();) columns.push_back(field_at(made->fields, next));
    made->schema = arrow::schema(columns);
    made->output = check(arrow::io::FileOutputStream::Open(path));
    // The Arrow schema is stored so that fixed_size_list comes back as what it is.
    auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
    made->writer = check(parquet::arrow::FileWriter::Open(
        *made->schema, arrow::default_memory_pool(), made->output, properties_of(made->fields, compression, level),
        arrow_properties));
    // Names were the caller's.
    for (auto &field : made->fields) field.name = nullptr;
    *writer = made.release();
  });
}

int semid_parquet_write(
    semid_parquet_writer *writer, int64_t rows, const semid_parquet_values *values, semid_parquet_fault *fault) {
  return guarded(fault, [&] {
    arrow::ArrayVector arrays;
    size_t next = 0;
    for (const auto &column : writer->schema->fields())
      arrays.push_back(array_at(writer->fields, column->type(), rows, values, next));
    auto table = arrow::Table::Make(writer->schema, arrays, rows);
    check(writer->writer->WriteTable(*table, rows > 0 ? rows : 1));
  });
}

int semid_parquet_finish(semid_parquet_writer *writer, semid_parquet_fault *fault) {
  return guarded(fault, [&] {
    check(writer->writer->Close());
    check(writer->output->Close());
  });
}

void semid_parquet_release(semid_parquet_writer *writer) {
  semid_parquet_fault ignored;
  guarded(&ignored, [&] { delete writer; });
}
#endif
