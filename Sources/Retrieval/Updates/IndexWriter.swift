import Formats
import Tokenizers
import Vectors

/// Changes an index directory. Holds the right to do so, and the state last published.
///
/// A state is a manifest and the files that it names. New files are written beside the old ones, under names never used
/// before, and synchronized to disk. Then the manifest is replaced in one step. A kill at any moment leaves the old
/// state or the new one.
struct IndexWriter {
  let directory: IndexDirectory
  let pool: ThreadPool
  let limit: MappingLimit
  private(set) var index: SemanticIndex

  /// - Throws: `InputError` when there is no index, its items have no ids, or another writer is at work.
  init(opening path: String, pool: ThreadPool, limit: MappingLimit = .system) throws {
    // Before the lock, which would make a directory.
    _ = try IndexManifest(directory: path)
    directory = try IndexDirectory(writing: path)
    self.pool = pool
    self.limit = limit
    index = try SemanticIndex(opening: path, reusing: nil, pool: pool, limit: limit)
    guard index.hasIDs else {
      throw InputError(
        .unsupported, path, expected: "an index whose items have ids", found: "one that knows its items by their rows",
        remedy: "build it with ids")
    }
  }

  /// Publishes changes.
  mutating func apply(_ changes: IndexChanges) throws -> UpdateReport {
    var report = UpdateReport()
    var deletions = Deletions(index)
    try deletions.add(changes.deleted, ignoresUnknown: changes.ignoresUnknown, &report)
    var items: SegmentItems?
    if let added = changes.added, added.ids.count > 0 {
      items = try check(added)
      try deletions.replace(added.ids, isAllowed: changes.isReplacing, &report)
    }
    guard items != nil || !deletions.isEmpty else {
      report.items = index.count
      report.segments = index.segments.count
      return report
    }
    // All work in memory comes before any work on disk, so that bad input leaves no trace.
    let builder = try segmentBuilder()
    let segment = try items.map { try builder.prepare($0, pool: pool) }
    var manifest = index.manifest
    try Self.attempt(directory) {
      try deletions.write(to: directory, &manifest)
      if let items, let segment {
        var written = try directory.addSegment { try builder.write(segment, items, in: $0, name: $1, pool: pool) }
        if let faiss = manifest.faiss, faiss != builder.builder.faiss { written.faiss = builder.builder.faiss }
        manifest.segments.append(written)
      }
      manifest.dropEmptySegments()
      // An update that only deletes needs no more files than before.
      if items != nil { try limit.check(publishing: manifest, at: directory.path) }
      try publish(manifest)
    }
    report.items = index.count
    report.segments = index.segments.count
    return report
  }

  /// Merges the segments that the policy names, until it names none.
  mutating func merge(by policy: MergePolicy, _ report: inout UpdateReport) throws {
    // Merging ends: each merge leaves fewer segments, or one without deleted items.
    while try mergeOnce(by: policy, &report) {}
  }

  /// Merges the segments that the policy names now.
  ///
  /// - Returns: whether it named any.
  mutating func mergeOnce(by policy: MergePolicy, _ report: inout UpdateReport) throws -> Bool {
    guard let numbers = policy.next(index.manifest.segments, isRewritable: isFlat) else { return false }
    try merge(numbers, faiss: "Flat", &report)
    return true
  }

  /// Merges all segments into one without deleted items, and leaves a manifest of this version.
  mutating func compact(_ report: inout UpdateReport) throws {
    guard !index.manifest.isCompact, index.count > 0 else {
      // An index of an earlier version gets a digest, at the least.
      if !index.manifest.hasDigest { try publish(index.manifest) }
      return
    }
    try merge(Array(index.segments.indices), faiss: index.manifest.faiss ?? "Flat", &report)
  }

  private func isFlat(_ segment: IndexManifest.Segment) -> Bool {
    (segment.faiss ?? index.manifest.faiss ?? "Flat") == "Flat"
  }

