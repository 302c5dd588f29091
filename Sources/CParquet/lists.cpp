#ifdef SEMID_PARQUET
#include "lists.h"

#include <charconv>
#include <vector>

#include "file.h"
#include "optionals.h"
#include "scalars.h"

using semid::Decimals;
using semid::Fault;
using semid::Lists;
using semid::Optionals;
using semid::guarded;
using semid::number;
using semid::visit_floats;
using semid::visit_integers;
using semid::visit_strings;

namespace {

constexpr int64_t kBatchRows = 1 << 14;

// What a sink takes at a time.
struct Batch {
  std::vector<int64_t> counts;
  std::vector<uint64_t> lengths;
  std::string bytes;

  void append(std::string_view text) {
    bytes.append(text);
    lengths.push_back(text.size());
  }

  template <typename Number>
  void append_number(Number value) {
    char digits[64];
    auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    append(std::string_view(digits, static_cast<size_t>(end - digits)));
  }
};

// Appends element `index` of `elements` as text.
void append(Batch &batch, const Optionals &elements, int64_t index) {
  int64_t place = elements.index(index);
  if (place < 0) {
    batch.lengths.push_back(UINT64_MAX);
    return;
  }
  const auto &values = elements.values();
  if (values.type_id() == arrow::Type::BOOL) {
    batch.append(static_cast<const arrow::BooleanArray &>(values).Value(place) ? "true" : "false");
    return;
  }
  bool known =
      visit_strings(values, [&](const auto &stored) { batch.append(stored.GetView(place)); }) ||
      visit_integers(values, [&](const auto &stored) { batch.append_number(stored.Value(place)); });
  if (!known && values.type_id() == arrow::Type::DECIMAL128) {
    const Decimals decimals(values);
    batch.append(arrow::Decimal128(decimals.array.GetValue(place)).ToString(decimals.scale));
    known = true;
  }
  known = known || visit_floats(values, [&](const auto &stored) { batch.append_number(number(stored, place)); });
  if (!known) throw Fault{SEMID_PARQUET_UNSUPPORTED, -1, "", "lists of type " + values.type()->ToString()};
}

}  // namespace

int semid_parquet_read_lists(
    semid_parquet_file *file, int column, int group, semid_parquet_list_sink sink, void *context,
    semid_parquet_fault *fault) {
  return guarded(fault, [&] {
    file->for_each_batch(column, group, kBatchRows, [&](const arrow::Array &array, int64_t first) {
      Lists lists(array);
      Optionals elements(*lists.values, first);
      Batch batch;
      for (int64_t i = 0; i < array.length(); i++) {
        if (array.IsNull(i)) {
          batch.counts.push_back(-1);
          continue;
        }
        int64_t start = lists.start(i), length = lists.length(i);
        if (start < 0 || length < 0 || start > lists.values->length() - length)
          throw Fault{SEMID_PARQUET_MALFORMED, first + i, "", "values outside the column"};
        batch.counts.push_back(length);
        for (int64_t j = 0; j < length; j++) append(batch, elements, start + j);
      }
      int stop = sink(
          context, static_cast<int64_t>(batch.counts.size()), batch.counts.data(),
          static_cast<int64_t>(batch.lengths.size()), batch.lengths.data(),
          reinterpret_cast<const uint8_t *>(batch.bytes.data()));
      if (stop) throw Fault{SEMID_PARQUET_STOPPED, -1, "", ""};
    });
  });
}
#endif
