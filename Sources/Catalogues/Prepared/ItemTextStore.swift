import Formats
import Vectors

/// Titles and descriptions of the items that interactions keep, in a file without a name: 16 bytes an item in memory.
struct ItemTextStore {
  private let file: UnnamedFile
  private var starts: [UInt64]
  private var titleLengths: [UInt32]
  private var descriptionLengths: [UInt32]

  init(items: Int, in folder: String) throws {
    file = try UnnamedFile(in: folder)
    starts = [UInt64](repeating: 0, count: items)
    titleLengths = [UInt32](repeating: 0, count: items)
    descriptionLengths = [UInt32](repeating: 0, count: items)
  }

  mutating func set(
    _ item: Int, title: UnsafeBufferPointer<UInt8>, description: UnsafeBufferPointer<UInt8>
  ) throws {
    starts[item] = UInt64(file.count)
    titleLengths[item] = UInt32(title.count)
    descriptionLengths[item] = UInt32(description.count)
    try file.append(title)
    try file.append(description)
  }

  /// Bytes of an item's texts.
  func bytes(of item: Int) -> Int { Int(titleLengths[item]) + Int(descriptionLengths[item]) }

  /// The titles and descriptions of some rows: each item is read once, in the order of the file.
  func texts(of items: ArraySlice<UInt32>) throws -> (titles: StringColumn, descriptions: StringColumn) {
    var places: [UInt32: Int] = [:]
    var bytes: [UInt8] = []
    for item in Set(items).sorted(by: { starts[Int($0)] < starts[Int($1)] }) {
      places[item] = bytes.count
      let start = Int(starts[Int(item)])
      try file.read(start..<start + self.bytes(of: Int(item)), appendingTo: &bytes)
    }
    var titles = StringColumnBuilder(rows: items.count)
    var descriptions = StringColumnBuilder(rows: items.count)
    for item in items {
      let start = places[item] ?? 0
      let middle = start + Int(titleLengths[Int(item)])
      titles.bytes += bytes[start..<middle]
      titles.endRow()
      descriptions.bytes += bytes[middle..<middle + Int(descriptionLengths[Int(item)])]
      descriptions.endRow()
    }
    return (titles.column(), descriptions.column())
  }
}
