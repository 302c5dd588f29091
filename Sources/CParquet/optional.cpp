#ifdef SEMID_PARQUET
#include "file.h"
#include "optionals.h"
#include "scalars.h"

using semid::Fault;
using semid::Optionals;
using semid::guarded;
using semid::number;
using semid::visit_floats;
using semid::visit_integers;
using semid::visit_strings;

namespace {

constexpr int64_t kBatchRows = 1 << 16;
constexpr size_t kBatchBytes = 4 << 20;
constexpr int64_t kSecond = 1000000;  // in microseconds

[[noreturn]] void fail_type(const arrow::Array &array) {
  throw Fault{SEMID_PARQUET_UNSUPPORTED, -1, "", "values of type " + array.type()->ToString()};
}

// Writes `read(index)` of every row that has a value.
template <typename Value, typename Read>
void fill(const Optionals &optionals, Value *values, uint8_t *present, Read &&read) {
  for (int64_t i = 0; i < optionals.array.length(); i++) {
    int64_t index = optionals.index(i);
    present[i] = index >= 0;
    values[i] = index >= 0 ? read(i, index) : Value{};
  }
}

int64_t scaled(int64_t value, int64_t factor, int64_t row) {
  int64_t product;
  if (__builtin_mul_overflow(value, factor, &product))
    throw Fault{SEMID_PARQUET_UNSUPPORTED, row, "a time that microseconds since 1970 can say", std::to_string(value)};
  return product;
}

int64_t floor_divided(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

bool fill_times(const Optionals &optionals, int64_t *values, uint8_t *present) {
  const auto &array = optionals.values();
  switch (array.type_id()) {
    case arrow::Type::DATE32: {
      const auto &days = static_cast<const arrow::Date32Array &>(array);
      fill(optionals, values, present, [&](int64_t i, int64_t index) {
        return scaled(days.Value(index), 86400 * kSecond, optionals.first + i);
      });
      return true;
    }
    case arrow::Type::DATE64: {
      const auto &times = static_cast<const arrow::Date64Array &>(array);
      fill(optionals, values, present, [&](int64_t i, int64_t index) {
        return scaled(times.Value(index), kSecond / 1000, optionals.first + i);
      });
      return true;
    }
    case arrow::Type::TIMESTAMP: {
      const auto &times = static_cast<const arrow::TimestampArray &>(array);
      auto unit = static_cast<const arrow::TimestampType &>(*array.type()).unit();
      fill(optionals, values, present, [&](int64_t i, int64_t index) {
        int64_t value = times.Value(index), row = optionals.first + i;
        switch (unit) {
          case arrow::TimeUnit::SECOND: return scaled(value, kSecond, row);
          case arrow::TimeUnit::MILLI: return scaled(value, kSecond / 1000, row);
          case arrow::TimeUnit::MICRO: return value;
          default: return floor_divided(value, 1000);
        }
      });
      return true;
    }
    default: return false;
  }
}

bool fill_integers(const Optionals &optionals, int64_t *values, uint8_t *present) {
  if (optionals.values().type_id() == arrow::Type::BOOL) {
    const auto &stored = static_cast<const arrow::BooleanArray &>(optionals.values());
    fill(optionals, values, present,
         [&](int64_t, int64_t index) { return static_cast<int64_t>(stored.Value(index)); });
    return true;
  }
  return visit_integers(optionals.values(), [&](const auto &stored) {
    fill(optionals, values, present, [&](int64_t i, int64_t index) {
      auto value = stored.Value(index);
      if constexpr (std::is_same_v<decltype(value), uint64_t>)
        if (value > INT64_MAX)
          throw Fault{SEMID_PARQUET_UNSUPPORTED, optionals.first + i, "an integer of 63 bits", std::to_string(value)};
      return static_cast<int64_t>(value);
    });
  });
}

void send(const Optionals &optionals, semid_parquet_sink sink, void *context) {
  std::vector<uint64_t> lengths;
  std::string bytes;
  auto flush = [&] {
    if (lengths.empty()) return;
    int stop = sink(context, static_cast<int64_t>(lengths.size()), lengths.data(),
                    reinterpret_cast<const uint8_t *>(bytes.data()));
    if (stop) throw Fault{SEMID_PARQUET_STOPPED, -1, "", ""};
    lengths.clear();
    bytes.clear();
  };
  if (optionals.values().type_id() == arrow::Type::NA) {
    lengths.assign(static_cast<size_t>(optionals.array.length()), UINT64_MAX);
    flush();
    return;
  }
  bool known = visit_strings(optionals.values(), [&](const auto &values) {
    for (int64_t i = 0; i < optionals.array.length(); i++) {
      int64_t index = optionals.index(i);
      std::string_view text = index < 0 ? std::string_view() : values.GetView(index);
      if (!lengths.empty() && bytes.size() + text.size() > kBatchBytes) flush();
      bytes.append(text);
      lengths.push_back(index < 0 ? UINT64_MAX : text.size());
    }
    flush();
  });
  if (!known) fail_type(optionals.values());
}

}  // namespace

int semid_parquet_read_optional_integers(
    semid_parquet_file *file, int column, int group, int64_t *values, uint8_t *present, semid_parquet_fault *fault) {
  return guarded(fault, [&] {
    file->for_each_batch(column, group, kBatchRows, [&](const arrow::Array &array, int64_t first) {
      int64_t place = first - file->group_starts[group];
      Optionals optionals(array, first);
      if (!fill_times(optionals, values + place, present + place) &&
          !fill_integers(optionals, values + place, present + place))
        fail_type(optionals.values());
    });
  });
}

int semid_parquet_read_optional_floats(
    semid_parquet_file *file, int column, int group, double *values, uint8_t *present, semid_parquet_fault *fault) {
  return guarded(fault, [&] {
    file->for_each_batch(column, group, kBatchRows, [&](const arrow::Array &array, int64_t first) {
      int64_t place = first - file->group_starts[group];
      Optionals optionals(array, first);
      bool known = visit_floats(optionals.values(), [&](const auto &stored) {
        fill(optionals, values + place, present + place,
             [&](int64_t, int64_t index) { return static_cast<double>(number(stored, index)); });
      });
      if (!known) fail_type(optionals.values());
    });
  });
}

int semid_parquet_read_optional_strings(
    semid_parquet_file *file, int column, int group, semid_parquet_sink sink, void *context,
    semid_parquet_fault *fault) {
  return guarded(fault, [&] {
    file->for_each_batch(column, group, kBatchRows, [&](const arrow::Array &array, int64_t first) {
      send(Optionals(array, first), sink, context);
    });
  });
}
#endif
