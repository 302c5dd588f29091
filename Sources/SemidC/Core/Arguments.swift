public import CSemid
import SemanticID

// What comes in through the C face, checked before it is looked at.

extension semid_text {
  /// nil: no text.
  func string(_ source: String) throws -> String? {
    guard let bytes else {
      guard count <= 0 else { throw InputError(.usage, source, expected: "\(count) bytes of text", found: "null") }
      return nil
    }
    guard count >= -1 else { throw InputError(.usage, source, expected: "-1 bytes or more", found: "\(count)") }
    if count == -1 {
      guard let text = String(validatingCString: bytes) else { throw Self.notUTF8(source) }
      return text
    }
    let raw = UnsafeRawBufferPointer(start: bytes, count: Int(count))
    guard let text = String(validating: raw, as: UTF8.self) else { throw Self.notUTF8(source) }
    guard !raw.contains(0) else {
      throw InputError(.malformed, source, expected: "text without zero bytes", found: "one")
    }
    return text
  }

  func required(_ source: String) throws -> String {
    guard let text = try string(source), !text.isEmpty else {
      throw InputError(.usage, source, expected: "a text", found: "none")
    }
    return text
  }

  private static func notUTF8(_ source: String) -> InputError {
    InputError(.malformed, source, expected: "UTF-8", found: "bytes that are not")
  }
}

/// Whether an array of the caller's may be looked at.
enum CallerArray {
  /// - Throws: `InputError` for a null or misaligned pointer, and for a count that is negative or more than memory holds.
  static func check<Element>(_ pointer: UnsafePointer<Element>?, count: Int, _ source: String) throws {
    guard count >= 0, count <= Int.max / 2 / MemoryLayout<Element>.stride else {
      throw InputError(.usage, source, expected: "a number of elements that memory holds", found: "\(count)")
    }
    guard count > 0 else { return }
    guard let pointer else { throw InputError(.usage, source, expected: "\(count) elements", found: "null") }
    guard UInt(bitPattern: pointer) % UInt(MemoryLayout<Element>.alignment) == 0 else {
      throw InputError(
        .usage, source, expected: "an array aligned to \(MemoryLayout<Element>.alignment) bytes", found: "another")
    }
  }

  /// rows · columns.
  static func product(_ rows: Int64, _ columns: Int64, _ source: String) throws -> Int {
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    guard rows >= 0, columns >= 0, !overflow, count <= Int64(ProcessMemory.installed) * 64 else {
      throw InputError(
        .usage, source, expected: "a shape that memory can hold", found: "\(rows) × \(columns)")
    }
    return Int(count)
  }

  /// A place that the caller has for what comes out.
  static func output<Element>(
    _ pointer: UnsafeMutablePointer<Element>?, capacity: Int64, needed: Int, _ source: String
  ) throws -> UnsafeMutableBufferPointer<Element> {
    guard capacity >= Int64(needed) else {
      throw InputError(.usage, source, expected: "room for \(needed) elements", found: "\(capacity)")
    }
    try check(UnsafePointer(pointer), count: needed, source)
    return UnsafeMutableBufferPointer(start: pointer, count: needed)
  }

  static func copy<Element>(_ pointer: UnsafePointer<Element>?, count: Int64, _ source: String) throws -> [Element] {
    guard count >= 0, count <= Int64(ProcessMemory.installed) else {
      throw InputError(.usage, source, expected: "a number of elements that memory holds", found: "\(count)")
    }
    try check(pointer, count: Int(count), source)
    return Array(UnsafeBufferPointer(start: pointer, count: Int(count)))
  }
}

