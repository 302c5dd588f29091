package import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Different strings, numbered in the order they came, found again by their bytes.
///
/// Open addressing at half load. Hashes are keyed at random by the system, so that no file can be made to collide; the
/// numbers do not depend on them.
package struct StringTable: Sendable {
  private var bytes: [UInt8] = []
  private var ends: [Int] = []
  private var hashes: [Int] = []
  /// A number plus one in each taken slot.
  private var slots = [UInt32](repeating: 0, count: 16)

  package var count: Int { ends.count }

  package init() {}

  /// - Precondition: the strings differ, as ids do that `Identifiers` has checked.
  package init(_ column: StringColumn) {
    reserve(column.count)
    for row in column.indices { column.withUTF8(at: row) { _ = number(of: $0) } }
  }

  /// The number of `text`, a new one where it is new.
  package mutating func number(of text: UnsafeBufferPointer<UInt8>) -> Int {
    let hash = Self.hash(text)
    var slot = hash & (slots.count - 1)
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      if hashes[number] == hash, isEqual(number, text) { return number }
      slot = (slot + 1) & (slots.count - 1)
    }
    bytes.append(contentsOf: text)
    ends.append(bytes.count)
    hashes.append(hash)
    slots[slot] = UInt32(ends.count)
    if ends.count * 2 > slots.count { reserve(ends.count) }
    return ends.count - 1
  }

  package mutating func number(of text: String) -> Int {
    var text = text
    return text.withUTF8 { number(of: $0) }
  }

  /// The number of `text`; nil where it has none.
  package func find(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
    let hash = Self.hash(text)
    var slot = hash & (slots.count - 1)
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      if hashes[number] == hash, isEqual(number, text) { return number }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  package func find(_ text: String) -> Int? {
    var text = text
    return text.withUTF8 { find($0) }
  }

  /// The bytes of the string of a number, in place.
  package func withUTF8<Result>(
    of number: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    try bytes.withUnsafeBufferPointer {
      try body(UnsafeBufferPointer(rebasing: $0[(number == 0 ? 0 : ends[number - 1])..<ends[number]]))
    }
  }

  /// The strings in their order.
  package func column() -> StringColumn {
    guard let column = StringColumn(offsets: Buffer([0] + ends.map { UInt64($0) }), bytes: Buffer(bytes)) else {
      preconditionFailure("ends ascend by construction")
    }
    return column
  }

  private func isEqual(_ number: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
    let start = number == 0 ? 0 : ends[number - 1]
    guard ends[number] - start == text.count else { return false }
    guard let base = text.baseAddress else { return true }
    return bytes.withUnsafeBufferPointer { memcmp($0.baseAddress.unsafelyUnwrapped + start, base, text.count) == 0 }
  }

  private static func hash(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: UnsafeRawBufferPointer(text))
    return hasher.finalize()
  }

  /// Makes room for `count` strings and as many more.
  private mutating func reserve(_ count: Int) {
    var capacity = slots.count
    while capacity < count * 4 { capacity *= 2 }
    guard capacity > slots.count else { return }
    slots = [UInt32](repeating: 0, count: capacity)
    for (number, hash) in hashes.enumerated() {
      var slot = hash & (capacity - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (capacity - 1) }
      slots[slot] = UInt32(number + 1)
    }
  }
}
