#ifdef SEMID_PARQUET
#include "file.h"
#include "scalars.h"

using semid::Fault;
using semid::guarded;
using semid::number;
using semid::visit_floats;
using semid::visit_integers;
using semid::visit_strings;

namespace {

// Rows of scalars that Arrow decodes at a time, and values of vectors.
constexpr int64_t kBatchRows = 1 << 16, kBatchValues = 1 << 20;
// Text that a sink takes at a time.
constexpr size_t kBatchBytes = 4 << 20;

[[noreturn]] void fail_null(int64_t row, const char *expected) {
  throw Fault{SEMID_PARQUET_MALFORMED, row, expected, "null"};
}

void require_no_nulls(const arrow::Array &array, int64_t first, const char *expected) {
  if (array.null_count() == 0) return;
  for (int64_t i = 0; i < array.length(); i++)
    if (array.IsNull(i)) fail_null(first + i, expected);
}

// The values of a column and, for row i, which of them is its: dictionaries are looked up.
struct Scalars {
  const arrow::Array &array;
  const arrow::DictionaryArray *dictionary = nullptr;
  std::shared_ptr<arrow::Array> held;

  // `expected`: what a null is a fault for; nullptr allows nulls.
  explicit Scalars(const arrow::Array &array, int64_t first, const char *expected) : array(array) {
    if (expected) require_no_nulls(array, first, expected);
    if (array.type_id() != arrow::Type::DICTIONARY) return;
    dictionary = static_cast<const arrow::DictionaryArray *>(&array);
    held = dictionary->dictionary();
    for (int64_t i = 0; i < array.length(); i++) {
      if (array.IsNull(i)) continue;
      int64_t index = dictionary->GetValueIndex(i);
      if (index < 0 || index >= held->length())
        throw Fault{SEMID_PARQUET_MALFORMED, first + i, "a place in its dictionary", std::to_string(index)};
      if (expected && held->IsNull(index)) fail_null(first + i, expected);
    }
  }

  bool is_null(int64_t i) const { return array.IsNull(i) || (dictionary && held->IsNull(index(i))); }

  const arrow::Array &values() const { return dictionary ? *held : array; }
  int64_t index(int64_t i) const { return dictionary ? dictionary->GetValueIndex(i) : i; }
};

[[noreturn]] void fail_type(const arrow::Array &array) {
  throw Fault{SEMID_PARQUET_UNSUPPORTED, -1, "", "values of type " + array.type()->ToString()};
}

// Where row i's values start and how many there are, whatever kind of list it is.
struct Lists {
  std::shared_ptr<arrow::Array> values;
  const arrow::ListArray *small = nullptr;
  const arrow::LargeListArray *large = nullptr;
  const arrow::FixedSizeListArray *fixed = nullptr;

  explicit Lists(const arrow::Array &array) {
    switch (array.type_id()) {
      case arrow::Type::LIST:
        small = static_cast<const arrow::ListArray *>(&array);
        values = small->values();
        break;
      case arrow::Type::LARGE_LIST:
        large = static_cast<const arrow::LargeListArray *>(&array);
        values = large->values();
        break;
      case arrow::Type::FIXED_SIZE_LIST:
        fixed = static_cast<const arrow::FixedSizeListArray *>(&array);
        values = fixed->values();
        break;
      default: fail_type(array);
    }
  }