extension semid_texts {
  /// nil: no texts. Copied.
  func column(_ source: String) throws -> StringColumn? {
    guard offsets != nil || count != 0 else { return nil }
    guard count >= 0, count < Int64(ProcessMemory.installed) else {
      throw InputError(.usage, source, expected: "a number of texts that memory holds", found: "\(count)")
    }
    let offsets = try CallerArray.copy(offsets, count: count + 1, source)
    guard let last = offsets.last, offsets.first == 0, zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 }) else {
      throw InputError(.malformed, source, expected: "offsets that begin at 0 and ascend", found: "others")
    }
    let bytes = try CallerArray.copy(bytes, count: last, source)
    let unsigned = bytes.map { UInt8(bitPattern: $0) }
    guard String(validating: unsigned, as: UTF8.self) != nil,
      // No text begins in the midst of a character.
      offsets.allSatisfy({ Int($0) == unsigned.count || unsigned[Int($0)] & 0xC0 != 0x80 }),
      let column = StringColumn(offsets: Buffer(offsets.map { UInt64($0) }), bytes: Buffer(unsigned))
    else { throw InputError(.malformed, source, expected: "UTF-8", found: "bytes that are not") }
    return column
  }

  /// - Throws: also where an id is empty or has a zero byte.
  func ids(_ source: String = "ids") throws -> StringColumn? { try column(source) }
}

extension semid_matrix {
  /// nil: no matrix. In place: the matrix lives no longer than the call.
  func matrix(_ source: String) throws -> Matrix? {
    if values == nil, rows == 0, columns == 0 { return nil }
    let count = try CallerArray.product(rows, columns, source)
    try CallerArray.check(values, count: count, source)
    return Matrix(
      rows: Int(rows), columns: Int(columns), values: Buffer(unsafe: values, count: count, keeping: 0))
  }

  /// Vectors as a file would bring them: at least one, and finite.
  func vectors(_ source: String, pool: ThreadPool) throws -> Matrix? {
    guard let matrix = try matrix(source) else { return nil }
    return try EmbeddingSet(vectors: matrix, source: source, pool: pool).vectors
  }

  func required(_ source: String, pool: ThreadPool) throws -> Matrix {
    guard let matrix = try vectors(source, pool: pool) else {
      throw InputError(.usage, source, expected: "vectors", found: "none")
    }
    return matrix
  }
}

extension semid_codes {
  /// nil: no codes. Copied.
  ///
  /// - Parameter sizes: of the levels, where the codes do not bring their own.
  func codes(_ source: String = "codes", sizes: [Int]? = nil) throws -> Codes? {
    if values == nil, rows == 0, levels == 0 { return nil }
    guard levels > 0, levels <= 65_536 else {
      throw InputError(.usage, source, expected: "at least one level", found: "\(levels)")
    }
    let count = try CallerArray.product(rows, levels, source)
    let values = try CallerArray.copy(values, count: Int64(count), source)
    var known = sizes
    if level_sizes != nil {
      known = try CallerArray.copy(level_sizes, count: levels, source).map { Int(clamping: $0) }
    }
    let levels = Int(levels)
    if let known, known.count != levels {
      throw InputError(.mismatch, source, expected: "\(known.count) levels", found: "\(levels)")
    }
    let observed =
      known
      ?? (0..<levels).map { level in
        stride(from: level, to: count, by: levels).reduce(1) { max($0, Int(values[$1]) + 1) }
      }
    return try Codes(levelSizes: observed, values: Buffer(values), source: source)
  }

  func required(_ source: String = "codes", sizes: [Int]? = nil) throws -> Codes {
    guard let codes = try codes(source, sizes: sizes) else {
      throw InputError(.usage, source, expected: "codes", found: "none")
    }
    return codes
  }
}

extension semid_watch {
  var isCancelled: Bool { cancel.map { semid_is_set($0) != 0 } ?? false }

  /// - Throws: `Call.Cancelled` where the caller asked for the end.
  func tell(_ json: @autoclosure () throws -> String) throws {
    if isCancelled { throw Call.Cancelled() }
    guard let progress else { return }
    if try json().withCString({ progress(context, $0) }) != 0 { throw Call.Cancelled() }
  }
}
