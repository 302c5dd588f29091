import Formats
import Vectors

extension SemanticIndex {
  /// The extensions of files that are read as Roaring bitmaps of row numbers.
  package static let bitmapExtensions = ["roaring", "roar"]

  /// A filter that allows the items listed in a file: a Roaring bitmap of their rows (`.roaring`), or their ids in a
  /// form that `Identifiers` reads.
  ///
  /// - Returns: the filter, and how many of the ids no item has.
  /// - Throws: `InputError` when the file cannot be read, or holds a row that this index does not have.
  package func filter(list path: String) throws -> (filter: ItemFilter, unknown: Int) {
    guard Self.bitmapExtensions.contains(where: { path.lowercased().hasSuffix("." + $0) }) else {
      return filter(ids: try Identifiers.read(path: path))
    }
    var rows: [Int] = []
    try RoaringBitmap.read(path: path, below: rowLimit) { rows.append($0) }
    return (try filter(rows: rows), 0)
  }
}
