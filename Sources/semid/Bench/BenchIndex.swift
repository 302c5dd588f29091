import ArgumentParser
import SemanticID

struct BenchIndex: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "index", abstract: "Build and open an index of made-up codes: time, size and memory at any scale.",
    discussion: """
      Example: semid bench index --items 1000000 --levels 4

      Codes are drawn unevenly, as those of real items are: the code of a level is ⌊K·u²⌋ for a uniform u. The index \
      holds codes and ids, no vectors.
      """)

  @Option(help: ArgumentHelp("Items to make up.", valueName: "n"))
  var items = 1_000_000
  @OptionGroup var shape: LevelOptions
  @Option(help: ArgumentHelp("Seed of the codes.", valueName: "n"))
  var seed: UInt64 = 1
  @Option(help: ArgumentHelp("Runs, of which the median counts.", valueName: "n"))
  var repeats = 5
  @Option(help: ArgumentHelp("Keep the index here; by default nowhere.", valueName: "directory"))
  var keep: String?
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--items", items, in: Ranges.items)
    try InputError.check("--repeats", repeats, in: Ranges.rounds)
    try Ranges.checkMemory("--items", bytes: items, shape.sizes.count, 24)
  }

  func execute(_ console: Console) async throws {
    let scratch = try keep.map { try ScratchDirectory(keeping: $0) } ?? ScratchDirectory()
    let codes = try MadeUpCodes.codes(items: items, levelSizes: shape.sizes, seed: seed, pool: console.pool)
    let ids = StringColumn((0..<items).lazy.map { "item-\($0)" })
    let before = ProcessMemory.peak
    var building: [Double] = []
    var opening: [Double] = []
    for _ in 0..<repeats {
      let (_, build) = try await timed {
        try IndexBuilder().build(IndexContents(codes: codes, ids: ids), at: scratch.path("index"), pool: console.pool)
      }
      building.append(build)
      opening.append(try await timed { _ = try SemanticIndex(opening: scratch.path("index")) }.seconds)
    }
    let index = try SemanticIndex(opening: scratch.path("index"))
    let summary = Summary(
      items: items, levelSizes: codes.levelSizes, threads: console.pool.threads,
      buildSeconds: building.sorted()[repeats / 2], openSeconds: opening.sorted()[repeats / 2],
      bytes: index.manifest.bytes, nodes: index.manifest.segments.first?.nodes ?? [],
      peakMemoryBytes: ProcessMemory.peak, peakBeforeBytes: before)
    try console.print(summary) {
      """
      \(Text.count(items, "item")), \(codes.levelSizes.map(String.init).joined(separator: "×")), \
      \(Text.count(console.pool.threads, "thread"))
      built in \(Text.duration(seconds: summary.buildSeconds)), opened in \(Text.duration(seconds: summary.openSeconds)) \
      (medians of \(repeats))
      index \(Text.bytes(summary.bytes)), \(Text.figure(Double(summary.bytes) / Double(items))) bytes an item; \
      nodes a level \(summary.nodes.map { Text.count($0) }.joined(separator: ", "))
      peak memory \(Text.bytes(summary.peakMemoryBytes)), \(Text.bytes(summary.peakBeforeBytes)) of it before building \
      (codes and ids)
      """
    }
  }

  struct Summary: Encodable {
    var items: Int
    var levelSizes: [Int]
    var threads: Int
    var buildSeconds: Double
    var openSeconds: Double
    var bytes: Int
    var nodes: [Int]
    var peakMemoryBytes: Int
    var peakBeforeBytes: Int
  }
}
