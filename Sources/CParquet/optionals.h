#pragma once
#include <arrow/array.h>

#include <memory>
#include <string>

#include "guard.h"

namespace semid {

// The values of a column and, for row i, which of them is its, or -1 where it has none: dictionaries are looked up.
struct Optionals {
  const arrow::Array &array;
  int64_t first;
  const arrow::DictionaryArray *dictionary = nullptr;
  std::shared_ptr<arrow::Array> held;

  Optionals(const arrow::Array &array, int64_t first) : array(array), first(first) {
    if (array.type_id() != arrow::Type::DICTIONARY) return;
    dictionary = static_cast<const arrow::DictionaryArray *>(&array);
    held = dictionary->dictionary();
  }

  const arrow::Array &values() const { return dictionary ? *held : array; }

  int64_t index(int64_t i) const {
    if (array.IsNull(i)) return -1;
    if (!dictionary) return i;
    int64_t index = dictionary->GetValueIndex(i);
    if (index < 0 || index >= held->length())
      throw Fault{SEMID_PARQUET_MALFORMED, first + i, "a place in its dictionary", std::to_string(index)};
    return held->IsNull(index) ? -1 : index;
  }
};

}  // namespace semid
