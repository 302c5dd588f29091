import CKernels
import Foundation
import Formats
public import Tokenizers
public import Vectors

/// What an index is made of; row i of everything is the same item.
public struct IndexContents: Sendable {
  /// N×L.
  public var codes: Codes
  /// N×d, as they were encoded: cosine brings them to length 1 itself. Without them nothing can be reranked.
  public var vectors: Matrix?
  /// N ids, all different. Without them items are known by their rows.
  public var ids: StringColumn?
  /// Codebooks whose codewords add up to the vectors, or to the tokenizer's latents. Without them the index answers by
  /// ID, not by vector.
  public var codebooks: Codebooks?
  /// Fingerprint of the model that made the codes.
  public var model: String?
  /// Attributes by which searches may be filtered: of the items whose ids it names; others have none.
  public var attributes: AttributeTable?
  /// The model itself: the index keeps a copy, and needs it to search by vector where codes are of latents.
  public var tokenizer: (any Tokenizer)?

  public init(
    codes: Codes, vectors: Matrix? = nil, ids: StringColumn? = nil, codebooks: Codebooks? = nil, model: String? = nil
  ) {
    self.codes = codes
    self.vectors = vectors
    self.ids = ids
    self.codebooks = codebooks
    self.model = model
  }

  /// - Parameter tokenizer: the model that made the codes.
  public init(codes: Codes, vectors: Matrix? = nil, ids: StringColumn? = nil, tokenizer: any Tokenizer) {
    self.init(
      codes: codes, vectors: vectors, ids: ids, codebooks: tokenizer.additiveCodebooks, model: tokenizer.fingerprint)
    self.tokenizer = tokenizer
  }

  /// The length of the latent vectors that the codes are of; nil where they are of the vectors themselves.
  var latentDimension: Int? {
    tokenizer?.hasLatents == true ? codebooks?.dimension : nil
  }
}

/// Builds index directories.
public struct IndexBuilder: Sendable {
  public var metric: SearchMetric
  /// How FAISS holds the vectors: any factory string whose index gives distances to, or vectors of, single items.
  public var faiss: String
  /// Vectors that an index other than `Flat` is trained on, at most.
  public var trainingVectors = 262_144
  /// Seed of the choice of the vectors to train on.
  public var seed: UInt64 = 0

  public init(metric: SearchMetric = .l2, faiss: String = "Flat") {
    self.metric = metric
    self.faiss = faiss
  }

  /// What `build` is doing, for a progress bar.
  public enum Stage: String, Sendable {
    case sorting, measuring, writing, vectors
  }

