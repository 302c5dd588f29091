import Formats
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

/// Attributes of an index that changes.
@Suite struct AttributeUpdateTests {
  static func table(_ ids: [String], _ prices: [Int64?], _ brands: [String?]) -> AttributeTable {
    AttributeTable(
      source: "table", ids: StringColumn(ids),
      columns: [
        .init(
          name: "price",
          values: .init(
            values: .integers(Buffer(prices.map { $0 ?? 0 })), present: Buffer(prices.map { $0 == nil ? 0 : 1 }))),
        .init(
          name: "brand",
          values: .init(
            values: .strings(StringColumn(brands.map { $0 ?? "" })),
            present: Buffer(brands.map { $0 == nil ? 0 : 1 }))),
      ])
  }

  @Test func attributesOutliveAdditionsDeletionsAndMerges() throws {
    var random = CounterRandom(seed: 90)
    var catalogue = RandomCatalogue(seed: 91)
    let sizes = [5, 6]
    var known: [String: (price: Int64?, brand: String?, codes: [UInt16])] = [:]
    func items(_ range: Range<Int>) throws -> (ids: [String], codes: Codes, table: AttributeTable) {
      let ids = range.map { "item \($0)" }
      let codes = try catalogue.codes(count: range.count, levelSizes: sizes)
      let prices = range.map { _ in random.below(4) == 0 ? nil : Int64(random.below(50)) }
      let brands = range.map { _ in random.below(4) == 0 ? nil : "b\(random.below(5))" }
      for (place, id) in ids.enumerated() { known[id] = (prices[place], brands[place], codes[place]) }
      return (ids, codes, Self.table(ids, prices, brands))
    }
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    let first = try items(0..<80)
    var contents = IndexContents(codes: first.codes, ids: StringColumn(first.ids))
    contents.attributes = first.table
    try IndexBuilder().build(contents, at: path)
    let live = try LiveIndex(opening: path, options: LiveIndex.Options(merging: nil))

    func check(_ step: String) throws {
      let index = live.current
      try index.verify()
      let cases: [(String, (Int64?, String?) -> Bool)] = [
        ("price < 20", { price, _ in price.map { $0 < 20 } ?? false }),
        ("brand in (b1, b3)", { $1 == "b1" || $1 == "b3" }),
        ("price is null", { price, _ in price == nil }),
        ("not brand = b2 and price >= 25", { $1 != "b2" && $0 ?? 0 >= 25 }),
      ]
      for (text, holds) in cases {
        let filter = try index.filter(where: AttributePredicate(parsing: text))
        let expected = known.filter { holds($1.price, $1.brand) }
        let found = try index.candidates(matching: [nil, nil], filter: filter)
        let rows = found.entries.flatMap { index.rows(of: $0, in: found) }
        #expect(Set(rows.map { index.id(ofRow: $0) }) == Set(expected.keys), "\(step): \(text)")
        #expect(try index.count(under: filter) == expected.count)
        let trie = try index.trie(allowing: filter)
        #expect(trie.count == expected.count && trie.levels[1].count == Set(expected.map(\.value.codes)).count)
      }
    }
    try check("built")
    let second = try items(80..<110)
    _ = try live.update(
      IndexChanges(added: .init(ids: StringColumn(second.ids), codes: second.codes, attributes: second.table)))
    try check("added")
    // Without attributes, and in the place of another.
    let third = try items(100..<130)
    for id in third.ids { known[id]?.price = nil }
    for id in third.ids { known[id]?.brand = nil }
    _ = try live.update(
      IndexChanges(added: .init(ids: StringColumn(third.ids), codes: third.codes), isReplacing: true))
    try check("replaced")
    let deleted = (0..<130).filter { $0 % 3 == 0 }.map { "item \($0)" }
    for id in deleted { known[id] = nil }
    _ = try live.update(IndexChanges(deleted: deleted))
    try check("deleted")
    _ = try live.compact()
    #expect(live.current.segments.count == 1)
    try check("compacted")

    var other = second.table
    other.columns[0].values = other.columns[1].values
    #expect(throws: InputError.self) {
      try live.update(
        IndexChanges(
          added: .init(
            ids: StringColumn(["new"]), codes: try catalogue.codes(count: 1, levelSizes: sizes), attributes: other)))
    }
    try check("refused")
  }
}
