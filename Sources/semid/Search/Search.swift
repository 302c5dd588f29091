import ArgumentParser
import SemanticID

struct Search: SemidCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find items by vector, by item or by semantic ID.",
    discussion: """
      Examples:
        semid search index --item A42
        semid search index --vector queries.npy:3 --k 20
        semid search index --id "<a_3><b_9><c_1>"
        semid search index --prefix "<a_3><b_9>"
        semid search index --id "<a_3><b_*><c_1>"
        semid search index --id "<a_3><b_9><c_1>" --expand hamming:1
        semid search index --item A42 --filter "price < 20 and brand = Acme" --deny bought.txt

      A filter is asked on the way, not afterwards: as many items are found as without one, as long as they are there. \
      Attributes are those that the index was built with.
      """)

  @Argument(help: "Index directory.", completion: .directory)
  var index: String
  @Option(help: ArgumentHelp("Vectors to search for; one row (from 0), by default all.", valueName: "file[:row]"))
  var vector: String?
  @Option(help: ArgumentHelp("Item whose vector to search for.", valueName: "id"))
  var item: String?
  @Option(
    help: ArgumentHelp(
      "Items of one full semantic ID, as tokens or as 3-9-1; * for any code of a level.", valueName: "text"))
  var id: String?
  @Option(help: ArgumentHelp("Items whose semantic ID begins so.", valueName: "text"))
  var prefix: String?
  @Option(
    help: ArgumentHelp(
      "With --id, also the IDs around it: prefix, hamming[:levels], per-level[:codewords] or product[:codewords]; by "
        + "default that ID alone.", valueName: "rule"), transform: ExpansionArgument.init(parsing:))
  var expand: ExpansionArgument?
  @Option(name: .shortAndLong, help: ArgumentHelp("Items to show of each query.", valueName: "n"))
  var k = 10
  @Option(help: ArgumentHelp("Items reranked, the best by estimated distance.", valueName: "n"))
  var candidates = SearchOptions().candidates
  @Flag(help: "Compare with every vector, by FAISS.")
  var exact = false
  @OptionGroup(title: "Filters") var filters: FilterOptions
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    let given = [vector, item, id, prefix].count { $0 != nil }
    guard given == 1 else {
      throw ValidationError(
        "expected one of --vector, --item, --id and --prefix, found \(given == 0 ? "none" : "\(given)")")
    }
    guard expand == nil || id != nil else { throw ValidationError("--expand: expected an --id to widen") }
    guard k >= 1, candidates >= 1 else { throw ValidationError("--k and --candidates: expected 1 or more") }
  }

  func execute(_ console: Console) async throws {
    let index = try SemanticIndex(opening: self.index, pool: console.pool)
    let filter = try filters.resolved(in: index, console)
    if let id, expand != nil || id.contains("*") {
      return try widen(id, in: index, filter, console)
    }
    if let text = id ?? prefix {
      let rows = try index.rows(text: text, prefix: prefix != nil, filter: filter)
      if rows.count > k { console.note("\(Text.count(rows.count, "item")) found, \(k) shown; --k shows more") }
      if rows.isEmpty {
        console.note(
          "no item has the \(prefix != nil ? "prefix" : "ID") \(text)" + (filter == nil ? "" : " and passes the filter")
        )
      }
      try console.print(rows.prefix(k).map { Hit(index, row: $0, query: text) }, Self.columns(withDistance: false))
      return
    }
    let (names, queries) = try queries(of: index, console)
    // An item is its own nearest neighbor: it is asked for and left out.
    let own = item.flatMap { index.row(id: $0) }
    // No more than there are, so that one more is a number, too.
    let wanted = min(k, index.rowLimit) + (own == nil ? 0 : 1)
    let results =
      try exact
      ? index.exactSearch(queries, k: wanted, filter: filter, pool: console.pool)
      : index.search(
        queries, options: SearchOptions(k: wanted, candidates: candidates), filter: filter, pool: console.pool)
    let hits = zip(names, results).flatMap { name, result in
      result.hits.filter { $0.row != own }.prefix(k).map { Hit(index, row: $0.row, query: name, distance: $0.distance) }
    }
    try console.print(hits, Self.columns(withDistance: true, withQuery: names.count > 1))
  }

  private func queries(of index: SemanticIndex, _ console: Console) throws -> (names: [String], vectors: Matrix) {
    if let vector {
      let selector = try VectorSelector(parsing: vector)
      let (vectors, input) = try selector.read(pool: console.pool)
      console.tell(input)
      if index.metric == .cosine {
        try vectors.checkDirections(source: selector.path, firstRow: selector.row ?? 0, pool: console.pool)
      }
      return ((0..<vectors.rows).map { String((selector.row ?? 0) + $0) }, vectors)
    }
    let item = item ?? ""
    guard let row = index.row(id: item) else {
      throw InputError(.missing, index.path, expected: "an item of the index", found: "\"\(item)\"")
    }
    let vector = try index.vector(ofRow: row)
    return ([item], Matrix(rows: 1, columns: vector.count, values: vector))
  }

  struct Hit: Encodable {
    var query: String
    var item: String
    var row: Int
    var tokens: String
    var distance: Float?

    init(_ index: SemanticIndex, row: Int, query: String, distance: Float? = nil) {
      self.query = query
      item = index.id(ofRow: row)
      self.row = row
      tokens = index.idText(ofRow: row)
      self.distance = distance
    }
  }

  static func columns(withDistance: Bool, withQuery: Bool = false) -> [Column<Hit>] {
    var columns: [Column<Hit>] = [
      Column("item", shrinks: true) { $0.item }, Column("semantic ID") { $0.tokens },
    ]
    if withQuery { columns.insert(Column("query", .right) { $0.query }, at: 0) }
    if withDistance { columns.append(Column("distance", .right) { Text.figure(Double($0.distance ?? .nan)) }) }
    return columns
  }
}
