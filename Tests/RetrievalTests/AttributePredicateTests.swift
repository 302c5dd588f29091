import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Formats
@testable import Retrieval

@Suite struct AttributePredicateTests {
  /// What one item has, as plainly as it can be said.
  private struct Item {
    var brand: String?
    var price: Double?
    var stock: Int64?
    var isNew: Bool?
    var released: Int64?
  }

  private static let brands = ["Acme", "Smith & Sons", "it's", "Zoë", "日本", ""]

  private static func items(_ count: Int, _ random: inout CounterRandom) -> [Item] {
    (0..<count).map { _ in
      func some<Value>(_ value: Value) -> Value? { random.below(5) == 0 ? nil : value }
      return Item(
        brand: some(brands[random.below(brands.count)]), price: some(Double(random.below(400)) / 4),
        stock: some(Int64(random.below(40)) - 10), isNew: some(random.below(2) == 0),
        released: some(Int64(random.below(100)) * 86_400_000_000))
    }
  }

  /// An index of the items under ids of their own, given in another order, with some ids that no item has.
  private static func index(_ items: [Item], _ folder: TemporaryFolder) throws -> SemanticIndex {
    var catalogue = RandomCatalogue(seed: 51)
    var contents = IndexContents(codes: try catalogue.codes(count: items.count, levelSizes: [7, 9]))
    contents.ids = StringColumn(items.indices.map { "item \($0)" })
    let order = Array(items.indices.reversed()) + [items.count, items.count + 1]
    func column(_ value: (Item) -> Bool) -> Buffer<UInt8> {
      Buffer(order.map { $0 < items.count ? (value(items[$0]) ? 1 : 0) : 1 })
    }
    func integers(_ value: (Item) -> Int64?) -> Buffer<Int64> {
      Buffer(order.map { $0 < items.count ? value(items[$0]) ?? 0 : 7 })
    }
    contents.attributes = AttributeTable(
      source: "table", ids: StringColumn(order.map { "item \($0)" }),
      columns: [
        .init(
          name: "brand",
          values: .init(
            values: .strings(StringColumn(order.map { $0 < items.count ? items[$0].brand ?? "" : "x" })),
            present: column { $0.brand != nil })),
        .init(
          name: "the price",
          values: .init(
            values: .floats(Buffer(order.map { $0 < items.count ? items[$0].price ?? .nan : 0 })),
            // A NaN is no value, whatever the table says.
            present: column { _ in true })),
        .init(name: "stock", values: .init(values: .integers(integers(\.stock)), present: column { $0.stock != nil })),
        .init(
          name: "new",
          values: .init(
            values: .booleans(integers { $0.isNew.map { $0 ? 1 : 0 } }), present: column { $0.isNew != nil })),
        .init(
          name: "released",
          values: .init(values: .times(integers(\.released)), present: column { $0.released != nil })),
      ])
    try IndexBuilder().build(contents, at: folder.file("index"))
    return try SemanticIndex(opening: folder.file("index"))
  }

  @Test func conditionsHoldWhereTheyShould() throws {
    var random = CounterRandom(seed: 50)
    let items = Self.items(700, &random)
    let folder = try TemporaryFolder()
    let index = try Self.index(items, folder)
    try index.verify()
    let day: Int64 = 86_400_000_000
    let cases: [(String, (Item) -> Bool)] = [
      ("brand = Acme", { $0.brand == "Acme" }),
      ("brand == 'Smith & Sons'", { $0.brand == "Smith & Sons" }),
      ("brand = 'it''s' or brand=\"日本\"", { $0.brand == "it's" || $0.brand == "日本" }),
      ("brand in (Acme, Zoë, nobody)", { $0.brand == "Acme" || $0.brand == "Zoë" }),
      ("brand not in (Acme, Zoë)", { $0.brand.map { $0 != "Acme" && $0 != "Zoë" } ?? false }),
      ("brand != Acme", { $0.brand.map { $0 != "Acme" } ?? false }),
      ("not brand = Acme", { $0.brand != "Acme" }),
      ("brand = ''", { $0.brand == "" }),
      ("brand >= B and brand < a", { $0.brand == "Smith & Sons" || $0.brand == "Zoë" }),
      ("brand is null", { $0.brand == nil }),
      ("brand IS NOT NULL", { $0.brand != nil }),
      ("\"the price\" < 20", { $0.price.map { $0 < 20 } ?? false }),
      ("'the price' <= 20.25", { $0.price.map { $0 <= 20.25 } ?? false }),
      ("'the price' >= 10 and 'the price' < 2e1", { $0.price.map { $0 >= 10 && $0 < 20 } ?? false }),
      ("'the price' = 12.5", { $0.price == 12.5 }),
      ("'the price' is null", { $0.price == nil }),
      ("stock = -3", { $0.stock == -3 }),
      ("stock > 2.5", { $0.stock.map { $0 > 2 } ?? false }),
      ("stock <= 2.5", { $0.stock.map { $0 <= 2 } ?? false }),
      ("stock = 2.5", { _ in false }),
      ("stock != 2.5", { $0.stock != nil }),
      ("stock < 1e300", { $0.stock != nil }),
      ("stock > 1e300 or stock < -1e300", { _ in false }),
      ("stock >= 9223372036854775807", { _ in false }),
      ("stock >= 9223372036854775808", { _ in false }),
      ("stock <= 9223372036854775808", { $0.stock != nil }),
      ("stock <> 4", { $0.stock.map { $0 != 4 } ?? false }),
      ("new = true", { $0.isNew == true }),
      ("new < true", { $0.isNew == false }),
      ("not (new = TRUE or stock is null)", { $0.isNew != true && $0.stock != nil }),
      ("released = 1970-01-02", { $0.released == day }),
      ("released > 1970-02-01T00:00:00", { $0.released.map { $0 > 31 * day } ?? false }),
      ("released >= 1970-01-03T00:00:00.000001Z", { $0.released.map { $0 > 2 * day } ?? false }),
      ("released < 1969-12-31T23:59", { _ in false }),
      (
        "brand = Acme and stock > 3 or new = true and not stock > 3",
        { $0.brand == "Acme" && $0.stock ?? 0 > 3 || $0.isNew == true && !($0.stock ?? 0 > 3) }
      ),
    ]
    for (text, holds) in cases {
      let filter = try index.filter(where: AttributePredicate(parsing: text))
      #expect(try filter == index.filter(rows: items.indices.filter { holds(items[$0]) }), "\(text)")
    }
  }

