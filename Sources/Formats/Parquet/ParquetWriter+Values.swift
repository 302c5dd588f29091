import CParquet
import Vectors

extension ParquetWriter.Column.Kind {
  var code: UInt32 {
    switch self {
    case .string: SEMID_PARQUET_WRITE_STRING.rawValue
    case .int32, .optionalInt32: SEMID_PARQUET_WRITE_INT32.rawValue
    case .int64: SEMID_PARQUET_WRITE_INT64.rawValue
    case .float, .optionalFloat: SEMID_PARQUET_WRITE_FLOAT.rawValue
    case .double, .optionalDouble: SEMID_PARQUET_WRITE_DOUBLE.rawValue
    case .list: SEMID_PARQUET_WRITE_LIST.rawValue
    case .fixedSizeList: SEMID_PARQUET_WRITE_FIXED_LIST.rawValue
    case .int32List: SEMID_PARQUET_WRITE_INT_LIST.rawValue
    case .stringList: SEMID_PARQUET_WRITE_STRING_LIST.rawValue
    case .structure: SEMID_PARQUET_WRITE_STRUCT.rawValue
    }
  }

  /// Whether values may be missing.
  var isOptional: Bool { self == .optionalInt32 || self == .optionalFloat || self == .optionalDouble }

  /// Values in a row.
  var width: Int {
    switch self {
    case .list(let width), .fixedSizeList(let width), .int32List(let width): width
    default: 1
    }
  }
}

extension ParquetWriter.Compression {
  var code: UInt32 {
    switch self {
    case .none: SEMID_PARQUET_NONE.rawValue
    case .snappy: SEMID_PARQUET_SNAPPY.rawValue
    case .zstd: SEMID_PARQUET_ZSTD.rawValue
    }
  }

  var level: Int {
    if case .zstd(let level) = self { min(max(level, 1), 22) } else { 0 }
  }
}

extension ParquetWriter.Values {
  var rows: Int {
    switch self {
    case .strings(let column): column.count
    case .int32(let values), .optionalInt32(let values): values.count
    case .int64(let values): values.count
    case .float(let values), .optionalFloat(let values): values.count
    case .double(let values), .optionalDouble(let values): values.count
    case .matrix(let matrix): matrix.rows
    case .int32Lists(let values, let width): width > 0 ? values.count / width : 0
    case .stringLists(let lists): lists.count
    case .structure(let fields): fields.first?.rows ?? 0
    }
  }

  /// The kind of column that these values fit; of the two kinds that a matrix fits, the one that `other` is.
  func kind(like other: ParquetWriter.Column.Kind) -> ParquetWriter.Column.Kind {
    switch self {
    case .strings: .string
    case .int32: .int32
    case .int64: .int64
    case .float: .float
    case .double: .double
    case .optionalInt32: .optionalInt32
    case .optionalFloat: .optionalFloat
    case .optionalDouble: .optionalDouble
    case .matrix(let matrix):
      if case .fixedSizeList = other { .fixedSizeList(matrix.columns) } else { .list(matrix.columns) }
    case .int32Lists(_, let width): .int32List(width)
    case .stringLists: .stringList
    case .structure(let fields):
      if case .structure(let columns) = other, columns.count == fields.count {
        .structure(
          zip(columns, fields).map { .init(name: $0.name, kind: $1.kind(like: $0.kind)) })
      } else {
        .structure([])
      }
    }
  }

  /// These values, and after those of a struct the ones of its fields.
  var flattened: [ParquetWriter.Values] {
    if case .structure(let fields) = self { [self] + fields.flatMap(\.flattened) } else { [self] }
  }

  /// Whether all fields of a struct have as many rows.
  var isEven: Bool {
    if case .structure(let fields) = self { fields.allSatisfy { $0.rows == rows && $0.isEven } } else { true }
  }

  /// Calls `body` with where the values of `range` lie.
  func withPointers(to range: Range<Int>, _ body: (semid_parquet_values) throws -> Void) throws {
    func flat<Element>(_ buffer: Buffer<Element>, _ width: Int = 1) throws {
      try buffer[slice: range.lowerBound * width..<range.upperBound * width].withUnsafeBufferPointer {
        try body(
          semid_parquet_values(values: UnsafeRawPointer($0.baseAddress), offsets: nil, starts: nil, present: nil))
      }
    }
    func optional<Element>(_ buffer: Buffer<Element>, isMissing: (Element) -> Bool) throws {
      try buffer[slice: range].withUnsafeBufferPointer { values in
        try values.map { UInt8(isMissing($0) ? 0 : 1) }.withUnsafeBufferPointer { present in
          try body(
            semid_parquet_values(
              values: UnsafeRawPointer(values.baseAddress), offsets: nil, starts: nil, present: present.baseAddress))
        }
      }
    }
    switch self {
    case .int32(let values): try flat(values)
    case .int64(let values): try flat(values)
    case .float(let values): try flat(values)
    case .double(let values): try flat(values)
    case .optionalInt32(let values): try optional(values) { $0 == .min }
    case .optionalFloat(let values): try optional(values, isMissing: \.isNaN)
    case .optionalDouble(let values): try optional(values, isMissing: \.isNaN)
    case .matrix(let matrix): try flat(matrix.values, matrix.columns)
    case .int32Lists(let values, let width): try flat(values, width)
    case .structure: try body(semid_parquet_values(values: nil, offsets: nil, starts: nil, present: nil))
    case .stringLists(let lists):
      try lists.elements.bytes.withUnsafeBufferPointer { bytes in
        try lists.elements.offsets.withUnsafeBufferPointer { offsets in
          try lists.starts[slice: range.lowerBound..<range.upperBound + 1].array.map { Int64($0) }
            .withUnsafeBufferPointer { starts in
              try body(
                semid_parquet_values(
                  values: UnsafeRawPointer(bytes.baseAddress), offsets: offsets.baseAddress,
                  starts: starts.baseAddress, present: nil))
            }
        }
      }
    case .strings(let column):
      try column.bytes.withUnsafeBufferPointer { bytes in
        try column.offsets[slice: range.lowerBound..<range.upperBound + 1].withUnsafeBufferPointer { offsets in
          try body(
            semid_parquet_values(
              values: UnsafeRawPointer(bytes.baseAddress), offsets: offsets.baseAddress, starts: nil, present: nil))
        }
      }
    }
  }
}