  private mutating func merge(_ numbers: [Int], faiss: String, _ report: inout UpdateReport) throws {
    let segments = numbers.map { index.segments[$0] }
    let items = try SegmentItems(merging: segments, dimension: index.manifest.dimension)
    let builder = try segmentBuilder(faiss: faiss)
    let segment = try builder.prepare(items, pool: pool)
    var manifest = index.manifest
    try Self.attempt(directory) {
      var written = try directory.addSegment { try builder.write(segment, items, in: $0, name: $1, pool: pool) }
      if let whole = manifest.faiss, whole != faiss { written.faiss = faiss }
      manifest.segments[numbers[0]] = written
      for number in numbers.dropFirst().reversed() { manifest.segments.remove(at: number) }
      try publish(manifest)
    }
    report.merges += 1
    report.rewritten += items.codes.count
    report.items = index.count
    report.segments = index.segments.count
  }

  /// Makes the manifest the index's state, and opens it: segments that stay are not opened again.
  private mutating func publish(_ manifest: IndexManifest) throws {
    var manifest = manifest
    // An index of an earlier version becomes one of this version.
    manifest.version = IndexManifest.versions.upperBound
    if manifest.modelFiles == nil { manifest.modelFiles = try index.model?.describeFiles() }
    try directory.publish(manifest)
    index = try SemanticIndex(opening: directory.path, reusing: index, pool: pool, limit: limit)
  }

  /// Runs `body`. When it throws, removes what it wrote.
  private static func attempt(_ directory: IndexDirectory, _ body: () throws -> Void) throws {
    do {
      try body()
    } catch {
      directory.sweep()
      throw error
    }
  }

  private func segmentBuilder(faiss: String = "Flat") throws -> SegmentBuilder {
    var settings = IndexBuilder(metric: index.metric, faiss: faiss)
    settings.sketchCopies = index.manifest.sketchCopies
    settings.byteVectors = index.manifest.byteVectors ?? true
    var builder = SegmentBuilder(
      settings, codebooks: index.codebooks,
      tokenizer: index.manifest.latentDimension == nil ? nil : try index.tokenizer())
    if let first = index.manifest.segments.first, let file = first.files[SegmentFile.codewords] {
      builder.codewords = (
        IndexDirectory.folder(directory.path, segment: first.name) + "/" + SegmentFile.codewords, file
      )
    }
    return builder
  }

  /// Items as a segment takes them: of the index's shape, and with codes.
  private func check(_ added: IndexChanges.Items) throws -> SegmentItems {
    let manifest = index.manifest
    // Before the encoder, whose error would speak of its own input.
    if let vectors = added.vectors {
      guard vectors.columns == manifest.dimension else {
        throw InputError(
          .mismatch, "vectors", expected: "length \(manifest.dimension), the index's", found: "\(vectors.columns)")
      }
      try VectorRows(vectors).check(index.metric, pool)
    } else if manifest.faiss != nil {
      throw InputError(.mismatch, "items", expected: "vectors, as the index holds them", found: "none")
    }
    guard let codes = try added.codes ?? added.vectors.map({ try index.tokenizer().encode($0, pool: pool) }) else {
      throw InputError(.usage, "items", expected: "vectors or codes", found: "neither")
    }
    guard codes.levelSizes == manifest.levelSizes else {
      throw InputError(
        .mismatch, "codes", expected: "levels of \(manifest.levelSizes) codes, the index's",
        found: "\(codes.levelSizes)",
        remedy: added.codes == nil
          ? "the index has a level that its model does not give: bring the items' codes with --codes" : nil)
    }
    var items = SegmentItems(
      codes: codes, ids: added.ids, vectors: manifest.faiss == nil ? nil : added.vectors.map { VectorRows($0) })
    items.attributes = try added.attributes.map { table in
      try table.check(like: index.attributes)
      return try ItemAttributes(table, ids: added.ids, count: codes.count)
    }
    try IndexBuilder(metric: index.metric).check(items, codebooks: nil, tokenizer: nil, pool)
    guard index.rowLimit + codes.count <= CodeTrie.maximumCount else {
      throw InputError(
        .unsupported, index.path, expected: "at most \(CodeTrie.maximumCount) items, deleted ones included",
        found: "\(index.rowLimit + codes.count)", remedy: "compact the index")
    }
    return items
  }
}

extension IndexManifest {
  /// Takes out segments all of whose items are deleted. One stays, so that there is an index.
  fileprivate mutating func dropEmptySegments() {
    let full = segments.filter { $0.liveCount > 0 }
    segments = full.isEmpty ? Array(segments.prefix(1)) : full
  }
}
