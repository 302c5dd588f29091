import ArgumentParser
import SemanticID

struct BenchMasks: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "masks", abstract: "Measure the masks of constrained decoding: microseconds a step, at every depth.",
    discussion: """
      Example: semid bench masks --items 1000000 --levels 4 --beams 256
      Example: semid bench masks --codes codes.npy --vocabulary-size 152000 --first-token 151000

      A step writes the mask of every beam, and after a token was chosen for each, takes them on to their next states. \
      The beams of a step stand in the prefixes of items drawn at random. One thread, whatever --threads says; that \
      counts for building.
      """)

  @Option(help: ArgumentHelp("Items to make up.", valueName: "n"))
  var items = 1_000_000
  @OptionGroup var shape: LevelOptions
  @Option(
    help: ArgumentHelp("Codes to use instead (.npy, .parquet, .jsonl); made up by default.", valueName: "file"),
    completion: .file(extensions: ["npy", "parquet", "jsonl"]))
  var codes: String?
  @Option(help: ArgumentHelp("Beams of a step.", valueName: "n"))
  var beams = 256
  @Option(
    help: ArgumentHelp(
      "Masks over so many tokens of a language model; by default over the level only.", valueName: "n"))
  var vocabularySize: Int?
  @Option(help: ArgumentHelp("Token of the first code, with --vocabulary-size.", valueName: "n"))
  var firstToken = 0
  @Option(help: ArgumentHelp("Steps of each depth, of which the median counts.", valueName: "n"))
  var repeats = 200
  @Option(help: ArgumentHelp("Seed of the codes and of the beams.", valueName: "n"))
  var seed: UInt64 = 1
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--items", items, in: Ranges.items)
    try InputError.check("--beams", beams, in: 1...1 << 20)
    try InputError.check("--repeats", repeats, in: Ranges.rounds)
    try InputError.check("--vocabulary-size", vocabularySize, in: 1...ConstraintTokens.largestVocabulary)
    try InputError.check("--first-token", firstToken, in: 0...ConstraintTokens.largestVocabulary - 1)
    if codes == nil { try Ranges.checkMemory("--items", bytes: items, shape.sizes.count, 24) }
    try Ranges.checkMemory("--beams", bytes: beams, vocabularySize ?? shape.sizes.max() ?? 1, 4)
  }

  func execute(_ console: Console) async throws {
    let before = ProcessMemory.peak
    let (codes, constraint, trieSeconds, compileSeconds) = try await built(console)
    var random = CounterRandom(seed: seed, stream: 1)
    var depths: [Depth] = []
    for depth in codes.levelSizes.indices {
      depths.append(try measure(depth, codes, constraint, &random))
    }
    let summary = Summary(
      items: codes.count, levelSizes: codes.levelSizes, beams: beams, vocabularySize: constraint.vocabularySize,
      prefixes: constraint.stateCount, trieSeconds: trieSeconds, compileSeconds: compileSeconds,
      trieBytes: constraint.trieBytes, tableBytes: constraint.tableBytes, peakMemoryBytes: ProcessMemory.peak,
      peakBeforeBytes: before, depths: depths)
    if console.isJSON { return try console.print(summary) { "" } }
    try console.heading(
      """
      \(Text.count(summary.items, "item")), \(codes.levelSizes.map(String.init).joined(separator: "×")), \
      \(Text.count(beams, "beam")), masks of \(Text.count(summary.vocabularySize)) bits
      trie in \(Text.duration(seconds: trieSeconds)), constraint in \(Text.duration(seconds: compileSeconds)); \
      \(Text.bytes(summary.trieBytes)) of the trie, \(Text.bytes(summary.tableBytes)) of masks
      microseconds a step, medians of \(repeats)
      """)
    try console.print(depths, Depth.columns)
  }

  private func built(
    _ console: Console
  ) async throws -> (codes: Codes, constraint: DecodingConstraint, trieSeconds: Double, compileSeconds: Double) {
    let codes = try MadeUpCodes.codes(of: codes, or: items, levelSizes: shape.sizes, seed: seed, pool: console.pool)
    var tokens = ConstraintTokens()
    if let vocabularySize { tokens = ConstraintTokens(.offset(from: firstToken), vocabularySize: vocabularySize) }
    // The trie goes when the constraint is there; what the constraint shares of it stays.
    let (trie, trieSeconds) = try await timed { try CodeTrie(codes, pool: console.pool) }
    let (constraint, seconds) = try await timed { try DecodingConstraint(trie, tokens: tokens, pool: console.pool) }
    return (codes, constraint, trieSeconds, seconds)
  }

  private func measure(
    _ depth: Int, _ codes: Codes, _ constraint: DecodingConstraint, _ random: inout CounterRandom
  ) throws -> Depth {
    let mask = constraint.makeMask(rows: beams)
    let base = vocabularySize == nil ? nil : firstToken
    var (filling, advancing, both): ([Double], [Double], [Double]) = ([], [], [])
    let clock = ContinuousClock()
    for _ in 0..<repeats {
      let chosen = (0..<beams).map { _ in codes[random.below(codes.count)] }
      func tokens(_ level: Int) -> [Int32] {
        let offset = base.map { $0 + codes.levelSizes[..<level].reduce(0, +) } ?? 0
        return chosen.map { Int32(offset) + Int32($0[level]) }
      }
      var states = constraint.start(beams: beams)
      for level in 0..<depth { states = try constraint.advance(states, by: tokens(level)) }
      let next = tokens(depth)
      let start = clock.now
      try constraint.fill(mask, for: states)
      let filled = clock.now
      _ = try constraint.advance(states, by: next)
      let end = clock.now
      filling.append((filled - start) / .microseconds(1))
      advancing.append((end - filled) / .microseconds(1))
      both.append((end - start) / .microseconds(1))
    }
    // Apart from the steps: scores over a whole vocabulary leave nothing else in the caches.
    var scores = [Float](repeating: 0, count: beams * constraint.vocabularySize)
    let applying = (0..<min(repeats, 20)).map { _ in
      let start = clock.now
      scores.withUnsafeMutableBufferPointer { mask.apply(to: $0, columns: constraint.vocabularySize) }
      return (clock.now - start) / .microseconds(1)
    }
    func median(_ times: [Double]) -> Double { times.sorted()[times.count / 2] }
    return Depth(
      depth: depth, mask: median(filling), advance: median(advancing), step: median(both),
      leastStep: both.min() ?? 0, apply: median(applying))
  }

  /// Microseconds of a step in which every beam has written `depth` codes.
  struct Depth: Encodable {
    var depth: Int
    var mask: Double
    var advance: Double
    /// Mask and next states.
    var step: Double
    var leastStep: Double
    /// Scores of tokens that are not allowed set to −∞, beside the step.
    var apply: Double

    static let columns: [Column<Self>] = [
      Column("codes written", .right) { "\($0.depth)" }, Column("mask", .right) { Text.figure($0.mask) },
      Column("next states", .right) { Text.figure($0.advance) }, Column("both", .right) { Text.figure($0.step) },
      Column("least", .right) { Text.figure($0.leastStep) },
      Column("on scores, more", .right) { Text.figure($0.apply) },
    ]
  }

  struct Summary: Encodable {
    var items: Int
    var levelSizes: [Int]
    var beams: Int
    var vocabularySize: Int
    var prefixes: Int
    var trieSeconds: Double
    var compileSeconds: Double
    var trieBytes: Int
    var tableBytes: Int
    var peakMemoryBytes: Int
    var peakBeforeBytes: Int
    var depths: [Depth]
  }
}
