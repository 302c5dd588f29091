import Foundation
import SemanticID

extension CatalogueSourceOptions {
  /// The items in ID order, those that the filters leave.
  func catalogue(
    _ filters: FilterOptions, ids: String? = nil, namesItems: Bool, firstToken: Int?, _ console: Console
  ) throws -> EngineCatalogue {
    if let index = try openIndex(console) {
      guard ids == nil else {
        throw InputError(.usage, "--ids", expected: "codes without an index, which has ids", found: "an index")
      }
      guard let filter = try filters.resolved(in: index, console) else {
        let trie = index.trie
        return EngineCatalogue(trie: trie, shape: index.shape, source: index.path) {
          index.id(ofRow: Int(trie.rows[$0]))
        }
      }
      // A trie of what is left has row numbers of its own; these are the index's, in the same order.
      let rows = try index.rows(prefix: [UInt16](), filter: filter)
      return EngineCatalogue(trie: try index.trie(allowing: filter), shape: index.shape, source: index.path) {
        index.id(ofRow: rows[$0])
      }
    }
    let table = try openCodes(ids: ids, looksBeside: namesItems, firstToken: firstToken, console)
    let (codes, shape) = try table.stored()
    let trie = try CodeTrie(codes, pool: console.pool)
    return EngineCatalogue(trie: trie, shape: shape, source: table.source) {
      let row = Int(trie.rows[$0])
      return table.ids.map { $0[row] } ?? String(row)
    }
  }
}

/// What was written for an engine.
struct ExportSummary: Encodable {
  var output: String
  var format: String
  var items: Int
  /// Different ones.
  var ids: Int
  /// Items whose ID another item has, too.
  var sharedItems: Int
  var levelSizes: [Int]
  /// nil where the format has no tokens.
  var vocabularySize: Int?
  /// How many levels are looked up in tables; nil where the format has none.
  var denseLevels: Int?
  /// FlashRec's --sid; nil without tokens.
  var layout: String?
  var bytes: Int
  var seconds: Double

  init(_ format: String, _ catalogue: EngineCatalogue, output: String, seconds: Double) {
    self.output = output
    self.format = format
    items = catalogue.count
    ids = catalogue.idCount
    sharedItems = catalogue.sharedItems
    levelSizes = catalogue.shape.levelSizes
    bytes = (try? FileManager.default.attributesOfItem(atPath: output)[.size] as? Int) ?? 0
    self.seconds = seconds
  }

  func text() -> String {
    var text = "wrote \(output): \(Text.count(items, "item")), \(Text.count(ids)) different IDs"
    if let vocabularySize { text += ", a vocabulary of \(Text.count(vocabularySize)) tokens" }
    text += ", \(Text.bytes(bytes)), in \(Text.duration(seconds: seconds))"
    if let layout { text += "\nserve it with: --sid-vocab-file \(output) --sid \(layout)" }
    return text
  }
}
