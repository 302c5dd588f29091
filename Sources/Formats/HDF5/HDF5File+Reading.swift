import CHDF5Reader
import Vectors

// What a child's frames become.
extension HDF5File {
  static func contents(_ path: String, _ options: Options) throws -> ([Dataset], [String: Attribute]) {
    var child = try HDF5Child(SEMID_H5_CONTENTS, path: path, options: options)
    var datasets: [Dataset] = []
    var attributes: [String: Attribute] = [:]
    while let frame = try child.next() {
      let bytes = try child.bytes(of: frame, atMost: 1 << 20)
      switch frame.tag {
      case SEMID_H5_DATASET.rawValue:
        guard let dataset = Dataset(frame: bytes) else { throw child.nonsense() }
        datasets.append(dataset)
      case SEMID_H5_ATTRIBUTE.rawValue:
        guard let (name, value) = Attribute.parse(frame: bytes) else { throw child.nonsense() }
        attributes[name] = value
      default: throw child.nonsense()
      }
    }
    return (datasets.sorted { $0.name < $1.name }, attributes)
  }

  /// Values of one type, in pieces, each straight to its place.
  func numbers<Value: BitwiseCopyable & Sendable>(
    _ kind: semid_h5_request_kind, of dataset: Dataset, as type: Value.Type, _ options: Options
  ) throws -> Buffer<Value> {
    let size = MemoryLayout<Value>.size
    guard let bytes = byteCount(of: dataset.shape, elementSize: size), bytes <= options.maximumBytes else {
      throw tooLarge(dataset, options)
    }
    var child = try HDF5Child(kind, path: path, dataset: dataset.name, options: options)
    // The child has checked the claim against what is stored before it sends the shape.
    try confirmShape(of: dataset, &child)
    var position = 0
    return try Buffer<Value>(untouched: bytes / size, else: { tooLarge(dataset, options) }) { target in
      let target = UnsafeMutableRawBufferPointer(target)
      while let frame = try child.next() {
        guard frame.tag == SEMID_H5_DATA.rawValue, frame.bytes <= UInt64(bytes - position) else {
          throw child.nonsense()
        }
        let end = position + Int(frame.bytes)
        try child.read(into: UnsafeMutableRawBufferPointer(rebasing: target[position..<end]))
        position = end
      }
      guard position == bytes else { throw child.nonsense() }
    }
  }

  func texts(of dataset: Dataset, _ options: Options) throws -> StringColumn {
    guard let pointers = byteCount(of: dataset.shape, elementSize: 8), pointers <= options.maximumBytes else {
      throw tooLarge(dataset, options)
    }
    var child = try HDF5Child(SEMID_H5_STRINGS, path: path, dataset: dataset.name, options: options)
    try confirmShape(of: dataset, &child)
    let rows = dataset.shape[0]
    var builder = StringColumnBuilder()
    var row = 0
    while let frame = try child.next() {
      row += try read(frame, &child, into: &builder, room: rows - row, options) { at in
        (Self.place(dataset.name) + ", row \(row + at) (from 0)", { tooLarge(dataset, options) })
      }
    }
    guard row == rows else { throw child.nonsense() }
    return builder.column()
  }

  /// Some texts of a child's answer: their lengths in `frame`, then their bytes.
  ///
  /// - Parameters:
  ///   - room: texts that may still come.
  ///   - describe: where the text of a number in this frame stands, and what to say of too many bytes.
  /// - Returns: how many there were.
  private func read(
    _ frame: semid_h5_frame, _ child: inout HDF5Child, into builder: inout StringColumnBuilder, room: Int,
    _ options: Options, _ describe: (Int) -> (place: String, tooLarge: () -> InputError)
  ) throws -> Int {
    guard frame.tag == SEMID_H5_LENGTHS.rawValue, frame.bytes > 0, frame.bytes % 8 == 0,
      frame.bytes / 8 <= UInt64(room)
    else { throw child.nonsense() }
    var lengths = [UInt64](repeating: 0, count: Int(frame.bytes / 8))
    try lengths.withUnsafeMutableBytes { try child.read(into: $0) }
    guard let data = try child.next(), data.tag == SEMID_H5_DATA.rawValue else { throw child.nonsense() }
    let limit = max(0, options.maximumBytes - 8 * (room + lengths.count) - builder.bytes.count)
    guard data.bytes <= UInt64(clamping: limit) else { throw describe(0).tooLarge() }
    let bytes = try child.bytes(of: data, atMost: limit)
    var start = 0
    for (place, length) in lengths.enumerated() {
      guard length <= UInt64(bytes.count - start) else { throw child.nonsense() }
      let text = bytes[start..<start + Int(length)]
      guard text.withUnsafeBufferPointer(isValidUTF8) else {
        throw InputError(
          .malformed, path, at: describe(place).place, expected: "UTF-8", found: "bytes that are not")
      }
      builder.bytes.append(contentsOf: text)
      builder.endRow()
      start += Int(length)
    }
    guard start == bytes.count else { throw child.nonsense() }
    return lengths.count
  }

