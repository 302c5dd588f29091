import CKernels
public import Retrieval
public import Tokenizers
public import Vectors

/// Keeps the beams of a language model inside a catalogue: says, for every beam of a batch, which tokens may come next.
///
///     let constraint = try DecodingConstraint(index.trie, tokens: ConstraintTokens(.offset(from: 32_000)))
///     let mask = constraint.makeMask(rows: 256)
///     var states = constraint.start(beams: 256)
///     while … {
///       try constraint.fill(mask, for: states)        // then score, and choose a token for each beam
///       states = try constraint.advance(states, by: tokens)
///     }
///
/// It is an automaton over the trie of the IDs, whose arrays it shares. A state is a number. A token that the catalogue
/// does not have there is an error that names the beam, never an empty mask or one that allows everything.
///
/// Any number of threads may use a constraint.
public struct DecodingConstraint: Sendable {
  /// How far a beam has come: a number below the number of states.
  public typealias State = UInt32

  package let tokens: ConstraintTokens
  /// Number of tokens of the language model: the bits of a mask.
  public let vocabularySize: Int
  let tree: PrefixTree
  let levelTokens: [LevelTokens]
  let tables: ConstraintTables
  /// The state of the first prefix of each depth, and the first state behind an ID.
  let firsts: [Int]

  /// Sizes of the levels that IDs have.
  public var levelSizes: [Int] { tree.levelSizes }
  package var stateCount: Int { tables.stateCount }
  /// Number of different IDs.
  public var idCount: Int {
    let shorter = tree.levels.dropLast().reduce(0) { sum, level in
      sum + (level.ends?.array.reduce(0) { $0 + $1.nonzeroBitCount } ?? 0)
    }
    return shorter + (tree.levels.last?.codes.count ?? 0)
  }
  /// Number of different beginnings of IDs, whole IDs included.
  package var prefixCount: Int { tree.levels.reduce(0) { $0 + $1.codes.count } }
  /// Words of a row of a mask.
  package var words: Int { (vocabularySize + 31) / 32 }
  /// Bytes of the masks that are kept ready.
  package var tableBytes: Int { tables.tableBytes }
  /// Bytes of the trie's arrays that it uses, and shares with the trie or with the files of an index.
  package var trieBytes: Int { tree.levels.reduce(0) { $0 + $1.codes.count * 2 + $1.children.count * 4 } }

  /// Compiles the constraint of an index's IDs, or of the IDs that a filter leaves.
  ///
  /// - Throws: `InputError` when there is no ID, or the tokens do not fit the levels.
  /// - Complexity: linear in the nodes that have children; a few milliseconds per million items.
  public init(_ trie: CodeTrie, tokens: ConstraintTokens = ConstraintTokens(), pool: ThreadPool = ThreadPool()) throws {
    try self.init(PrefixTree(trie), tokens, pool)
  }

  /// Compiles the constraint of an index's IDs, or of the IDs that a filter leaves, also where IDs may end one level
  /// early.
  ///
  /// - Parameter trie: of IDs as they are stored.
  /// - Throws: as `init(codes:lengths:tokens:pool:)`.
  package init(
    _ trie: CodeTrie, shape: IDShape, tokens: ConstraintTokens = ConstraintTokens(), pool: ThreadPool = ThreadPool()
  ) throws {
    guard let end = shape.endCode else {
      try self.init(trie, tokens: tokens, pool: pool)
      return
    }
    let levels = shape.levels
    var values = trie.codes.array
    var lengths = [UInt8](repeating: UInt8(clamping: levels), count: trie.count)
    for item in 0..<trie.count where values[(item + 1) * levels - 1] == end {
      values[(item + 1) * levels - 1] = 0
      lengths[item] = UInt8(clamping: levels - 1)
    }
    try self.init(
      codes: Codes(levelSizes: shape.levelSizes, values: Buffer(values)), lengths: Buffer(lengths), tokens: tokens,
      pool: pool)
  }

  /// Compiles the constraint of IDs that may differ in length.
  ///
  /// - Parameter lengths: how many of the codes of its row each ID has, at least 1; nil: all.
  /// - Throws: as `init(_:tokens:)`; and when one ID is the beginning of another and no token ends it.
  public init(
    codes: Codes, lengths: Buffer<UInt8>? = nil, tokens: ConstraintTokens = ConstraintTokens(),
    pool: ThreadPool = ThreadPool()
  ) throws {
    guard let lengths else {
      try self.init(CodeTrie(codes, pool: pool), tokens: tokens, pool: pool)
      return
    }
    guard lengths.count == codes.count else {
      throw InputError(
        .mismatch, "lengths of IDs", expected: "\(codes.count), one an ID", found: "\(lengths.count)")
    }
    if let row = lengths.array.firstIndex(where: { !(1...codes.levels).contains(Int($0)) }) {
      throw InputError(
        .malformed, "lengths of IDs", at: "row \(row) (from 0)", expected: "1 to \(codes.levels)",
        found: "\(lengths[row])")
    }
    try self.init(PrefixTree(codes, lengths: lengths), tokens, pool)
  }