  int64_t start(int64_t i) const {
    return small ? small->value_offset(i) : large ? large->value_offset(i) : fixed->value_offset(i);
  }
  int64_t length(int64_t i) const {
    return small ? small->value_length(i) : large ? large->value_length(i) : fixed->value_length(i);
  }
};

void copy_lists(const arrow::Array &array, int64_t first, int64_t width, float *target) {
  Lists lists(array);
  for (int64_t i = 0; i < array.length(); i++) {
    int64_t length = lists.length(i), start = lists.start(i);
    if (length != width)
      throw Fault{SEMID_PARQUET_MALFORMED, first + i, std::to_string(width) + " values, as the first row has",
                  std::to_string(length)};
    if (start < 0 || start > lists.values->length() - length)
      throw Fault{SEMID_PARQUET_MALFORMED, first + i, "", "values outside the column"};
    if (lists.values->null_count() != 0)
      for (int64_t j = 0; j < width; j++)
        if (lists.values->IsNull(start + j))
          fail_null(first + i, ("a number in column " + std::to_string(j)).c_str());
  }
  auto copy = [&](const auto &values) {
    for (int64_t i = 0; i < array.length(); i++) {
      int64_t start = lists.start(i);
      float *row = target + i * width;
      if constexpr (std::is_same_v<decltype(values), const arrow::FloatArray &>) {
        if (width > 0) std::memcpy(row, values.raw_values() + start, static_cast<size_t>(width) * sizeof(float));
      } else {
        for (int64_t j = 0; j < width; j++) row[j] = static_cast<float>(number(values, start + j));
      }
    }
  };
  if (!visit_floats(*lists.values, copy) && !visit_integers(*lists.values, copy)) fail_type(*lists.values);
}

// Bytes that are float32, little-endian, as numpy's tobytes writes them.
void copy_bytes(const arrow::Array &array, int64_t first, int64_t width, float *target) {
  auto copy = [&](const auto &values) {
    for (int64_t i = 0; i < array.length(); i++) {
      std::string_view bytes = values.GetView(i);
      if (bytes.size() != static_cast<size_t>(width) * sizeof(float))
        throw Fault{SEMID_PARQUET_MALFORMED, first + i,
                    std::to_string(width * 4) + " bytes, " + std::to_string(width) + " float32, as the first row has",
                    std::to_string(bytes.size())};
      if (width > 0) std::memcpy(target + i * width, bytes.data(), bytes.size());
    }
  };
  if (array.type_id() == arrow::Type::FIXED_SIZE_BINARY)
    copy(static_cast<const arrow::FixedSizeBinaryArray &>(array));
  else if (!visit_strings(array, copy)) fail_type(array);
}

bool is_bytes(const arrow::Array &array) {
  switch (array.type_id()) {
    case arrow::Type::FIXED_SIZE_BINARY:
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW: return true;
    default: return false;
  }
}

void copy_vectors(const arrow::Array &array, int64_t first, int64_t width, float *target) {
  require_no_nulls(array, first, "a vector");
  is_bytes(array) ? copy_bytes(array, first, width, target) : copy_lists(array, first, width, target);
}

int64_t float_count(int64_t bytes, int64_t row) {
  if (bytes % 4 != 0)
    throw Fault{SEMID_PARQUET_MALFORMED, row, "bytes of whole float32 numbers, 4 each", std::to_string(bytes)};
  return bytes / 4;
}

int64_t first_width(const arrow::Array &array, int64_t row) {
  if (!is_bytes(array)) return Lists(array).length(0);
  int64_t bytes = 0;
  if (!visit_strings(array, [&](const auto &values) { bytes = static_cast<int64_t>(values.GetView(0).size()); }))
    fail_type(array);
  return float_count(bytes, row);
}

void send_strings(const Scalars &scalars, int64_t rows, semid_parquet_sink sink, void *context) {
  std::vector<uint64_t> lengths;
  std::string bytes;
  auto send = [&] {
    if (lengths.empty()) return;
    int stop = sink(context, static_cast<int64_t>(lengths.size()), lengths.data(),
                    reinterpret_cast<const uint8_t *>(bytes.data()));
    if (stop) throw Fault{SEMID_PARQUET_STOPPED, -1, "", ""};
    lengths.clear();
    bytes.clear();
  };
  if (scalars.values().type_id() == arrow::Type::NA) {
    lengths.assign(static_cast<size_t>(rows), 0);
    send();
    return;
  }
  bool known = visit_strings(scalars.values(), [&](const auto &values) {
    for (int64_t i = 0; i < rows; i++) {
      std::string_view text;
      if (!scalars.is_null(i)) text = values.GetView(scalars.index(i));
      if (!lengths.empty() && bytes.size() + text.size() > kBatchBytes) send();
      bytes.append(text);
      lengths.push_back(text.size());
    }
    send();
  });
  if (!known) fail_type(scalars.values());
}

}  // namespace

