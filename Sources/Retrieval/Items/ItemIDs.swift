import Tokenizers
package import Vectors

/// The ids of items, by row, and a hash table from id to row.
///
/// The table holds row numbers only, in open addressing with linear probing; it is at most three quarters full, is built in linear
/// time and is used where it lies in its file.
package struct ItemIDs: Sendable {
  /// The id of each row.
  package let column: StringColumn
  /// A power of two of slots: a row, or `empty`.
  let table: Buffer<UInt32>

  private static let empty = UInt32.max

  init(column: StringColumn, table: Buffer<UInt32>) {
    self.column = column
    self.table = table
  }

  /// - Throws: `InputError` naming the first id that occurs twice.
  package init(_ column: StringColumn, source: String = "ids") throws {
    var duplicate: (row: Int, earlier: Int)?
    let size = Self.tableSize(count: column.count)
    let table = Buffer<UInt32>(count: size) { table in
      table.update(repeating: Self.empty)
      column.offsets.withUnsafeBufferPointer { offsets in
        column.bytes.withUnsafeBufferPointer { bytes in
          for row in 0..<column.count {
            let id = UnsafeBufferPointer(rebasing: bytes[Int(offsets[row])..<Int(offsets[row + 1])])
            var slot = Self.hash(id) & (size - 1)
            while table[slot] != Self.empty {
              let other = Int(table[slot])
              if bytes[Int(offsets[other])..<Int(offsets[other + 1])].elementsEqual(id) {
                duplicate = (row, other)
                return
              }
              slot = (slot + 1) & (size - 1)
            }
            table[slot] = UInt32(truncatingIfNeeded: row)
          }
        }
      }
    }
    if let duplicate {
      throw InputError(
        .malformed, source, at: "row \(duplicate.row)", expected: "ids that differ",
        found: "\"\(column[duplicate.row])\", which is also the id of row \(duplicate.earlier)",
        remedy: "remove one of the two")
    }
    self.init(column: column, table: table)
  }

  /// The row of the item with this id, or nil.
  package func row(of id: String) -> Int? {
    var id = id
    return id.withUTF8 { id in
      let mask = table.count - 1
      var slot = Self.hash(id) & mask
      // A full turn ends the search even in a table that some damage has left without an empty slot.
      for _ in 0..<table.count {
        let row = table[slot]
        guard row != Self.empty else { return nil }
        if column.withUTF8(at: Int(row), { $0.elementsEqual(id) }) { return Int(row) }
        slot = (slot + 1) & mask
      }
      return nil
    }
  }

  static func tableSize(count: Int) -> Int {
    var size = 16
    while size * 3 < count * 4 { size *= 2 }
    return size
  }

  /// FNV-1a, and MurmurHash3's finisher so that the low bits depend on all.
  private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    hash = (hash ^ hash >> 33) &* 0xFF51_AFD7_ED55_8CCD
    hash = (hash ^ hash >> 33) &* 0xC4CE_B9FE_1A85_EC53
    return Int(truncatingIfNeeded: hash ^ hash >> 33)
  }
}