  private init(_ tree: PrefixTree, _ tokens: ConstraintTokens, _ pool: ThreadPool) throws {
    guard tree.levels.first?.codes.isEmpty == false else {
      throw InputError(.malformed, "decoding constraint", expected: "at least one ID", found: "none")
    }
    (levelTokens, vocabularySize) = try tokens.resolved(levelSizes: tree.levelSizes)
    if tokens.end.isEmpty, tokens.padding.isEmpty,
      let depth = (1..<tree.levels.count).first(where: { tree.levels[$0 - 1].ends != nil })
    {
      throw InputError(
        .usage, "decoding constraint", at: "IDs of \(depth) codes",
        expected: "IDs of one length, or a token that ends one", found: "longer IDs too, and no such token",
        remedy: "name the token that stands behind an ID")
    }
    self.tree = tree
    self.tokens = tokens
    tables = try ConstraintTables(tree, tokens, levelTokens, vocabularySize: vocabularySize, pool: pool)
    firsts = tables.firsts
  }
}

extension DecodingConstraint {
  /// The state before anything is written: before an ID or, with triggers, in free text.
  public func start() -> State { tokens.triggers.isEmpty ? 0 : State(stateCount - 1) }

  /// The state of `start()` for each of `beams` beams.
  public func start(beams: Int) -> [State] { [State](repeating: start(), count: beams) }

  /// The state of each beam after its token.
  ///
  /// - Throws: `InputError` naming the first beam whose token is not allowed; then no state has changed.
  public func advance(_ states: [State], by tokens: [Int32]) throws -> [State] {
    guard states.count == tokens.count else {
      throw InputError(
        .usage, "decoding", expected: "a token for each of \(states.count) beams", found: "\(tokens.count)")
    }
    var failed = states.count
    let next = [State](unsafeUninitializedCapacity: states.count) { next, count in
      count = states.count
      guard count > 0 else { return }
      failed = semid_constraint_advance(tables.pointer, states, tokens, count, next.baseAddress)
      // Sets every element, also after a fault.
      if failed < count { next[failed...].update(repeating: 0) }
    }
    if failed < states.count { throw fault(beam: failed, states[failed], token: tokens[failed]) }
    return next
  }

  /// The state behind a sequence of tokens, such as what a beam has written so far.
  ///
  /// - Throws: `InputError` naming the first token that is not allowed.
  public func state(after tokens: [Int32]) throws -> State {
    var state = start()
    for (place, token) in tokens.enumerated() {
      do {
        state = try advance([state], by: [token])[0]
      } catch var error as InputError {
        error.place = "token \(place) (from 0)"
        throw error
      }
    }
    return state
  }

  /// The state behind a text that was not written under the constraint, such as a prompt, where tokens trigger IDs.
  ///
  /// The tokens behind the last trigger count, unless an ID's end follows it. Earlier tokens do not: a prompt may hold
  /// IDs that the catalogue does not have. Without triggers a prompt does not count at all.
  ///
  /// - Throws: `InputError` naming a token outside the vocabulary, or a token behind the last trigger that may not
  ///   stand there.
  package func state(behind text: [Int32]) throws -> State {
    if let place = text.firstIndex(where: { !(0..<Int32(vocabularySize)).contains($0) }) {
      throw InputError(
        .usage, "text", at: "token \(place) (from 0)", expected: "tokens from 0 to \(vocabularySize - 1)",
        found: "\(text[place])")
    }
    guard let trigger = text.lastIndex(where: tokens.triggers.contains) else { return start() }
    let written = text[(trigger + 1)...]
    if written.containsRun(tokens.end) { return start() }
    var state: State = 0
    for place in written.indices {
      do {
        state = try advance([state], by: [text[place]])[0]
      } catch var error as InputError {
        error.place = "token \(place) (from 0)"
        throw error
      }
    }
    return state
  }

  /// A mask for `rows` beams, with nothing allowed until it is filled.
  public func makeMask(rows: Int) -> TokenMask { TokenMask(rows: rows, words: words) }

  /// Writes into the mask which tokens each beam may write next.
  ///
  /// - Parameter mask: with as many rows as there are beams.
  /// - Throws: `InputError` naming the first beam that is done, or whose state is none. The mask is then all zeros.
  public func fill(_ mask: TokenMask, for states: [State]) throws {
    precondition(mask.rows == states.count && mask.words == words, "a mask of this size, with a row for each beam")
    if mask.writer != ObjectIdentifier(tables) {
      if mask.writer != nil { mask.clear() }
      mask.writer = ObjectIdentifier(tables)
    }
    let failed = semid_constraint_mask(tables.pointer, states, states.count, mask.storage, words, mask.kinds)
    if failed < states.count {
      mask.clear()
      throw fault(beam: failed, states[failed], token: nil)
    }
  }

  /// A new mask of the tokens that each beam may write next.
  public func mask(_ states: [State]) throws -> TokenMask {
    let mask = makeMask(rows: states.count)
    try fill(mask, for: states)
    return mask
  }
}
