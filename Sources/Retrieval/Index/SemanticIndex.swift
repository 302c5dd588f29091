import Foundation
public import Tokenizers
public import Vectors

/// An index directory, opened: items by semantic ID, by prefix, by item id and by vector.
///
/// Everything is mapped from files, so that opening costs the check of the arrays' bounds and nothing is read that no
/// query asks for (except a FAISS index that is not `Flat`, which FAISS loads). The value may be used from any number
/// of threads; a build over the same directory does not disturb it.
public struct SemanticIndex: Sendable {
  public let path: String
  public let manifest: IndexManifest
  public let lists: InvertedLists
  public let ids: ItemIDs?
  public let codebooks: Codebooks?
  /// What is known of the items besides their ids, and what filters may ask for.
  public let attributes: [AttributeColumn]

  let codewords: Matrix?
  let norms: PrefixNorms?
  let sketch: Sketch?
  let store: VectorStore?
  let scratch: ScratchPool
  let model: IndexTokenizer?

  public var trie: CodeTrie { lists.trie }
  /// Number of items.
  public var count: Int { trie.count }
  public var metric: SearchMetric { manifest.metric }

  /// Opens the index at `path`.
  ///
  /// Checks that every file is there with its exact size and shape and that no array points outside another: linear in
  /// the items at the speed of memory, a few milliseconds a million. `verify` checks everything else.
  ///
  /// - Parameter model: a fingerprint; an index made with another model is refused.
  /// - Throws: `InputError` of kind `missing`, `malformed`, `unsupported` or `mismatch`.
  public init(opening path: String, model: String? = nil, pool: ThreadPool = ThreadPool()) throws {
    var manifest = try IndexManifest(directory: path)
    while true {
      do {
        self = try Self(path: path, manifest: manifest, model: model, pool: pool)
        return
      } catch let error as InputError where error.kind == .missing {
        // A build may have published and removed the old segment since the manifest was read.
        let current = try IndexManifest(directory: path)
        guard current != manifest else { throw error }
        manifest = current
      }
    }
  }

  private init(path: String, manifest: IndexManifest, model: String?, pool: ThreadPool) throws {
    if let model, manifest.model != model {
      throw InputError(
        .mismatch, path, at: "model", expected: "an index made with model \(model.prefix(12))",
        found: manifest.model.map { "model \($0.prefix(12))" } ?? "no model named",
        remedy: "encode and index again with this model, or open the index with its own")
    }
    guard let part = manifest.segments.first else {
      throw InputError(.malformed, path, expected: "a segment", found: "none")
    }
    let folder = IndexDirectory.folder(path, segment: part.name)
    let segment = try Segment(mapping: folder, part, of: manifest, pool: pool)
    self.path = path
    self.manifest = manifest
    lists = segment.lists
    ids = segment.ids
    codebooks = segment.codebooks
    attributes = try AttributeFiles.map(folder, part)
    codewords = segment.codewords
    norms = segment.norms
    sketch = segment.sketch
    scratch = ScratchPool()
    self.model =
      manifest.hasTokenizer == true
      ? manifest.model.map { IndexTokenizer(path: IndexDirectory.folder(path, model: $0), fingerprint: $0) } : nil
    store = try manifest.faiss.map { factory in
      try Self.openVectors(folder + "/" + SegmentFile.vectors, factory, manifest, part)
    }
  }

  private static func openVectors(
    _ path: String, _ factory: String, _ manifest: IndexManifest, _ segment: IndexManifest.Segment
  ) throws -> VectorStore {
    let metric = manifest.metric.faiss
    if factory == "Flat" {
      return .flat(
        try FlatVectorFile(path: path, metric: metric, dimension: manifest.dimension, count: segment.count))
    }
    // FAISS trusts what the file says, so the file must be what was written.
    guard let file = segment.files[SegmentFile.vectors], try SHA256.hexDigest(ofFile: path) == file.sha256 else {
      throw InputError(
        .malformed, path, expected: "the contents whose digest the manifest states", found: "others",
        remedy: "build the index again")
    }
    let index = try FaissIndex(readingFrom: path)
    guard index.dimension == manifest.dimension, index.count == segment.count, index.metric == metric else {
      throw InputError(
        .malformed, path, expected: "\(segment.count) vectors of length \(manifest.dimension)",
        found: "\(index.count) of length \(index.dimension)", remedy: "build the index again")
    }
    return .faiss(index)
  }
}

extension SemanticIndex {
  /// Rows of the items whose ID begins with `prefix`, in ID order: of those that a filter allows.
  ///
  /// - Throws: `InputError` for a filter of another index.
  public func rows(prefix: some Collection<UInt16>, filter: ItemFilter) throws -> [Int] {
    let allowed = try mask(of: filter)?.positions(in: trie.items(prefix: prefix)) ?? []
    return allowed.map { Int(trie.rows[$0]) }
  }

  /// Rows of the items whose ID begins with `prefix`, in ID order.
  public func rows(prefix: some Collection<UInt16>) -> [Int] { rows(at: trie.items(prefix: prefix)) }

  /// Rows of the items at `positions`, in ID order.
  public func rows(at positions: Range<Int>) -> [Int] {
    trie.rows[slice: positions].withUnsafeBufferPointer { $0.map(Int.init) }
  }

  /// Rows of the items with the ID, or with an ID that begins with the prefix, spelt by `text`: `12-4-9` or
  /// `<a_12><b_4><c_9>`.
  ///
  /// - Parameters:
  ///   - prefix: whether fewer levels than the ID has are accepted.
  ///   - filter: the items that may be found.
  /// - Throws: `InputError` with the character at which `text` is no ID of this index; or for a filter of another index.
  public func rows(text: String, prefix: Bool = false, filter: ItemFilter? = nil) throws -> [Int] {
    let codes = try TokenFormat.parse(text, levelSizes: trie.levelSizes, prefix: prefix)
    return try filter.map { try rows(prefix: codes, filter: $0) } ?? rows(prefix: codes)
  }

  /// The row of the item with this id: its text in `ids`, or without ids the row number.
  public func row(id: String) -> Int? {
    if let ids { return ids.row(of: id) }
    return Int(id).flatMap { (0..<count).contains($0) && String($0) == id ? $0 : nil }
  }

  /// The id of the item of `row`: its text in `ids`, or without ids the row number.
  public func id(ofRow row: Int) -> String { ids.map { $0.column[row] } ?? String(row) }

  /// The vector stored for the item of `row`: of length 1 under cosine, approximate where FAISS compresses.
  public func vector(ofRow row: Int) throws -> [Float] {
    guard let store else { throw Self.noVectors(path) }
    return try store.vector(at: Int(trie.positions[row]))
  }

  static func noVectors(_ path: String) -> InputError {
    InputError(
      .unsupported, path, expected: "an index with vectors", found: "one of codes alone",
      remedy: "build it with the items' vectors")
  }
}
