import ArgumentParser
import SemanticID

struct BenchExpansion: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "expansion", abstract: "Measure what it takes to widen an ID: microseconds a query.",
    discussion: """
      Example: semid bench expansion --items 1000000 --levels 4 --expand hamming:1
      Example: semid bench expansion --codes codes.npy --queries queries.npy --expand prefix

      A query is widened to its items' rows. By default half of the queries are IDs of items, and half such IDs with \
      another code at one level. One thread, whatever --threads says; that counts for building.
      """)

  @Option(help: ArgumentHelp("Items to make up.", valueName: "n"))
  var items = 1_000_000
  @OptionGroup var shape: LevelOptions
  @Option(
    help: ArgumentHelp("Codes to use instead (.npy, .parquet, .jsonl); made up by default.", valueName: "file"),
    completion: .file(extensions: ["npy", "parquet", "jsonl"]))
  var codes: String?
  @Option(
    help: ArgumentHelp("IDs to widen (.npy, .parquet, .jsonl); made up by default.", valueName: "file"),
    completion: .file(extensions: ["npy", "parquet", "jsonl"]))
  var queries: String?
  @Option(
    help: ArgumentHelp("exact, prefix or hamming:LEVELS; hamming:1 by default.", valueName: "rule"),
    transform: { try ExpansionArgument(parsing: $0) })
  var expand: ExpansionArgument?
  @Option(
    help: ArgumentHelp(
      "Items wanted of a query: IDs are taken until they hold that many; by default all.", valueName: "n"))
  var budget: Int?
  @Option(help: ArgumentHelp("Seed of made-up codes and queries.", valueName: "n"))
  var seed: UInt64 = 1
  @OptionGroup(title: "Common options") var common: GlobalOptions

  private static let madeUpQueries = 1000
  private var rule: Expansion { expand?.rule ?? .hamming(1) }

  func validate() throws {
    try InputError.check("--items", items, in: Ranges.items)
    try InputError.check("--budget", budget, in: Ranges.items)
    if codes == nil { try Ranges.checkMemory("--items", bytes: items, shape.sizes.count, 24) }
    switch rule {
    case .perLevel, .product: throw ValidationError("--expand: expected a rule that needs no codewords")
    default: break
    }
  }

  func execute(_ console: Console) async throws {
    let codes = try MadeUpCodes.codes(of: codes, or: items, levelSizes: shape.sizes, seed: seed, pool: console.pool)
    let queries = try queries.map { try CodesTable(opening: $0, pool: console.pool).rectangular() }
    let scratch = try ScratchDirectory()
    let (index, buildSeconds) = try await timed {
      try IndexBuilder().build(IndexContents(codes: codes), at: scratch.path("index"), pool: console.pool)
      return try SemanticIndex(opening: scratch.path("index"), pool: console.pool)
    }
    let ids = queries.map { queries in (0..<queries.count).map { queries[$0] } } ?? madeUpQueries(codes)
    for id in ids.prefix(20) { _ = index.rows(of: try widen(id, index)) }
    var (times, found) = ([Double](), 0)
    let clock = ContinuousClock()
    for id in ids {
      let start = clock.now
      let rows = index.rows(of: try widen(id, index))
      times.append((clock.now - start) / .microseconds(1))
      found += rows.count
    }
    times.sort()
    let count = max(1, times.count)
    func rank(_ share: Double) -> Double { times.isEmpty ? 0 : times[min(times.count - 1, Int(share * Double(count)))] }
    let summary = Summary(
      items: codes.count, levelSizes: codes.levelSizes, queries: ids.count, found: found, buildSeconds: buildSeconds,
      mean: times.reduce(0, +) / Double(count), p50: rank(0.5), p99: rank(0.99))
    try console.print(summary) {
      """
      \(Text.count(summary.items, "item")), \(codes.levelSizes.map(String.init).joined(separator: "×")), indexed in \
      \(Text.duration(seconds: buildSeconds)); \(Text.count(ids.count, "query", plural: "queries")), \
      \(Text.figure(Double(found) / Double(count))) items each
      \(Text.figure(summary.mean)) µs a query in the mean, p50 \(Text.figure(summary.p50)) µs, p99 \
      \(Text.figure(summary.p99)) µs
      """
    }
  }

  private func widen(_ id: [UInt16], _ index: SemanticIndex) throws -> CandidateSet {
    try index.candidates(around: id, by: rule, budget: budget ?? .max)
  }

  private func madeUpQueries(_ codes: Codes) -> [[UInt16]] {
    var random = CounterRandom(seed: seed, stream: 2)
    return (0..<Self.madeUpQueries).map { number in
      var id = codes[random.below(codes.count)]
      if number % 2 == 1 {
        let level = random.below(id.count)
        id[level] = UInt16(random.below(codes.levelSizes[level]))
      }
      return id
    }
  }

  struct Summary: Encodable {
    var items: Int
    var levelSizes: [Int]
    var queries: Int
    /// Items of all queries together.
    var found: Int
    var buildSeconds: Double
    /// Microseconds a query.
    var mean: Double
    var p50: Double
    var p99: Double
  }
}