  /// Builds the index of `contents` at `path`, over the index that may stand there.
  ///
  /// At any moment, and after a kill or a power cut, the path holds the old index or the new one: the new segment is
  /// written under a name of its own, and is published by the manifest, which is replaced in one step. Readers that
  /// have the old index open keep it.
  ///
  /// - Throws: `InputError` when the parts do not belong together, a vector holds NaN, Inf or, under cosine, has length
  ///   0, an id occurs twice, FAISS refuses, another build is under way there, or the place cannot be written.
  @discardableResult
  public func build(
    _ contents: IndexContents, at path: String, pool: ThreadPool = ThreadPool(),
    progress: (Stage, _ done: Int, _ total: Int) -> Void = { _, _, _ in }
  ) throws -> IndexManifest {
    try check(contents, pool)
    progress(.sorting, 0, contents.codes.count)
    let ids = try contents.ids.map { try ItemIDs($0) }
    let trie = try CodeTrie(contents.codes, pool: pool)
    let lists = InvertedLists(trie, pool: pool)
    progress(.measuring, 0, contents.codes.count)
    var norms = contents.codebooks.map { PrefixNorms(trie, codebooks: $0, pool: pool) }
    if let measured = norms, let vectors = contents.vectors {
      let latents = try contents.latentDimension.flatMap { _ in
        try contents.tokenizer?.latents(of: vectors, pool: pool, source: "vectors")
      }
      norms?.scales = measured.scales(pool: pool) { position in
        let row = Int(trie.rows[position])
        return latents.map { Self.length(of: $0, row: row) } ?? length(of: vectors, row: row)
      }
    }
    let sketch = contents.vectors.map {
      Sketch(trie, $0, byInnerProduct: metric == .innerProduct, isUnit: metric == .cosine, pool: pool)
    }
    let attributes = contents.attributes.map { table in
      table.columns(over: trie, pool: pool) { id in
        ids.map { $0.row(of: id) } ?? Int(id).flatMap { (0..<trie.count).contains($0) && String($0) == id ? $0 : nil }
      }
    }
    let segment = Segment(lists: lists, ids: ids, codebooks: contents.codebooks, norms: norms, sketch: sketch)

    return try IndexDirectory.publish(at: path, tokenizer: contents.tokenizer) { directory, name in
      progress(.writing, 0, trie.count)
      var files = try segment.write(in: directory, pool: pool)
      files.merge(try AttributeFiles.write(attributes ?? [], in: directory)) { $1 }
      if let vectors = contents.vectors {
        files[SegmentFile.vectors] = try write(vectors, trie.rows, in: directory, pool) {
          progress(.vectors, $0, trie.count)
        }
      }
      return IndexManifest(
        metric: metric, levelSizes: trie.levelSizes,
        dimension: contents.tokenizer?.dimension ?? contents.codebooks?.dimension ?? contents.vectors?.columns ?? 0,
        model: contents.model, hasTokenizer: contents.tokenizer == nil ? nil : true,
        faiss: contents.vectors == nil ? nil : faiss, hasCodebooks: contents.codebooks != nil,
        latentDimension: contents.latentDimension,
        segments: [
          IndexManifest.Segment(
            name: name, count: trie.count, nodes: trie.levels.map(\.count), idBytes: ids?.column.bytes.count,
            prefixNorms: norms?.means, attributes: AttributeFiles.entries(attributes ?? []), files: files)
        ])
    }
  }

  private func check(_ contents: IndexContents, _ pool: ThreadPool) throws {
    let count = contents.codes.count
    func require(_ condition: Bool, _ source: String, _ expected: String, _ found: String) throws {
      guard condition else { throw InputError(.mismatch, source, expected: expected, found: found) }
    }
    if let ids = contents.ids { try require(ids.count == count, "ids", "\(count), one a row of codes", "\(ids.count)") }
    if let codebooks = contents.codebooks {
      try require(
        codebooks.levelSizes == contents.codes.levelSizes, "codebooks",
        "the level sizes of the codes, \(contents.codes.levelSizes)", "\(codebooks.levelSizes)")
    }
    if let tokenizer = contents.tokenizer {
      try require(
        tokenizer.levelSizes == contents.codes.levelSizes, "codes",
        "levels of \(tokenizer.levelSizes) codes, the model's",
        "\(contents.codes.levelSizes)")
    }
    try contents.attributes?.check()
    guard let vectors = contents.vectors else { return }
    try require(vectors.rows == count, "vectors", "\(count) rows, one a row of codes", "\(vectors.rows)")
    try require(vectors.columns > 0, "vectors", "at least one column", "0")
    if let dimension = contents.tokenizer?.dimension ?? contents.codebooks?.dimension {
      try require(vectors.columns == dimension, "vectors", "the model's length \(dimension)", "\(vectors.columns)")
    }
    let piece = 1 << 12
    try vectors.withUnsafeBufferPointer { values in
      guard let values = values.baseAddress else { return }
      let width = vectors.columns
      try pool.run(
        tasks: (count + piece - 1) / piece,
        throwing: { task in
          let rows = task * piece..<min(count, (task + 1) * piece)
          let bad = semid_first_non_finite(values + rows.lowerBound * width, rows.count * width)
          guard bad == rows.count * width else {
            throw InputError(
              .malformed, "vectors", at: "row \(rows.lowerBound + bad / width), column \(bad % width)",
              expected: "a number", found: "\(values[rows.lowerBound * width + bad])", remedy: "remove the item")
          }
          guard metric == .cosine else { return }
          for row in rows where !(UnitVector.length(values + row * width, count: width) > 0) {
            throw InputError(
              .malformed, "vectors", at: "row \(row)", expected: "a vector with a direction", found: "length 0",
              remedy: "remove the item or use the metric l2")
          }
        })
    }
  }

