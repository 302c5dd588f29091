import ArgumentParser
import SemanticID

/// Which items an answer may hold.
struct FilterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only items whose attributes meet this, such as 'price < 20 and brand in (Acme, \"A & B\")'; also or, not, is null; by default all.",
      valueName: "condition"), transform: AttributePredicate.init(parsing:))
  var filter: AttributePredicate?
  @Option(
    help: ArgumentHelp(
      "Only items listed in a file: ids (.txt, .json, .npy, .parquet, .h5), or rows as a Roaring bitmap (.roaring); by default all.",
      valueName: "file"), completion: .file())
  var allow: String?
  @Option(
    help: ArgumentHelp(
      "No items listed in a file, of the same kinds; by default none are kept out.", valueName: "file"),
    completion: .file())
  var deny: String?

  var isGiven: Bool { filter != nil || allow != nil || deny != nil }

  /// What all of them leave; nil where none is given.
  func resolved(in index: SemanticIndex, _ console: Console) throws -> ItemFilter? {
    guard isGiven else { return nil }
    var left = try filter.map { try index.filter(where: $0) } ?? index.filter { _ in true }
    func list(_ path: String) throws -> ItemFilter {
      let (listed, unknown) = try index.filter(list: path)
      if unknown > 0 { console.note("\(path): \(Text.count(unknown, "id")) of no item of the index") }
      return listed
    }
    if let allow { left = left.intersection(try list(allow)) }
    if let deny { left = left.subtracting(try list(deny)) }
    console.note("\(Text.count(try index.count(under: left))) of \(Text.count(index.count, "item")) pass the filter")
    return left
  }
}
