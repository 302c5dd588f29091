#pragma once
#include <arrow/array.h>

#include <memory>

#include "guard.h"

namespace semid {

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
      default: throw Fault{SEMID_PARQUET_UNSUPPORTED, -1, "", "values of type " + array.type()->ToString()};
    }
  }

  int64_t start(int64_t i) const {
    return small ? small->value_offset(i) : large ? large->value_offset(i) : fixed->value_offset(i);
  }
  int64_t length(int64_t i) const {
    return small ? small->value_length(i) : large ? large->value_length(i) : fixed->value_length(i);
  }
};

}  // namespace semid
