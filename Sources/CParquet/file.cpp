#ifdef SEMID_PARQUET
#include "file.h"
#include "scalars.h"

using semid::Fault;
using semid::check;
using semid::guarded;

namespace {

int scalar_kind(const arrow::DataType &type) {
  switch (type.id()) {
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
    // What pandas and pyarrow write where every value is missing.
    case arrow::Type::NA: return SEMID_PARQUET_STRING;
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::UINT8:
    case arrow::Type::UINT16:
    case arrow::Type::UINT32:
    case arrow::Type::UINT64: return SEMID_PARQUET_INTEGER;
    case arrow::Type::HALF_FLOAT:
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE: return SEMID_PARQUET_FLOAT;
    case arrow::Type::DECIMAL128: return semid::is_whole(type) ? SEMID_PARQUET_INTEGER : SEMID_PARQUET_FLOAT;
    case arrow::Type::BOOL: return SEMID_PARQUET_BOOLEAN;
    case arrow::Type::DATE32:
    case arrow::Type::DATE64:
    case arrow::Type::TIMESTAMP: return SEMID_PARQUET_TIME;
    case arrow::Type::DICTIONARY:
      return scalar_kind(*static_cast<const arrow::DictionaryType &>(type).value_type());
    default: return SEMID_PARQUET_OTHER;
  }
}

bool is_number(const arrow::DataType &type) {
  return arrow::is_integer(type.id()) || arrow::is_floating(type.id());
}

int kind_of(const arrow::DataType &type) {
  switch (type.id()) {
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::FIXED_SIZE_LIST: {
      const auto &value = *static_cast<const arrow::BaseListType &>(type).value_type();
      if (is_number(value)) return SEMID_PARQUET_VECTOR;
      switch (scalar_kind(value)) {
        case SEMID_PARQUET_STRING:
        case SEMID_PARQUET_INTEGER:
        case SEMID_PARQUET_FLOAT:
        case SEMID_PARQUET_BOOLEAN: return SEMID_PARQUET_LIST;
        default: return SEMID_PARQUET_OTHER;
      }
    }
    case arrow::Type::FIXED_SIZE_BINARY: return SEMID_PARQUET_BYTES;
    case arrow::Type::EXTENSION: return kind_of(*static_cast<const arrow::ExtensionType &>(type).storage_type());
    default: return scalar_kind(type);
  }
}

int64_t width_of(const arrow::DataType &type) {
  switch (type.id()) {
    case arrow::Type::FIXED_SIZE_LIST: return static_cast<const arrow::FixedSizeListType &>(type).list_size();
    case arrow::Type::FIXED_SIZE_BINARY: return static_cast<const arrow::FixedSizeBinaryType &>(type).byte_width();
    case arrow::Type::EXTENSION: return width_of(*static_cast<const arrow::ExtensionType &>(type).storage_type());
    default: return -1;
  }
}

// Structs in structs, at most.
constexpr int kDeepest = 16;

void describe(
    semid_parquet_file &file, const parquet::arrow::SchemaField &field, const std::string &prefix, int depth) {
  const auto &type = *field.field->type();
  std::string name = prefix + field.field->name();
  if (type.id() == arrow::Type::STRUCT && !field.children.empty() && depth < kDeepest) {
    for (const auto &child : field.children) describe(file, child, name + ".", depth + 1);
    return;
  }
  const auto *leaf = &field;
  while (!leaf->is_leaf() && !leaf->children.empty()) leaf = &leaf->children[0];
  file.columns.push_back({
      .name = name,
      .type = type.ToString(),
      .kind = leaf->is_leaf() ? kind_of(type) : SEMID_PARQUET_OTHER,
      .leaf = leaf->column_index,
      .fixed_width = width_of(type),
      .depth = depth,
  });
}

void describe(semid_parquet_file &file, const parquet::arrow::SchemaManifest &manifest) {
  for (const auto &field : manifest.schema_fields) describe(file, field, "", 0);
}

void count_rows(semid_parquet_file &file) {
  int64_t rows = 0;
  for (int group = 0; group < file.metadata->num_row_groups(); group++) {
    int64_t count = file.metadata->RowGroup(group)->num_rows();
    if (count < 0 || count > INT64_MAX / 16 - rows)
      throw Fault{SEMID_PARQUET_MALFORMED, -1, "", std::to_string(count) + " rows in row group " + std::to_string(group)};
    file.group_starts.push_back(rows);
    file.group_rows.push_back(count);
    rows += count;
  }
  if (rows != file.metadata->num_rows())
    throw Fault{SEMID_PARQUET_MALFORMED, -1, std::to_string(file.metadata->num_rows()) + " rows in its row groups",
                std::to_string(rows)};
}

}  // namespace

std::unique_ptr<parquet::arrow::FileReader> semid_parquet_file::reader(int64_t batch_rows) {
  parquet::ReaderProperties properties(&pool);
  // Pages as they come, not whole column chunks.
  properties.enable_buffered_stream();
  properties.set_buffer_size(1 << 20);
  properties.set_page_checksum_verification(true);
  parquet::ArrowReaderProperties arrow_properties(/*use_threads=*/false);
  arrow_properties.set_pre_buffer(false);
  // What Spark and Impala write: nanoseconds since 1970 would leave out all but 1677 to 2262.
  arrow_properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
  arrow_properties.set_batch_size(batch_rows);
  parquet::arrow::FileReaderBuilder builder;
  check(builder.Open(input, properties, metadata));
  builder.memory_pool(&pool)->properties(arrow_properties);
  return check(builder.Build());
}

int semid_parquet_open(
    const char *path, int64_t memory_limit, semid_parquet_file **file, semid_parquet_fault *fault) {
  return guarded(fault, [&] {
    auto opened = std::make_unique<semid_parquet_file>(memory_limit);
    auto input = arrow::io::ReadableFile::Open(path, &opened->pool);
    if (!input.ok()) throw Fault{SEMID_PARQUET_IO, -1, "", input.status().message()};
    opened->input = *input;
    auto reader = opened->reader(1024);
    opened->metadata = reader->parquet_reader()->metadata();
    describe(*opened, reader->manifest());
    count_rows(*opened);
    *file = opened.release();
  });
}

void semid_parquet_close(semid_parquet_file *file) { delete file; }

int64_t semid_parquet_rows(const semid_parquet_file *file) { return file->metadata->num_rows(); }
int semid_parquet_groups(const semid_parquet_file *file) { return static_cast<int>(file->group_rows.size()); }
int64_t semid_parquet_group_rows(const semid_parquet_file *file, int group) { return file->group_rows[group]; }
int semid_parquet_columns(const semid_parquet_file *file) { return static_cast<int>(file->columns.size()); }

semid_parquet_column semid_parquet_column_at(const semid_parquet_file *file, int column) {
  const auto &found = file->columns[column];
  return {found.name.c_str(), found.type.c_str(), found.kind};
}
#endif
