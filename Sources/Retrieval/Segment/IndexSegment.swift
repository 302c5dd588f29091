import Vectors

/// An immutable part of an index, opened: some of its items, with a trie, inverted lists and vectors of their own.
package struct IndexSegment: Sendable {
  /// Its folder's name.
  package let name: String
  /// Row r of this segment is row `firstRow + r` of the index.
  package internal(set) var firstRow: Int
  /// The positions of the items that are not deleted; nil: all.
  package internal(set) var live: ItemMask?
  /// The file that `live` is of.
  var deleted: IndexManifest.Deleted?

  private let contents: Contents

  /// The mapped arrays. An object, so that a search retains one reference per segment, not one per array.
  private final class Contents: Sendable {
    let folder: SegmentFolder
    let arrays: SegmentArrays
    let store: VectorStore?
    let attributeValues: [AttributeValues]

    init(_ folder: SegmentFolder, _ arrays: SegmentArrays, _ store: VectorStore?) {
      self.folder = folder
      self.arrays = arrays
      self.store = store
      attributeValues = arrays.attributes.map { AttributeValues($0, capacity: arrays.trie.count) }
    }
  }

  /// Its files, mapped.
  var folder: SegmentFolder { contents.folder }
  var arrays: SegmentArrays { contents.arrays }
  var store: VectorStore? { contents.store }
  package var trie: CodeTrie { arrays.trie }
  package var lists: InvertedLists { arrays.lists }
  package var ids: ItemIDs? { arrays.ids }
  /// The attributes of the items.
  package var attributes: [AttributeColumn] { arrays.attributes }
  /// Their values by position, in the order of `attributes`.
  var attributeValues: [AttributeValues] { contents.attributeValues }
  /// Number of items, deleted ones too.
  package var count: Int { trie.count }
  /// Number of items that are not deleted.
  package var liveCount: Int { live?.count ?? count }
  /// The rows of the index that are this segment's.
  package var rows: Range<Int> { firstRow..<firstRow + count }

  /// Whether this is the same segment, with the same first row and the same deleted items.
  func isSameState(as other: IndexSegment) -> Bool {
    contents === other.contents && deleted == other.deleted && firstRow == other.firstRow
  }

  /// The position of an id's item, where it is not deleted.
  func position(ofID id: String) -> Int? {
    guard let row = arrays.ids?.row(of: id) else { return nil }
    let position = Int(trie.positions[row])
    return live?.contains(position) == false ? nil : position
  }
}

extension IndexSegment {
  /// Maps a segment's arrays and checks that no number in them points outside another; see `SemanticIndex.init`.
  init(
    mapping entry: IndexManifest.Segment, of manifest: IndexManifest, in folders: IndexFolders, firstRow: Int,
    pool: ThreadPool
  ) throws {
    let folder = try SegmentFolder(folders.segment(entry.name), entry.files)
    name = entry.name
    self.firstRow = firstRow
    contents = Contents(
      folder, try SegmentArrays(mapping: folder, entry, of: manifest, pool: pool),
      try (entry.faiss ?? manifest.faiss).map { factory in
        try Self.openVectors(folder.file(SegmentFile.vectors), factory, manifest, entry)
      })
    try setDeleted(entry.deleted, in: folders)
  }

  /// Reads which items are deleted.
  mutating func setDeleted(_ deleted: IndexManifest.Deleted?, in folders: IndexFolders) throws {
    guard deleted != self.deleted else { return }
    live = try deleted.map { try Tombstones.read(folders.marks($0.name), $0, count: count).inverted }
    self.deleted = deleted
  }

  private static func openVectors(
    _ mapped: MappedFile, _ factory: String, _ manifest: IndexManifest, _ segment: IndexManifest.Segment
  ) throws -> VectorStore {
    let metric = manifest.metric.faiss
    let path = mapped.path
    if factory == "Flat" {
      return .flat(try FlatVectorFile(mapped, metric: metric, dimension: manifest.dimension, count: segment.count))
    }
    // The bytes that are read are the bytes whose digest was checked.
    guard let file = segment.files[SegmentFile.vectors], SHA256.hexDigest(of: mapped) == file.sha256 else {
      throw InputError(
        .malformed, path, expected: "the contents whose digest the manifest states", found: "others",
        remedy: "build the index again")
    }
    let index = try FaissIndex(reading: mapped)
    guard index.dimension == manifest.dimension, index.count == segment.count, index.metric == metric else {
      throw InputError(
        .malformed, path, expected: "\(segment.count) vectors of length \(manifest.dimension)",
        found: "\(index.count) of length \(index.dimension)", remedy: "build the index again")
    }
    return .faiss(index)
  }
}
