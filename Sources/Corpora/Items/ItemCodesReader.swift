package import Tokenizers
import Vectors

extension ItemCodes {
  /// The items of a table of codes, which must have ids.
  ///
  /// - Throws: `InputError` when the table has no ids, or no items.
  package init(_ table: CodesTable) throws {
    guard let ids = table.ids else {
      throw InputError(
        .missing, table.source, expected: "ids of the items", found: "codes alone",
        remedy: "name a file of them with --ids, put it beside an .npy as ids.json, or name a column with --codes-ids")
    }
    guard ids.count > 0 else { throw InputError(.malformed, table.source, expected: "items", found: "none") }
    self.init(
      ids: ids, codes: table.codes, lengths: table.lengths, sizesAreObserved: table.sizesAreObserved,
      source: table.source, summary: table.summary)
  }

  /// Opens the codes of items: see `CodesTable`.
  ///
  /// - Parameters:
  ///   - idsPath: the ids of an `.npy`; by default `ids.json` beside it.
  ///   - levelSizes: codebook size of every level, which no code may reach; one number stands for every level. nil:
  ///     each level's largest code plus one.
  public static func read(path: String, idsPath: String? = nil, levelSizes: [Int]? = nil) throws -> ItemCodes {
    var options = CodesTable.Options()
    options.idsPath = idsPath
    options.looksBeside = true
    options.sizes = levelSizes.map { .given($0) } ?? .observed
    return try ItemCodes(CodesTable(opening: path, options: options))
  }
}
