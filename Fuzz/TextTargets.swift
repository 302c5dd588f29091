import CHDF5Reader
import SemanticID

/// Small forms that are taken apart by hand.
extension FuzzTarget {
  static let texts = [csv, vecs, lzf]

  /// Every column as text, as lists of numbers, and all columns side by side.
  private static let csv = FuzzTarget("csv") {
    [
      "item_id,title,embedding\na,\"x, \"\"y\"\"\nz\",\"[1.5, -2]\"\nb,,\"[3e2,\n 4]\"\n",
      ",0,1\r\n0,1.0,2.5\r\n1,nan,-inf\r\n",
      "\u{FEFF}a;b\n1 2\n\n3 4",
    ].map { Array($0.utf8) }
  } run: { bytes in
    let file = try CSVFile(bytes: Buffer(bytes), source: "x.csv")
    for name in file.names.prefix(8) {
      let texts = try file.strings(name)
      do {
        let matrix = try file.matrix(name)
        precondition(matrix.rows == texts.count && matrix.values.count == matrix.rows * matrix.columns, "rows lost")
      } catch is InputError {}
    }
    let matrix = try file.matrix(of: file.names)
    precondition(matrix.values.count == matrix.rows * file.names.count, "fields lost")
  }

  private static let vecs = FuzzTarget("vecs") {
    let row: [UInt8] = [2, 0, 0, 0, 0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]
    return [row, row + row, [3, 0, 0, 0, 1, 2, 3]]
  } run: { bytes in
    for type in [ElementType.float32, .uint8, .int32] {
      do {
        let matrix = try VecsFile.read(
          Buffer(bytes), elementType: type, source: "x.fvecs", pool: ThreadPool(threads: 1))
        precondition(matrix.rows * (4 + matrix.columns * type.size) == bytes.count, "bytes lost")
      } catch is InputError {}
    }
  }

  /// The first byte chooses the room; nothing behind it may be touched.
  private static let lzf = FuzzTarget("lzf") {
    [[3, 2, 1, 2, 3], [4, 0, 5, 0x20, 0], [13, 0, 5, 0xE0, 3, 0]]
  } run: { bytes in
    guard let capacity = bytes.first.map(Int.init) else { return }
    let packed = Array(bytes.dropFirst())
    var target = [UInt8](repeating: 0xAA, count: capacity + 16)
    let count = semid_lzf_unpack(packed, packed.count, &target, capacity)
    precondition(count <= capacity && target[capacity...].allSatisfy { $0 == 0xAA }, "bytes out of bounds")
  }
}