  @Test(arguments: [
    ("", 1, "a column, or a value before \"in\"", "the end"), ("price", 6, "a comparison, \"in\" or \"is\"", "the end"),
    ("price <", 8, "a value", "the end"), ("price < 20 and", 15, "a column, or a value before \"in\"", "the end"),
    ("price < 20 brand = x", 12, "\"and\", \"or\" or the end", "\"brand\""), ("(a = 1", 7, "\")\"", "the end"),
    ("a in = 1", 6, "\"(\" and a list of values", "\"=\""),
    ("a in", 5, "\"(\" and a list of values, or a column of lists", "the end"), ("a in (1, )", 10, "a value", "\")\""),
    ("a in (1 2)", 9, "\",\" or \")\"", "\"2\""), ("a = 'x", 5, "a quote that ends the text", "none"),
    ("a = and", 5, "a value", "\"and\""), ("a is 3", 6, "\"null\" or \"not null\"", "\"3\""),
    ("a ! 3", 3, "a column, a value or a comparison", "\"!\""),
    ("a = 1 & b = 2", 7, "a column, a value or a comparison", "\"&\""),
    ("a not 3", 7, "\"in\"", "\"3\""), ("日 = 日 日", 7, "\"and\", \"or\" or the end", "\"日\""),
  ])
  func faultsPointAtTheCharacter(_ text: String, _ place: Int, _ expected: String, _ found: String) throws {
    let error = try #require(throws: InputError.self) { try AttributePredicate(parsing: text) }
    #expect(error.kind == .usage && error.place == "character \(place)")
    #expect(error.expected == expected && error.found == found)
  }

  @Test func whatTheIndexCannotAnswerIsRefused() throws {
    var random = CounterRandom(seed: 52)
    let folder = try TemporaryFolder()
    let index = try Self.index(Self.items(50, &random), folder)
    for (text, place) in [
      ("brand = a and color = red", 15), ("stock = many", 9), ("new = 1", 7), ("released > soon", 12),
      ("released > 2023-02-29", 12), ("released > 2023-01-01T24:00", 12), ("'the price' = nan", 15),
      ("stock in (1, 2, x)", 17), ("not (stock = 1 and price = 3)", 20),
    ] {
      let error = try #require(throws: InputError.self) {
        try index.filter(where: AttributePredicate(parsing: text))
      }
      #expect(error.place == "character \(place)", "\(text): \(error)")
    }
    // Deep, but not too deep for the stack.
    let nested = { String(repeating: "not (", count: $0) + "stock = 1" + String(repeating: ")", count: $0) }
    #expect(try index.filter(where: AttributePredicate(parsing: nested(90))).count >= 0)
    for depth in [150, 100_000] {
      #expect(throws: InputError.self) { try AttributePredicate(parsing: nested(depth)) }
    }
    let bare = try BuiltIndex(seed: 53, count: 20).index
    let error = try #require(throws: InputError.self) { try bare.filter(where: AttributePredicate(parsing: "a = 1")) }
    #expect(error.remedy?.contains("--attributes") == true)
  }
}
