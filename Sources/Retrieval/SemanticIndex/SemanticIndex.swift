import Foundation
import Formats
package import Tokenizers
public import Vectors

/// An opened index: finds items by semantic ID, by prefix, by item id and by vector.
///
/// Everything is mapped from files. So opening costs a check of the arrays' bounds, and queries read what they need. (A
/// FAISS index that is not `Flat` is loaded.) The value is one published state of the index, and stays that. Any number
/// of threads may use it, and builds and updates of the same directory do not disturb it.
///
/// Items are named by *rows*: those of the first segment, in the order in which it was built, then those of the next.
/// Rows stay the same while items are added and deleted; the row of a deleted item is not used again. Merging segments
/// numbers rows anew. Only an item's id lasts.
public struct SemanticIndex: Sendable {
  package let path: String
  package let manifest: IndexManifest
  /// In the order of their rows.
  package let segments: [IndexSegment]
  package let codebooks: Codebooks?
  /// Number of items that are not deleted.
  public let count: Int

  /// Finds items by vector.
  let searcher: Searcher
  private let whole: WholeTrie

  /// The model that the index keeps.
  var model: IndexTokenizer? { searcher.model }

  /// The metric by which searches compare vectors.
  public var metric: Metric { manifest.metric }
  /// Number of codes of each level, as they are stored.
  public var levelSizes: [Int] { manifest.levelSizes }
  /// What IDs look like: how they are spelled, and how they are stored.
  package var shape: IDShape { IDShape(storedSizes: levelSizes, mayEndEarly: manifest.mayEndEarly == true) }
  /// All rows are below this.
  package var rowLimit: Int { segments.last?.rows.upperBound ?? 0 }
  /// Whether items have ids other than their rows.
  public var hasIDs: Bool { segments.first?.ids != nil }

  /// The one segment, where there is one and nothing of it is deleted.
  var single: IndexSegment? { segments.count == 1 && segments[0].live == nil ? segments[0] : nil }

  /// The trie of all items. It is mapped where the index is one segment. Otherwise it is made once, when it is first
  /// needed, in time linear in the items.
  public var trie: CodeTrie { lists.trie }
  /// The inverted lists of `trie`.
  package var lists: InvertedLists { single?.lists ?? whole.lists }

  /// Opens the index at `path`.
  ///
  /// Checks that every file is there with its exact size and shape and that no array points outside another: linear in
  /// the items at the speed of memory, a few milliseconds per million. `verify` checks everything else.
  ///
  /// - Parameter model: a fingerprint; an index made with another model is refused.
  /// - Throws: `InputError` of kind `missing`, `malformed`, `unsupported` or `mismatch`.
  public init(opening path: String, model: String? = nil, pool: ThreadPool = ThreadPool()) throws {
    self = try Self(opening: path, model: model, reusing: nil, pool: pool)
  }

  /// - Parameter earlier: another state of the same index. Its segments are used again where they still belong to it.
  init(
    opening path: String, model: String? = nil, reusing earlier: SemanticIndex?, pool: ThreadPool,
    limit: MappingLimit = .system
  ) throws {
    let folders = try IndexFolders(opening: path)
    // With a state that is open already, only new files are looked at, and those by name.
    if earlier == nil { try folders.refuseLinks() }
    while true {
      // Before the manifest is read: a later one then is seen as later.
      let state = folders.root.state(of: IndexManifest.fileName)
      let manifest = try IndexManifest(in: folders.root)
      try limit.check(opening: manifest, at: path)
      do {
        self = try Self(in: folders, manifest: manifest, model: model, reusing: earlier, pool: pool)
        return
      } catch let error as InputError where error.kind == .missing {
        // A writer may have published and removed old files since the manifest was read. Its manifest may say the same
        // as the one before the last, so the file is what tells.
        guard folders.root.state(of: IndexManifest.fileName) != state else { throw error }
      }
    }
  }

  private init(
    in folders: IndexFolders, manifest: IndexManifest, model: String?, reusing earlier: SemanticIndex?, pool: ThreadPool
  ) throws {
    let path = folders.root.path
    if let model, manifest.model != model {
      throw InputError(
        .mismatch, path, at: "model", expected: "an index made with model \(model.prefix(12))",
        found: manifest.model.map { "model \($0.prefix(12))" } ?? "no model named",
        remedy: "encode and index again with this model, or open the index with its own")
    }
    var segments: [IndexSegment] = []
    for entry in manifest.segments {
      let firstRow = segments.last?.rows.upperBound ?? 0
      if var segment = earlier?.segments.first(where: { $0.name == entry.name }) {
        segment.firstRow = firstRow
        try segment.setDeleted(entry.deleted, in: folders)
        segments.append(segment)
      } else {
        segments.append(
          try IndexSegment(mapping: entry, of: manifest, in: folders, firstRow: firstRow, pool: pool))
      }
    }
    guard let first = segments.first else {
      throw InputError(.malformed, path, expected: "a segment", found: "none")
    }
    self.path = path
    self.manifest = manifest
    self.segments = segments
    codebooks = first.arrays.codebooks
    var kept = earlier?.manifest.model == manifest.model ? earlier?.model : nil
    if kept == nil, manifest.hasTokenizer == true {
      kept = try manifest.model.map {
        try IndexTokenizer(ModelFolder(folders.model($0)), fingerprint: $0, files: manifest.modelFiles)
      }
    }
    searcher = Searcher(segments, of: manifest, path: path, model: kept, reusing: earlier?.searcher)
    count = searcher.count
    whole = WholeTrie(segments)
  }
}
