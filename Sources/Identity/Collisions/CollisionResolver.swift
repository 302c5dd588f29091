import Formats
public import Tokenizers
public import Vectors

/// Tells items with the same ID apart.
///
/// ```swift
/// let codes = try model.encode(vectors)
/// let resolution = try CollisionResolver().resolve(codes, of: vectors, ids: ids, tokenizer: model)
/// resolution.codes        // unique, as many levels as before
/// resolution.report       // what it cost
/// ```
///
/// The result does not depend on the order of the rows, since items are told apart by their ids. It does where `ids` is nil
/// (a row's number is its id) and where `CollisionOptions.order` is `input`. It never depends on the number of threads.
public struct CollisionResolver: Sendable {
  /// The strategy and its parameters.
  public var options: CollisionOptions

  /// By default colliding items take free codes at the least added distortion.
  public init(_ options: CollisionOptions = CollisionOptions()) { self.options = options }

  /// - Parameters:
  ///   - codes: of `vectors`, by `tokenizer`.
  ///   - ids: one id per row, no two equal; nil names items by their rows.
  ///   - source: what an error calls the items.
  /// - Throws: `InputError` when the inputs do not belong together, when ids are repeated, when there is no item, or when
  ///   there are more items than IDs.
  public func resolve(
    _ codes: Codes, of vectors: Matrix, ids: StringColumn? = nil, tokenizer: any Tokenizer,
    pool: ThreadPool = ThreadPool(), source: String = "items"
  ) throws -> Resolution {
    try check(codes, vectors, ids, tokenizer, pool, source)
    let order = CatalogueOrder(codes, ids: ids, ties: options.order)
    let duplicates = DuplicateVectors(vectors, pool: pool)
    let before = CollisionCounts(order, duplicates: duplicates)
    var resolved = codes
    var tail = Resolution.Tail.none
    var spilled = 0
    switch options.strategy {
    case .minimumDistortion:
      let outcome = try MinimumDistortion(options: options, tokenizer: tokenizer, pool: pool)
        .resolve(codes, of: vectors, ids: ids, duplicates: duplicates, source: source)
      resolved = outcome.codes
      spilled = outcome.spilled
    case .sinkhorn:
      resolved = try Sinkhorn(options: options.sinkhorn, tokenizer: tokenizer, pool: pool)
        .resolve(codes, of: vectors, ids: ids)
    case .extraLevel:
      (resolved, tail) = try ExtraNumbers.extraLevel(codes, order, options.numbering, source: source)
    case .suffix:
      (resolved, tail) = try ExtraNumbers.suffix(codes, order, options.suffix, ids: ids, source: source)
    }
    let isNumbered = options.strategy == .extraLevel || options.strategy == .suffix
    let moved = isNumbered ? [] : Self.changed(codes, resolved)
    let report = ResolutionReport(
      strategy: options.strategy, capacity: options.capacity,
      possibleIDs: codes.levelSizes.reduce(1) { $0 * Double($1) }, duplicateVectors: duplicates.count, before: before,
      after: isNumbered
        ? CollisionCounts(unique: codes.count)
        : CollisionCounts(CatalogueOrder(resolved, ids: ids), duplicates: duplicates),
      itemsMoved: moved.count, itemsSpilled: spilled, longestID: Self.longestID(resolved, tail),
      longestSuffix: Self.longestSuffix(tail),
      distortion: try Distortion(
        vectors, before: codes, after: isNumbered ? codes : resolved, moved: moved, tokenizer: tokenizer, pool: pool))
    return Resolution(ids: ResolvedIDs(codes: resolved, tail: tail), report: report)
  }

  private func check(
    _ codes: Codes, _ vectors: Matrix, _ ids: StringColumn?, _ tokenizer: any Tokenizer, _ pool: ThreadPool,
    _ source: String
  ) throws {
    guard codes.levelSizes == tokenizer.levelSizes, vectors.columns == tokenizer.dimension else {
      throw InputError(
        .mismatch, source,
        expected: "codes of \(tokenizer.levelSizes) and vectors of dimension \(tokenizer.dimension), the model's",
        found: "\(codes.levelSizes) and \(vectors.columns)")
    }
    guard codes.count == vectors.rows else {
      throw InputError(
        .mismatch, source, expected: "codes for each of \(vectors.rows) vectors", found: "\(codes.count)")
    }
    guard CollisionOptions.capacityRange.contains(options.capacity),
      options.capacity == 1 || options.strategy == .minimumDistortion
    else {
      throw InputError(
        .usage, "capacity",
        expected: "1 or more items an ID, and more than 1 with strategy "
          + "\(CollisionStrategy.minimumDistortion.rawValue) only",
        found: "\(options.capacity) with strategy \(options.strategy.rawValue)")
    }
    guard options.sinkhorn.epsilon.isFinite, options.sinkhorn.epsilon > 0, options.sinkhorn.iterations > 0,
      options.sinkhorn.rounds > 0
    else {
      throw InputError(
        .usage, "sinkhorn", expected: "an epsilon above 0, at least one iteration and one round",
        found:
          "\(options.sinkhorn.epsilon), \(options.sinkhorn.iterations) iterations, \(options.sinkhorn.rounds) rounds")
    }
    _ = try EmbeddingSet(vectors: vectors, ids: ids, source: source, pool: pool)
    if let ids { try Identifiers.check(ids, source: source) }
  }

  private static func changed(_ a: Codes, _ b: Codes) -> [Int] {
    a.values.withUnsafeBufferPointer { x in
      b.values.withUnsafeBufferPointer { y in
        (0..<a.count).filter { row in
          (row * a.levels..<(row + 1) * a.levels).contains { x[$0] != y[$0] }
        }
      }
    }
  }

  private static func longestID(_ codes: Codes, _ tail: Resolution.Tail) -> Int {
    guard case .code(let tails) = tail else { return codes.levels }
    return codes.levels + (tails.array.contains { $0 >= 0 } ? 1 : 0)
  }

  private static func longestSuffix(_ tail: Resolution.Tail) -> Int {
    guard case .text(let texts) = tail else { return 0 }
    return zip(texts.offsets.array, texts.offsets.array.dropFirst()).map { Int($1 - $0) }.max() ?? 0
  }
}
