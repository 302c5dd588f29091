import Formats
import Vectors

extension ItemBlock {
  /// The columns of Amazon's items.
  static let amazonSchema = ItemSchema(more: [
    .init("price", .number), .init("main_category", .text), .init("features", .text), .init("average_rating", .number),
    .init("rating_number", .number),
  ])

  /// The items of a block of lines of metadata: JSON (2018, 2023), or literals of Python (2014).
  ///
  /// - Returns: the items, and how many lines the block has.
  static func amazonItems(_ block: LineBlock, options: AmazonOptions, source: String) -> (ItemBlock, Int) {
    read(block, amazonSchema, source: source) { line, items in
      if isPython(line) {
        try items.take(line, PythonScanner.self, options, source)
      } else {
        try items.take(line, JSONScanner.self, options, source)
      }
    }
  }

  /// Whether a dictionary's first key stands in single quotes, or is a Python 2 text.
  private static func isPython(_ line: UnsafeRawBufferPointer) -> Bool {
    var rest = line.drop { $0 <= 0x20 }
    guard rest.popFirst() == UInt8(ascii: "{") else { return false }
    let next = rest.first { $0 > 0x20 }
    return next == UInt8(ascii: "'") || next == UInt8(ascii: "u")
  }

  private mutating func take<Scanner: ValueScanner>(
    _ line: UnsafeRawBufferPointer, _ type: Scanner.Type, _ options: AmazonOptions, _ source: String
  ) throws {
    var item = AmazonItem()
    var scanner = Scanner(bytes: line, source: source, place: nil)
    try item.read(&scanner)
    let id = item.parentASIN.isEmpty ? item.asin : item.parentASIN
    guard !id.isEmpty else { return countWithoutID() }
    if item.hasOtherPrice { withOtherPrice += 1 }
    var categories = item.categories
    if categories.isEmpty, !item.mainCategory.isEmpty, options.mainCategory == .fallback {
      categories = item.mainCategory
      withMainCategory += 1
    }
    append(
      texts: [id, item.title, item.description, item.brand, categories, item.mainCategory, item.features],
      numbers: [item.price, item.averageRating, item.ratingNumber])
  }
}

/// One item, as its line says it. Texts are empty and numbers NaN where there is none.
private struct AmazonItem {
  var parentASIN: [UInt8] = []
  var asin: [UInt8] = []
  var title: [UInt8] = []
  /// Parts with a space between them.
  var description: [UInt8] = []
  var brand: [UInt8] = []
  /// Each once, with `, ` between them.
  var categories: [UInt8] = []
  var mainCategory: [UInt8] = []
  /// With `; ` between them.
  var features: [UInt8] = []
  var price = Double.nan
  var hasOtherPrice = false
  var averageRating = Double.nan
  var ratingNumber = Double.nan
  private var seen: Set<String> = []

  mutating func read<Scanner: ValueScanner>(_ scanner: inout Scanner) throws {
    try scanner.members { try take(String(decoding: $0, as: UTF8.self), &$1) }
    try scanner.end()
  }

  private mutating func take<Scanner: ValueScanner>(_ name: String, _ scanner: inout Scanner) throws {
    switch name {
    case "parent_asin": parentASIN = try text(name, &scanner)
    case "asin": asin = try text(name, &scanner)
    case "title": title = try text(name, &scanner)
    case "description": description = try list(name, &scanner, separator: " ", distinct: false)
    case "brand", "store": brand = try text("brand", &scanner)
    case "categories", "category": categories = try list("categories", &scanner, separator: ", ", distinct: true)
    case "main_category", "main_cat": mainCategory = try text("main_category", &scanner)
    case "features", "feature": features = try list("features", &scanner, separator: "; ", distinct: false)
    case "price": try readPrice(&scanner)
    case "average_rating":
      try once(name, scanner)
      averageRating = try scanner.number() ?? .nan
    case "rating_number":
      try once(name, scanner)
      ratingNumber = try scanner.number() ?? .nan
    default: try scanner.skip()
    }
  }

  private mutating func once(_ name: String, _ scanner: some ValueScanner) throws {
    guard seen.insert(name).inserted else {
      throw scanner.unexpected("one member \"\(name)\"; this is the value of the second")
    }
  }

  private mutating func text<Scanner: ValueScanner>(_ name: String, _ scanner: inout Scanner) throws -> [UInt8] {
    try once(name, scanner)
    var text: [UInt8] = []
    _ = try scanner.text(appendingTo: &text)
    return text
  }

  /// A text, or a list of texts, or a list of such lists, as one text.
  private mutating func list<Scanner: ValueScanner>(
    _ name: String, _ scanner: inout Scanner, separator: String, distinct: Bool
  ) throws -> [UInt8] {
    try once(name, scanner)
    var parts: [[UInt8]] = []
    func take(_ scanner: inout Scanner, _ depth: Int) throws {
      if scanner.peek() == UInt8(ascii: "["), depth < 2 {
        try scanner.array { try take(&$1, depth + 1) }
      } else {
        var part: [UInt8] = []
        _ = try scanner.text(appendingTo: &part)
        if !part.isEmpty, !(distinct && parts.contains(part)) { parts.append(part) }
      }
    }
    try take(&scanner, 0)
    return Array(parts.joined(separator: separator.utf8))
  }

  /// A number, or a text such as `$12.99` or `1,299.00`. Anything else is counted and left out.
  private mutating func readPrice<Scanner: ValueScanner>(_ scanner: inout Scanner) throws {
    try once("price", scanner)
    var text: [UInt8] = []
    guard try scanner.text(appendingTo: &text), !text.isEmpty else { return }
    if text.first == UInt8(ascii: "$") { text.removeFirst() }
    // A comma stands before groups of three digits. Elsewhere it may be a decimal one.
    let groups = text.prefix { $0 != UInt8(ascii: ".") }.split(
      separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard groups.dropFirst().allSatisfy({ $0.count == 3 }),
      !text.drop(while: { $0 != UInt8(ascii: ".") }).contains(0x2C)
    else {
      hasOtherPrice = true
      return
    }
    text.removeAll { $0 == UInt8(ascii: ",") }
    if let value = text.withUnsafeBufferPointer(CellText.number), value >= 0 {
      price = value
    } else {
      hasOtherPrice = true
    }
  }
}
