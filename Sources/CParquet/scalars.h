#pragma once
#include <arrow/array.h>
#include <arrow/util/float16.h>

// Arrays by what they hold.
namespace semid {

inline float number(const arrow::FloatArray &array, int64_t i) { return array.Value(i); }
inline double number(const arrow::DoubleArray &array, int64_t i) { return array.Value(i); }
inline float number(const arrow::HalfFloatArray &array, int64_t i) {
  return arrow::util::Float16::FromBits(array.Value(i)).ToFloat();
}

template <typename Type>
auto number(const arrow::NumericArray<Type> &array, int64_t i) {
  return array.Value(i);
}

// Calls `body` with the array as what it is.
template <typename Body>
bool visit_floats(const arrow::Array &array, Body &&body) {
  switch (array.type_id()) {
    case arrow::Type::HALF_FLOAT: body(static_cast<const arrow::HalfFloatArray &>(array)); return true;
    case arrow::Type::FLOAT: body(static_cast<const arrow::FloatArray &>(array)); return true;
    case arrow::Type::DOUBLE: body(static_cast<const arrow::DoubleArray &>(array)); return true;
    default: return false;
  }
}

template <typename Body>
bool visit_integers(const arrow::Array &array, Body &&body) {
  switch (array.type_id()) {
    case arrow::Type::INT8: body(static_cast<const arrow::Int8Array &>(array)); return true;
    case arrow::Type::INT16: body(static_cast<const arrow::Int16Array &>(array)); return true;
    case arrow::Type::INT32: body(static_cast<const arrow::Int32Array &>(array)); return true;
    case arrow::Type::INT64: body(static_cast<const arrow::Int64Array &>(array)); return true;
    case arrow::Type::UINT8: body(static_cast<const arrow::UInt8Array &>(array)); return true;
    case arrow::Type::UINT16: body(static_cast<const arrow::UInt16Array &>(array)); return true;
    case arrow::Type::UINT32: body(static_cast<const arrow::UInt32Array &>(array)); return true;
    case arrow::Type::UINT64: body(static_cast<const arrow::UInt64Array &>(array)); return true;
    default: return false;
  }
}

template <typename Body>
bool visit_strings(const arrow::Array &array, Body &&body) {
  switch (array.type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY: body(static_cast<const arrow::BinaryArray &>(array)); return true;
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY: body(static_cast<const arrow::LargeBinaryArray &>(array)); return true;
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW: body(static_cast<const arrow::BinaryViewArray &>(array)); return true;
    default: return false;
  }
}

}  // namespace semid