  /// The datasets of a group, each of one dimension and of one length: a row each, under its name.
  ///
  /// - Parameter group: its path; empty for the root.
  /// - Throws: `InputError` where the group holds anything else, or more than memory.
  func namedRows(in group: String, _ options: Options) throws -> (names: StringColumn, vectors: Matrix) {
    func tooLarge() -> InputError {
      InputError(
        .malformed, path, at: "group \"/\(group)\"", expected: "at most \(options.maximumBytes) bytes in memory",
        found: "more", remedy: "a file that claims this is damaged, or the machine is too small")
    }
    var child = try HDF5Child(SEMID_H5_ROWS, path: path, dataset: group.isEmpty ? nil : group, options: options)
    guard let frame = try child.next(), frame.tag == SEMID_H5_SHAPE.rawValue, frame.bytes == 16 else {
      throw child.nonsense()
    }
    var shape: (UInt64, UInt64) = (0, 0)
    try withUnsafeMutableBytes(of: &shape) { try child.read(into: $0) }
    guard let rows = Int(exactly: shape.0), let columns = Int(exactly: shape.1), rows > 0, columns > 0,
      let bytes = byteCount(of: [rows, columns], elementSize: 4), rows <= options.maximumBytes / 16,
      bytes <= options.maximumBytes - 16 * rows
    else { throw tooLarge() }
    var names = StringColumnBuilder()
    var row = 0
    let values = try Buffer<Float>(untouched: rows * columns, else: tooLarge) { target in
      let target = UnsafeMutableRawBufferPointer(target)
      while let frame = try child.next() {
        let count = try read(frame, &child, into: &names, room: rows - row, options) { at in
          ("group \"/\(group)\", name \(row + at) (from 0)", tooLarge)
        }
        let range = row * columns * 4..<(row + count) * columns * 4
        guard let data = try child.next(), data.tag == SEMID_H5_DATA.rawValue, data.bytes == UInt64(range.count) else {
          throw child.nonsense()
        }
        try child.read(into: UnsafeMutableRawBufferPointer(rebasing: target[range]))
        row += count
      }
      guard row == rows else { throw child.nonsense() }
    }
    return (names.column(), Matrix(rows: rows, columns: columns, values: values))
  }

  /// The file may have been replaced since it was listed.
  private func confirmShape(of dataset: Dataset, _ child: inout HDF5Child) throws {
    guard let frame = try child.next(), frame.tag == SEMID_H5_SHAPE.rawValue, frame.bytes == 16 else {
      throw child.nonsense()
    }
    var shape: (UInt64, UInt64) = (0, 0)
    try withUnsafeMutableBytes(of: &shape) { try child.read(into: $0) }
    let columns = dataset.shape.count == 2 ? dataset.shape[1] : 1
    guard shape == (UInt64(dataset.shape[0]), UInt64(columns)) else {
      throw fault(
        dataset, .malformed, expected: "\(dataset.shape[0]) × \(columns) values", found: "\(shape.0) × \(shape.1)",
        remedy: "the file changed while it was read; read it again")
    }
  }

  private func tooLarge(_ dataset: Dataset, _ options: Options) -> InputError {
    fault(
      dataset, .malformed, expected: "at most \(options.maximumBytes) bytes in memory",
      found: dataset.shape.map(String.init).joined(separator: " × ") + " values",
      remedy: "a header that claims this is damaged, or the machine is too small")
  }
}

extension HDF5File.Dataset {
  /// nil when the frame is not one, or a length is beyond `Int`.
  fileprivate init?(frame bytes: [UInt8]) {
    let header = MemoryLayout<semid_h5_dataset>.size
    guard bytes.count >= header else { return nil }
    let found = bytes.withUnsafeBytes { $0.loadUnaligned(as: semid_h5_dataset.self) }
    guard found.rank <= UInt32(SEMID_H5_MAX_RANK) else { return nil }
    let lengths = withUnsafeBytes(of: found.shape) {
      $0.bindMemory(to: UInt64.self).prefix(Int(found.rank)).map { Int(exactly: $0) }
    }
    shape = lengths.compactMap(\.self)
    guard shape.count == lengths.count else { return nil }
    name = String(decoding: bytes[header...], as: UTF8.self)
    elementBytes = Int(clamping: found.element_bytes)
    floatOffset = found.float_offset >= 0 ? Int(found.float_offset) : nil
    switch found.element {
    case SEMID_H5_FLOAT.rawValue: element = .float
    case SEMID_H5_INTEGER.rawValue: element = .integer
    case SEMID_H5_STRING.rawValue: element = .string
    default: element = .other
    }
  }
}

extension HDF5File.Attribute {
  fileprivate static func parse(frame bytes: [UInt8]) -> (String, HDF5File.Attribute)? {
    let header = MemoryLayout<semid_h5_attribute>.size
    guard bytes.count >= header else { return nil }
    let found = bytes.withUnsafeBytes { $0.loadUnaligned(as: semid_h5_attribute.self) }
    guard Int(found.name_bytes) <= bytes.count - header else { return nil }
    let name = String(decoding: bytes[header...].prefix(Int(found.name_bytes)), as: UTF8.self)
    switch found.element {
    case SEMID_H5_STRING.rawValue:
      let text = bytes[(header + Int(found.name_bytes))...]
      return (name, .string(String(decoding: text, as: UTF8.self)))
    case SEMID_H5_INTEGER.rawValue: return (name, .integer(Int(found.integer)))
    case SEMID_H5_FLOAT.rawValue: return (name, .float(found.number))
    default: return nil
    }
  }
}
