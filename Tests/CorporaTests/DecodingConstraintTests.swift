import Corpora
import Retrieval
import Synchronization
import Testing
import Tokenizers
import Vectors

@Suite struct DecodingConstraintTests {
  struct Shape: Sendable, CustomTestStringConvertible {
    var count: Int
    var levelSizes: [Int]
    var ragged = false
    var spelling = 0
    var begin: [Int32] = []
    var end: [Int32] = []
    var padding: [Int32] = []

    var testDescription: String { "\(count) of \(levelSizes)\(ragged ? ", ragged" : ""), spelling \(spelling), \(end)" }

    func tokens(_ random: inout RandomIDs) -> ConstraintTokens {
      var tokens: ConstraintTokens
      switch spelling {
      case 0: tokens = ConstraintTokens(.codes)
      case 1: tokens = ConstraintTokens(.offset(from: 0))
      case 2: tokens = ConstraintTokens(.offset(from: 77), vocabularySize: 5000)
      default: tokens = ConstraintTokens(.table(random.table(levelSizes, below: 4000)), vocabularySize: 4321)
      }
      tokens.begin = begin
      tokens.end = end
      tokens.padding = padding
      return tokens
    }
  }

  static let shapes: [Shape] = [
    Shape(count: 1, levelSizes: [1]),
    Shape(count: 1, levelSizes: [5, 5], spelling: 2),
    Shape(count: 60, levelSizes: [4, 4, 4]),
    Shape(count: 400, levelSizes: [256, 256, 256], spelling: 1),
    Shape(count: 400, levelSizes: [256, 256, 256], spelling: 2, begin: [3], end: [4, 5], padding: [0]),
    Shape(count: 700, levelSizes: [3, 33, 100], spelling: 2, begin: [7, 8, 7], padding: [11, 4999]),
    Shape(count: 700, levelSizes: [2, 300, 7], spelling: 3, end: [4200], padding: [4200, 4001]),
    Shape(count: 500, levelSizes: [31, 65, 1, 2], spelling: 3, begin: [4100], end: [4101]),
    Shape(count: 300, levelSizes: [65_536, 65_536], end: [65_600]),
    Shape(count: 300, levelSizes: [8, 8, 8], ragged: true, end: [9]),
    Shape(count: 300, levelSizes: [8, 40, 90], ragged: true, spelling: 2, begin: [1], end: [2, 3], padding: [3]),
    Shape(count: 300, levelSizes: [8, 40, 90], ragged: true, spelling: 2, padding: [76, 5]),
    Shape(count: 500, levelSizes: [2, 3, 2, 5, 4], ragged: true, spelling: 3, begin: [4005], end: [4004]),
    Shape(count: 800, levelSizes: [1, 700, 9], ragged: true, spelling: 1, end: [711, 712]),
  ]

