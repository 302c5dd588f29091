import CKernels
import Foundation
import Formats
import Tokenizers
public import Vectors

/// Builds index directories.
public struct IndexBuilder: Sendable {
  /// The metric by which searches compare vectors.
  public var metric: Metric
  /// How FAISS holds the vectors: a factory string that `FaissFactory` takes. Such an index gives distances to single
  /// items, or their vectors.
  public var faiss: String
  /// The most vectors that an index other than `Flat` is trained on.
  package var trainingVectors = 262_144
  /// Seed of the choice of training vectors, and of the cells of sketches.
  public var seed: UInt64 = 0
  /// In how many cells of the sketches each item is: 1 or 2. nil: 2 where a trial on the items shows that searches then
  /// scan clearly less, as with text embeddings. Two take twice the memory of sketches.
  package var sketchCopies: Int?
  /// Whether Flat vectors are also kept rounded to one byte per dimension. Searches compare candidates by these bytes
  /// before they read the vectors: less work, for a quarter more memory.
  public var byteVectors = true

  var cells: SketchCells.Options {
    var options = SketchCells.Options()
    options.copies = sketchCopies
    options.seed = seed
    return options
  }

  /// By default vectors are compared by `l2` and held as they are, for exact distances.
  public init(metric: Metric = .l2, faiss: String = "Flat") {
    self.metric = metric
    self.faiss = faiss
  }

  /// What `build` is doing, for a progress bar.
  public enum Stage: String, Sendable {
    /// Sorting the items by their IDs into the tree.
    case sorting
    /// Measuring the norms of the prefixes, by which searches estimate distances.
    case measuring
    /// Making and writing the sketches and everything else but the vectors.
    case writing
    /// Writing the vectors; `done` of `total` items.
    case vectors
  }

  /// Builds the index of `contents` at `path`. An index that stands there is replaced.
  ///
  /// At any moment, also after a kill or a power cut, the path holds the old index or the new one. The new segment is
  /// written under a name of its own. Then the manifest is replaced in one step, which publishes it. Readers that have
  /// the old index open keep it.
  ///
  /// - Parameter progress: called from other threads too, one call at a time.
  /// - Throws: `InputError` when the parts do not belong together; when a vector holds NaN or Inf or, under cosine, has
  ///   length 0; when an id occurs twice; when FAISS refuses; when another build is under way there; or when the place
  ///   cannot be written.
  @discardableResult
  public func build(
    _ contents: IndexContents, at path: String, pool: ThreadPool = ThreadPool(),
    progress: (Stage, _ done: Int, _ total: Int) -> Void = { _, _, _ in }
  ) throws -> IndexManifest {
    // A place that cannot be written to is refused before any work, and before anything is made.
    try Self.check(path)
    var contents = contents
    let items = try SegmentItems(contents)
    if contents.mayEndEarly {
      guard contents.codes.levels > 1, contents.codes.levelSizes.last ?? 0 > 1 else {
        throw InputError(
          .usage, "codes", expected: "a level to leave out, of 2 codes and more", found: "\(contents.codes.levelSizes)")
      }
    }
    contents.codebooks = try contents.codebooks?.extended(to: contents.codes.levelSizes)
    try check(items, codebooks: contents.codebooks, tokenizer: contents.tokenizer, pool)
    if let vectors = contents.vectors, faiss != "Flat" {
      try FaissIndex.check(factory: faiss, metric.faiss, dimension: vectors.columns, count: vectors.rows)
    }
    let builder = SegmentBuilder(self, codebooks: contents.codebooks, tokenizer: contents.tokenizer)
    let segment = try builder.prepare(items, pool: pool, progress)
    var manifest = IndexManifest(
      metric: metric, levelSizes: contents.codes.levelSizes, mayEndEarly: contents.mayEndEarly ? true : nil,
      dimension: contents.tokenizer?.dimension ?? contents.codebooks?.dimension ?? contents.vectors?.columns ?? 0,
      model: contents.model, hasTokenizer: contents.tokenizer == nil ? nil : true,
      faiss: contents.vectors == nil ? nil : faiss, sketchCopies: sketchCopies,
      byteVectors: byteVectors ? nil : false,
      hasCodebooks: contents.codebooks != nil,
      latentDimension: contents.latentDimension, segments: [])
    let directory = try IndexDirectory(writing: path)
    do {
      manifest.modelFiles = try contents.tokenizer.map { try directory.keep($0) }
      let written = try directory.addSegment { staged, name in
        try builder.write(segment, items, in: staged, name: name, pool: pool, progress)
      }
      manifest.segments = [try directory.nameByContent(written)]
      try directory.publish(manifest)
      return manifest
    } catch {
      directory.abandon()
      throw error
    }
  }

  /// Checks that an index may be built at `path`: over an index, or where nothing else stands. For callers that have
  /// much to do before they build.
  ///
  /// - Parameter inputs: the files that are read: see `Output.check`.
  /// - Throws: `InputError` that names a file there that is no part of an index, or is a symbolic link.
  package static func check(_ path: String, reading inputs: [String] = []) throws {
    try IndexDirectory.check(path)
    // The contents of the place were looked at. Now whether it is apart from the inputs.
    try Output.check([.directory(path, DirectoryKind("an index") { _ in nil })], reading: inputs)
  }

  /// The families of FAISS indexes that are taken, as factory strings name them, for help.
  package static let faissFamilies = FaissFactory.families

  /// Refuses parts that do not belong together, and vectors that no search can use.
  func check(
    _ items: SegmentItems, codebooks: Codebooks?, tokenizer: (any Tokenizer)?, _ pool: ThreadPool
  ) throws {
    let count = items.codes.count
    func require(_ condition: Bool, _ source: String, _ expected: String, _ found: String) throws {
      guard condition else { throw InputError(.mismatch, source, expected: expected, found: found) }
    }
    if let ids = items.ids { try require(ids.count == count, "ids", "\(count), one a row of codes", "\(ids.count)") }
    if let codebooks {
      try require(
        codebooks.levelSizes == items.codes.levelSizes, "codebooks",
        "the level sizes of the codes, \(items.codes.levelSizes)", "\(codebooks.levelSizes)")
    }
    if let tokenizer {
      try require(
        items.codes.levelSizes.starts(with: tokenizer.levelSizes)
          && items.codes.levels <= tokenizer.levelSizes.count + 1, "codes",
        "levels of \(tokenizer.levelSizes) codes, the model's, and at most one more",
        "\(items.codes.levelSizes)")
    }
    try require((1...2).contains(sketchCopies ?? 1), "copies in sketches", "1 or 2", "\(sketchCopies ?? 0)")
    try require(trainingVectors >= 1, "vectors to train on", "1 or more", "\(trainingVectors)")
    guard let vectors = items.vectors else { return }
    try require(vectors.count == count, "vectors", "\(count) rows, one a row of codes", "\(vectors.count)")
    try require(vectors.columns > 0, "vectors", "at least one column", "0")
    if let dimension = tokenizer?.dimension ?? codebooks?.dimension {
      try require(vectors.columns == dimension, "vectors", "the model's length \(dimension)", "\(vectors.columns)")
    }
    try vectors.check(metric, pool)
  }
}
