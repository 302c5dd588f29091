import Vectors

/// A FAISS `IndexFlat` file whose vectors are used in place, in the mapped file.
///
/// FAISS 1.7.3 reads a Flat file into memory as a whole. The format is a header of 45 bytes and then the floats, row
/// after row (`faiss/impl/index_write.cpp`): four characters of type, d (int32), the count (int64), two int64 that are
/// not used, is_trained (one byte), the metric (int32) and the number of floats (uint64). 45 is no multiple of 4, so
/// the floats are not aligned, and no typed Swift buffer can hold them. Only the kernels and FAISS read them, whose
/// vector loads need no alignment.
struct FlatVectorFile: Sendable {
  static let headerSize = 45

  let file: MappedFile
  let metric: FaissIndex.Metric
  let dimension: Int
  let count: Int

  static func header(metric: FaissIndex.Metric, dimension: Int, count: Int) -> [UInt8] {
    var bytes = Array((metric == .l2 ? "IxF2" : "IxFI").utf8)
    func append<Value: FixedWidthInteger>(_ value: Value) {
      withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    append(Int32(dimension))
    append(Int64(count))
    append(Int64(1 << 20))
    append(Int64(1 << 20))
    append(UInt8(1))
    append(metric.rawValue)
    append(UInt64(count * dimension))
    return bytes
  }

  /// Uses the file, which must be exactly a Flat index of this shape.
  init(_ file: MappedFile, metric: FaissIndex.Metric, dimension: Int, count: Int) throws {
    let path = file.path
    let size = Self.headerSize + 4 * dimension * count
    guard file.count == size else {
      throw InputError(.malformed, path, expected: "\(size) bytes", found: "\(file.count)", remedy: "build it again")
    }
    guard
      file.bytes.prefix(Self.headerSize).elementsEqual(
        Self.header(metric: metric, dimension: dimension, count: count))
    else {
      throw InputError(
        .malformed, path, at: "header", expected: "a FAISS Flat index of \(count) vectors of length \(dimension)",
        found: "another header", remedy: "build it again")
    }
    self.file = file
    self.metric = metric
    self.dimension = dimension
    self.count = count
  }

  /// The first float; not aligned. Valid while `file` lives.
  var rows: UnsafePointer<Float>? {
    file.bytes.baseAddress.flatMap { UnsafePointer(bitPattern: UInt(bitPattern: $0) + UInt(Self.headerSize)) }
  }

  func vector(at position: Int) -> [Float] {
    let start = Self.headerSize + 4 * dimension * position
    return (0..<dimension).map { file.bytes.loadUnaligned(fromByteOffset: start + 4 * $0, as: Float.self) }
  }
}