  @Test(arguments: shapes.indices)
  func masksAreWhatAListOfSequencesAllows(_ number: Int) throws {
    let shape = Self.shapes[number]
    var random = RandomIDs(seed: UInt64(number))
    let tokens = shape.tokens(&random)
    let ids = random.ids(count: shape.count, levelSizes: shape.levelSizes, ragged: shape.ragged)
    let truth = BruteForce(ids, levelSizes: shape.levelSizes, tokens)
    let constraint = try DecodingConstraint(ids: ids, levelSizes: shape.levelSizes, tokens: tokens)

    // A batch whose beams stand at any place of any sequence; one mask for all steps, so that what a row held before must
    // go, whatever it was.
    let beams = 70
    let mask = constraint.makeMask(rows: beams)
    for _ in 0..<12 {
      let written = (0..<beams).map { _ in
        let sequence = truth.sequences[random.random.below(truth.sequences.count)]
        let padding = (0..<random.random.below(3)).compactMap { _ in shape.padding.last }
        let isDoneAtEnd = shape.padding.isEmpty ? 0 : 1
        let length = random.random.below(sequence.count + isDoneAtEnd)
        return length == sequence.count ? sequence + padding : Array(sequence.prefix(length))
      }
      let states = try written.map { try constraint.state(after: $0) }
      try constraint.fill(mask, for: states)
      for (beam, written) in written.enumerated() {
        let allowed = truth.allowed(after: written) ?? []
        #expect(mask.tokens(ofRow: beam) == allowed.sorted(), "\(written)")
        #expect(mask[beam, Int(allowed.first ?? 0)])
      }
      // And a step on: a token of those allowed, at random.
      let chosen = try written.map { try #require(truth.allowed(after: $0)?.sorted().first) }
      let next = try constraint.advance(states, by: chosen)
      #expect(try next == zip(written, chosen).map { try constraint.state(after: $0 + [$1]) })
    }
  }

  @Test(arguments: shapes.indices)
  func everyTokenThatIsNotAllowedIsRefused(_ number: Int) throws {
    let shape = Self.shapes[number]
    var random = RandomIDs(seed: UInt64(number) + 50)
    let tokens = shape.tokens(&random)
    let ids = random.ids(count: min(shape.count, 80), levelSizes: shape.levelSizes, ragged: shape.ragged)
    let truth = BruteForce(ids, levelSizes: shape.levelSizes, tokens)
    let constraint = try DecodingConstraint(ids: ids, levelSizes: shape.levelSizes, tokens: tokens)
    let known: [Int32] =
      (truth.sequences.joined() + tokens.padding + [-1, .min, .max, Int32(constraint.vocabularySize)])
    for _ in 0..<60 {
      let sequence = truth.sequences[random.random.below(truth.sequences.count)]
      let written = Array(sequence.prefix(random.random.below(sequence.count + 1)))
      let state = try constraint.state(after: written)
      let allowed = truth.allowed(after: written) ?? []
      let token = known[random.random.below(known.count)]
      if allowed.contains(token) {
        _ = try constraint.advance([state], by: [token])
      } else {
        // The faulty beam is named, wherever it stands in the batch.
        let first = try #require(truth.sequences.first?.first)
        let place = random.random.below(150)
        var states = constraint.start(beams: 150)
        var chosen = [Int32](repeating: first, count: 150)
        (states[place], chosen[place]) = (state, token)
        let error = #expect(throws: InputError.self) { _ = try constraint.advance(states, by: chosen) }
        #expect(error?.source == "beam \(place) (from 0)" && error?.found == "token \(token)", "\(error as Any)")
      }
      if allowed.isEmpty { #expect(throws: InputError.self) { _ = try constraint.mask([state]) } }
    }
  }

  @Test func statesTellWhatTheyMean() throws {
    let ids: [[UInt16]] = [[0, 1], [0, 1, 2], [0, 3, 0], [2]]
    var tokens = ConstraintTokens(.offset(from: 10))
    tokens.begin = [1]
    tokens.end = [2, 3]
    let constraint = try DecodingConstraint(ids: ids, levelSizes: [3, 4, 5], tokens: tokens)
    func state(_ tokens: Int32...) throws -> UInt32 { try constraint.state(after: tokens) }
    #expect(constraint.vocabularySize == 22 && constraint.words == 1)
    #expect(try constraint.codes(of: state()) == [] && constraint.node(of: state()) == nil)
    #expect(try constraint.codes(of: state(1, 10, 14, 19)) == [0, 1, 2])
    #expect(try constraint.codes(of: state(1, 10, 16, 17)) == [0, 3, 0])
    #expect(try constraint.node(of: state(1, 12)) == CodeTrie.Node(level: 0, index: 1))
    let isID = [
      (try state(1, 10), false), (try state(1, 12), true), (try state(1, 10, 14), true), (try state(1), false),
    ]
    for (state, expected) in isID { #expect(constraint.isID(state) == expected && !constraint.isDone(state)) }
    let done = try state(1, 12, 2, 3)
    #expect(constraint.isDone(done) && constraint.isID(done) && constraint.codes(of: done) == nil)
    #expect(try !constraint.isDone(state(1, 12, 2)) && constraint.isID(state(1, 12, 2)))
    // Nothing follows the end, and a number that is no state is none.
    let error = #expect(throws: InputError.self) { _ = try constraint.mask([constraint.start(), done]) }
    #expect(error?.source == "beam 1 (from 0)")
    #expect(throws: InputError.self) { _ = try constraint.mask([UInt32(constraint.stateCount)]) }
    #expect(throws: InputError.self) { _ = try constraint.advance([.max], by: [10]) }
    #expect(throws: InputError.self) { _ = try constraint.advance([0], by: [1, 1]) }
    let message = #expect(throws: InputError.self) { _ = try constraint.advance([state(1, 10)], by: [13]) }
    #expect(
      message?.description
        == "beam 0 (from 0): after 0: expected token 14 or 16, found token 13")
  }

  /// Every state of a catalogue: the number of allowed tokens is the number of children, and each leads to a state whose
  /// codes are those of its parent and one more.
  @Test func aWholeTrieIsWalked() throws {
    var random = RandomIDs(seed: 9)
    let sizes = [64, 64, 64]
    let ids = random.ids(count: 30_000, levelSizes: sizes)
    let codes = try Codes(levelSizes: sizes, values: Buffer(ids.flatMap { $0 }))
    let trie = try CodeTrie(codes)
    let constraint = try DecodingConstraint(trie, tokens: ConstraintTokens(.offset(from: 5)))
    var states = [constraint.start()]
    var found: [[UInt16]] = []
    for depth in 0..<3 {
      let mask = try constraint.mask(states)
      let pairs = states.indices.flatMap { row in mask.tokens(ofRow: row).map { (states[row], $0) } }
      let next = try constraint.advance(pairs.map(\.0), by: pairs.map(\.1))
      // In ID order, every node once.
      #expect(next.map { constraint.node(of: $0)?.index } == Array(0..<trie.levels[depth].count))
      states = next
      if depth == 2 { found = states.compactMap { constraint.codes(of: $0) } }
    }
    #expect(found == Set(ids).sorted { $0.lexicographicallyPrecedes($1) })
    #expect(states.allSatisfy { constraint.isDone($0) })
    let items = states.reduce(0) { sum, state in
      sum + (constraint.node(of: state).map { trie.items(of: $0).count } ?? 0)
    }
    #expect(items == 30_000)
  }

  @Test func manyThreadsShareOneConstraint() throws {
    var random = RandomIDs(seed: 3)
    let sizes = [100, 100, 100]
    let ids = random.ids(count: 40_000, levelSizes: sizes)
    var tokens = ConstraintTokens(.offset(from: 1001), vocabularySize: 2000)
    tokens.end = [3]
    let one = try DecodingConstraint(ids: ids, levelSizes: sizes, tokens: tokens, pool: ThreadPool(threads: 1))
    let many = try DecodingConstraint(ids: ids, levelSizes: sizes, tokens: tokens, pool: ThreadPool(threads: 4))
    #expect(one.tableBytes == many.tableBytes)
    let different = Mutex(0)
    ThreadPool(threads: 4).run(tasks: 16) { task in
      var random = CounterRandom(seed: 1, stream: UInt64(task))
      let walked = (0..<200).map { _ -> [Int32] in
        let id = ids[random.below(ids.count)]
        return (0..<random.below(4)).map { Int32(1001 + $0 * 100 + Int(id[$0])) }
      }
      let states = walked.compactMap { try? many.state(after: $0) }
      let same = try? many.mask(states).withUnsafeWords { words in
        try one.mask(states).withUnsafeWords { words.elementsEqual($0) }
      }
      if states.count != 200 || same != true { different.withLock { $0 += 1 } }
    }
    #expect(different.withLock { $0 } == 0)
  }

  @Test func aMaskMayServeAnotherConstraint() throws {
    let first = try DecodingConstraint(
      ids: [[1, 2]], levelSizes: [40, 40], tokens: ConstraintTokens(.offset(from: 0)))
    let second = try DecodingConstraint(
      ids: [[39, 3]], levelSizes: [40, 40], tokens: ConstraintTokens(.offset(from: 0)))
    let mask = first.makeMask(rows: 1)
    try first.fill(mask, for: [0])
    try second.fill(mask, for: second.advance([0], by: [39]))
    #expect(mask.tokens(ofRow: 0) == [43])
    try first.fill(mask, for: [0])
    #expect(mask.tokens(ofRow: 0) == [1])
  }

  @Test(arguments: [1, 31, 32, 33, 64, 100])
  func applyingLeavesTheScoresOfAllowedTokens(_ columns: Int) throws {
    var random = RandomIDs(seed: UInt64(columns))
    for count in [1, columns / 2, 40 * columns] {
      let ids = random.ids(count: max(1, count), levelSizes: [columns])
      let constraint = try DecodingConstraint(ids: ids, levelSizes: [columns], tokens: ConstraintTokens())
      let mask = try constraint.mask([0, 0])
      let scores = (0..<2 * columns).map { _ in Float(random.random.normals().0) }
      var masked = scores
      masked.withUnsafeMutableBufferPointer { mask.apply(to: $0, columns: columns) }
      for place in scores.indices {
        let isAllowed = ids.contains([UInt16(place % columns)])
        #expect(masked[place] == (isAllowed ? scores[place] : -.infinity))
      }
    }
  }

  /// A model that fills its table up scores tokens that no mask has a bit for.
  @Test func scoresBehindTheMaskAreMasked() throws {
    let constraint = try DecodingConstraint(ids: [[3]], levelSizes: [40], tokens: ConstraintTokens())
    let mask = try constraint.mask([0, 0])
    for columns in [64, 65, 200] {
      var scores = [Float](repeating: 1, count: 2 * columns)
      scores.withUnsafeMutableBufferPointer { mask.apply(to: $0, columns: columns) }
      for place in scores.indices { #expect(scores[place] == (place % columns == 3 ? 1 : -.infinity)) }
    }
  }

  @Test func tokensThatMeanTwoThingsAreRefused() throws {
    let ids: [[UInt16]] = [[0, 1], [2, 0]]
    func compile(_ tokens: ConstraintTokens) throws {
      _ = try DecodingConstraint(ids: ids, levelSizes: [3, 3], tokens: tokens)
    }
    func tokens(_ codes: ConstraintTokens.CodeTokens, size: Int? = nil, end: [Int32] = []) -> ConstraintTokens {
      var tokens = ConstraintTokens(codes, vocabularySize: size)
      tokens.end = end
      return tokens
    }
    try compile(tokens(.offset(from: 4), size: 10, end: [3]))
    try compile(tokens(.table([[5, 3, 9], [3, 4, 5]]), end: [7]))
    for refused in [
      tokens(.offset(from: 4), size: 9), tokens(.offset(from: 4), end: [6]), tokens(.offset(from: -1)),
      tokens(.offset(from: .max)), tokens(.offset(from: 4), size: .max), tokens(.offset(from: 4), end: [-3]),
      tokens(.table([[5, 3, 9], [3, 4, 4]])), tokens(.table([[5, 3, 9], [3, 4]])), tokens(.table([[5, 3, 9]])),
      tokens(.table([[5, 3, 9], [3, 4, -1]])), tokens(.table([[5, 3, 9], [3, 4, .max]])),
      tokens(.table([[5, 3, 9], [3, 4, 5]]), end: [4]),
    ] {
      #expect(throws: InputError.self) { try compile(refused) }
    }
    #expect(throws: InputError.self) {
      _ = try DecodingConstraint(ids: [], levelSizes: [3, 3], tokens: ConstraintTokens())
    }
    // One ID is the beginning of another, and nothing says which is meant.
    #expect(throws: InputError.self) {
      _ = try DecodingConstraint(ids: [[1], [1, 2]], levelSizes: [3, 3], tokens: ConstraintTokens())
    }
    let codes = try Codes(levelSizes: [3, 3], values: Buffer([0, 1, 2, 0]))
    #expect(throws: InputError.self) { _ = try DecodingConstraint(codes: codes, lengths: Buffer([1])) }
    #expect(throws: InputError.self) { _ = try DecodingConstraint(codes: codes, lengths: Buffer([1, 3])) }
    #expect(throws: InputError.self) { _ = try DecodingConstraint(codes: codes, lengths: Buffer([1, 0])) }
  }
}