  /// The length at which the vector is stored.
  private func length(of vectors: Matrix, row: Int) -> Double {
    metric == .cosine ? 1 : Self.length(of: vectors, row: row)
  }

  private static func length(of vectors: Matrix, row: Int) -> Double {
    vectors.withUnsafeBufferPointer { values in
      values.baseAddress.map { UnitVector.length($0 + row * vectors.columns, count: vectors.columns) } ?? 0
    }
  }

  /// Writes `vectors.faiss` in ID order: a Flat one is streamed, any other is made by FAISS in memory.
  private func write(
    _ vectors: Matrix, _ rows: Buffer<UInt32>, in directory: StagedDirectory, _ pool: ThreadPool,
    _ progress: (Int) -> Void
  ) throws -> IndexManifest.File {
    let name = SegmentFile.vectors
    func piece(_ range: Range<Int>) -> Matrix {
      progress(range.lowerBound)
      return gather(vectors, rows, range, pool)
    }
    if faiss == "Flat" {
      var digest = SHA256()
      let header = FlatVectorFile.header(metric: metric.faiss, dimension: vectors.columns, count: vectors.rows)
      digest.update(header)
      let bytes = try directory.write(name) { writer in
        try writer.write(header)
        for start in stride(from: 0, to: vectors.rows, by: 1 << 13) {
          try piece(start..<min(vectors.rows, start + 1 << 13)).withUnsafeBufferPointer { values in
            digest.update(UnsafeRawBufferPointer(values))
            try writer.write(values)
          }
        }
        return writer.position
      }
      return IndexManifest.File(bytes: bytes, sha256: digest.hexDigest())
    }
    let index = try FaissIndex(
      factory: faiss, metric: metric.faiss, dimension: vectors.columns, count: vectors.rows,
      training: {
        var random = CounterRandom(seed: seed)
        let chosen = random.sample(min(trainingVectors, vectors.rows), below: vectors.rows)
        return gather(vectors, Buffer(chosen.map { UInt32(truncatingIfNeeded: $0) }), 0..<chosen.count, pool)
      }, piece: piece)
    try index.write(to: directory.file(name))
    let made = try FaissIndex(readingFrom: directory.file(name))
    if made.count > 0 {
      do {
        _ = try made.reconstruct(0)
      } catch {
        throw InputError(
          .unsupported, "FAISS factory \"\(faiss)\"", expected: "an index that gives back its vectors",
          found: "one that does not", remedy: "use Flat, SQ8, SQfp16, PQ…np or IVF…")
      }
    }
    return IndexManifest.File(
      bytes: try MappedFile(path: directory.file(name)).count,
      sha256: try SHA256.hexDigest(ofFile: directory.file(name)))
  }

  /// The vectors of `rows[range]`, brought to length 1 under cosine.
  private func gather(_ vectors: Matrix, _ rows: Buffer<UInt32>, _ range: Range<Int>, _ pool: ThreadPool) -> Matrix {
    let width = vectors.columns
    return Matrix(rows: range.count, columns: width) { target in
      guard let target = target.baseAddress else { return }
      vectors.withUnsafeBufferPointer { values in
        rows.withUnsafeBufferPointer { rows in
          guard let values = values.baseAddress else { return }
          pool.run(over: range.count, inPiecesOf: 1 << 9) { piece in
            for index in piece {
              let source = values + Int(rows[range.lowerBound + index]) * width
              if metric == .cosine {
                UnitVector.write(source, count: width, into: target + index * width)
              } else {
                (target + index * width).update(from: source, count: width)
              }
            }
          }
        }
      }
    }
  }
}
