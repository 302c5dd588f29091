#pragma once
#include <arrow/array.h>
#include <arrow/util/decimal.h>
#include <arrow/util/float16.h>

#include <cmath>
#include <cstdlib>

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

// Decimals of at most 38 digits: whole numbers where the scale is 0, otherwise the nearest doubles.
struct Decimals {
  const arrow::Decimal128Array &array;
  int32_t scale;

  explicit Decimals(const arrow::Array &array)
      : array(static_cast<const arrow::Decimal128Array &>(array)),
        scale(static_cast<const arrow::Decimal128Type &>(*array.type()).scale()) {}

  // Of a whole number that its type holds to 18 digits.
  int64_t Value(int64_t i) const { return static_cast<int64_t>(arrow::Decimal128(array.GetValue(i)).low_bits()); }
};

// Whether a decimal type is read as integers: no digits behind the point, and none that 64 bits do not hold.
inline bool is_whole(const arrow::DataType &type) {
  if (type.id() != arrow::Type::DECIMAL128) return false;
  const auto &decimal = static_cast<const arrow::Decimal128Type &>(type);
  return decimal.scale() == 0 && decimal.precision() <= 18;
}

// Correctly rounded: a quotient of two numbers that doubles hold exactly, or the digits as text.
inline double number(const Decimals &decimals, int64_t i) {
  arrow::Decimal128 value(decimals.array.GetValue(i));
  int64_t low = static_cast<int64_t>(value.low_bits());
  bool fits = value.high_bits() == (low < 0 ? -1 : 0) && low > -(1LL << 53) && low < (1LL << 53);
  if (fits && decimals.scale >= 0 && decimals.scale <= 22)
    return static_cast<double>(low) / std::pow(10.0, decimals.scale);
  return std::strtod(value.ToString(decimals.scale).c_str(), nullptr);
}

// Calls `body` with the array as what it is.
template <typename Body>
bool visit_floats(const arrow::Array &array, Body &&body) {
  switch (array.type_id()) {
    case arrow::Type::HALF_FLOAT: body(static_cast<const arrow::HalfFloatArray &>(array)); return true;
    case arrow::Type::FLOAT: body(static_cast<const arrow::FloatArray &>(array)); return true;
    case arrow::Type::DOUBLE: body(static_cast<const arrow::DoubleArray &>(array)); return true;
    case arrow::Type::DECIMAL128: body(Decimals(array)); return true;
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
    case arrow::Type::DECIMAL128:
      if (!is_whole(*array.type())) return false;
      body(Decimals(array));
      return true;
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