int semid_parquet_width(semid_parquet_file *file, int column, int64_t *width, semid_parquet_fault *fault) {
  return guarded(fault, [&] {
    const auto &described = file->columns[column];
    *width = described.kind == SEMID_PARQUET_BYTES ? float_count(described.fixed_width, -1) : described.fixed_width;
    if (*width >= 0) return;
    *width = 0;
    for (int group = 0; group < static_cast<int>(file->group_rows.size()); group++) {
      if (file->group_rows[group] == 0) continue;
      int64_t first = file->group_starts[group];
      auto reader = file->reader(1);
      auto batches = semid::check(reader->GetRecordBatchReader({group}, {described.leaf}));
      auto batch = semid::check(batches->Next());
      if (!batch || batch->num_rows() == 0 || batch->num_columns() != 1)
        throw Fault{SEMID_PARQUET_MALFORMED, first, "a row", "none"};
      auto values = file->values(*batch, described.depth);
      require_no_nulls(*values, first, "a vector");
      *width = first_width(*values, first);
      return;
    }
  });
}

int semid_parquet_read_vectors(
    semid_parquet_file *file, int column, int group, int64_t width, float *values, semid_parquet_fault *fault) {
  return guarded(fault, [&] {
    int64_t rows = kBatchValues / (width > 0 ? width : 1);
    file->for_each_batch(column, group, rows > 64 ? rows : 64, [&](const arrow::Array &array, int64_t first) {
      copy_vectors(array, first, width, values + (first - file->group_starts[group]) * width);
    });
  });
}

int semid_parquet_read_numbers(
    semid_parquet_file *file, int column, int group, int64_t stride, float *values, semid_parquet_fault *fault) {
  return guarded(fault, [&] {
    file->for_each_batch(column, group, kBatchRows, [&](const arrow::Array &array, int64_t first) {
      Scalars scalars(array, first, "a number");
      float *target = values + (first - file->group_starts[group]) * stride;
      auto copy = [&](const auto &stored) {
        for (int64_t i = 0; i < array.length(); i++)
          target[i * stride] = static_cast<float>(number(stored, scalars.index(i)));
      };
      if (!visit_floats(scalars.values(), copy) && !visit_integers(scalars.values(), copy))
        fail_type(scalars.values());
    });
  });
}

int semid_parquet_read_integers(
    semid_parquet_file *file, int column, int group, int64_t stride, int64_t *values, semid_parquet_fault *fault) {
  return guarded(fault, [&] {
    file->for_each_batch(column, group, kBatchRows, [&](const arrow::Array &array, int64_t first) {
      Scalars scalars(array, first, "an integer");
      int64_t *target = values + (first - file->group_starts[group]) * stride;
      bool known = visit_integers(scalars.values(), [&](const auto &stored) {
        for (int64_t i = 0; i < array.length(); i++) {
          auto value = stored.Value(scalars.index(i));
          if constexpr (std::is_same_v<decltype(value), uint64_t>)
            if (value > INT64_MAX)
              throw Fault{SEMID_PARQUET_UNSUPPORTED, first + i, "an integer of 63 bits", std::to_string(value)};
          target[i * stride] = static_cast<int64_t>(value);
        }
      });
      if (!known) fail_type(scalars.values());
    });
  });
}

int semid_parquet_read_floats(
    semid_parquet_file *file, int column, int group, double *values, semid_parquet_fault *fault) {
  return guarded(fault, [&] {
    file->for_each_batch(column, group, kBatchRows, [&](const arrow::Array &array, int64_t first) {
      Scalars scalars(array, first, "a number");
      double *target = values + (first - file->group_starts[group]);
      bool known = visit_floats(scalars.values(), [&](const auto &stored) {
        for (int64_t i = 0; i < array.length(); i++) target[i] = number(stored, scalars.index(i));
      });
      if (!known) fail_type(scalars.values());
    });
  });
}

int semid_parquet_read_strings(
    semid_parquet_file *file, int column, int group, int allows_nulls, semid_parquet_sink sink, void *context,
    semid_parquet_fault *fault) {
  return guarded(fault, [&] {
    file->for_each_batch(column, group, kBatchRows, [&](const arrow::Array &array, int64_t first) {
      Scalars scalars(array, first, allows_nulls ? nullptr : "text");
      send_strings(scalars, array.length(), sink, context);
    });
  });
}
#endif
