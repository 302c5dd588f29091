import Foundation
import Formats
public import Vectors

/// `manifest.json` of an index directory: what the index is, and which files it consists of.
///
/// It is the last file written. So every file that it names is whole and on disk. Nothing else belongs to the index.
public struct IndexManifest: Codable, Hashable, Sendable {
  package static let fileName = "manifest.json"
  static let formatName = "swift-semantic-id index"
  /// The versions that are read; the last is the one that is written.
  ///
  /// - Versions 1 and 2 had sketches without leaves.
  /// - Version 3: one segment, nothing deleted.
  /// - Version 4: any number of segments, some of their items deleted.
  /// - Version 5: with the digest of the manifest itself (see `ManifestText`) and the files of the model; IDs may end one
  ///   level early, and attributes may be lists.
  static let versions = 3...5
  static let maximumSegments = 4096

  /// Size and digest of one file.
  package struct File: Codable, Hashable, Sendable {
    package var bytes: Int
    package var sha256: String
  }

  /// An immutable part of the index: some items, in their own ID order, in a folder of their own.
  package struct Segment: Codable, Hashable, Sendable {
    /// The folder under `segments`.
    package var name: String
    /// Number of items.
    package var count: Int
    /// Number of trie nodes of each level.
    package var nodes: [Int]
    /// Total length of the item ids in bytes; nil when items are known by their rows.
    package var idBytes: Int?
    /// Number of cells of the sketches; nil without vectors.
    package var cells: Int?
    /// Mean squared norm of the items' prefixes at each level; nil without codebooks.
    package var prefixNorms: [Double]?
    /// The items' attributes, in the order of their files; nil where the index keeps none.
    package var attributes: [Attribute]?
    /// FAISS factory string of the segment where it is not the index's: added items are held Flat until they are
    /// compacted.
    package var faiss: String?
    /// Items that are not part of the index any more; nil: none.
    package var deleted: Deleted?
    /// Every file of the folder by name.
    package var files: [String: File]

    /// Number of items that are not deleted.
    package var liveCount: Int { count - (deleted?.count ?? 0) }
  }

  /// A file beside the segment's folder that marks its deleted items: one bit per position.
  package struct Deleted: Codable, Hashable, Sendable {
    /// The file under `segments`, without its `.npy`.
    package var name: String
    /// Number of items deleted.
    package var count: Int
    package var file: File
  }

  /// One attribute of the items of a segment.
  package struct Attribute: Codable, Hashable, Sendable {
    package var name: String
    package var kind: AttributeColumn.Kind
    /// Number of different values.
    package var values: Int
    /// Number of items that have one.
    package var items: Int
    /// Of lists: the number of pairs of an item and one of its elements.
    package var entries: Int?
    /// Total length of the values in bytes, where they are text.
    package var textBytes: Int?
  }

  package var format = Self.formatName
  package var version = Self.versions.upperBound
  /// The metric by which searches compare vectors.
  public var metric: Metric
  /// Codebook size of each level.
  public var levelSizes: [Int]
  /// Whether the largest code of the last level stands for the end of an ID that is one level shorter; nil: it does not.
  package var mayEndEarly: Bool?
  /// Length of the vectors; 0 when the index has neither vectors nor codebooks.
  public var dimension: Int
  /// SHA-256 fingerprint of the model that made the codes, when it was given.
  public var model: String?
  /// Whether the index keeps a copy of the model, under `models`.
  package var hasTokenizer: Bool?
  /// The files of that model by name; nil in versions before 5.
  package var modelFiles: [String: File]?
  /// FAISS factory string of `vectors.faiss`; nil when the index holds no vectors.
  package var faiss: String?
  /// Cells of the sketches that each item is in; nil: as many as each segment finds good.
  package var sketchCopies: Int?
  /// Whether Flat vectors are kept rounded to bytes, too; nil: they are.
  package var byteVectors: Bool?
  /// Whether the index holds the codebooks, and so can be searched by vector through the trie.
  package var hasCodebooks: Bool
  /// Length of the latent vectors whose codes these are; nil where they are the vectors' own. Queries then go through
  /// the model.
  package var latentDimension: Int?
  /// In the order in which their rows are numbered.
  package var segments: [Segment]

  /// Number of items that are not deleted.
  public var count: Int { segments.reduce(0) { $0 + $1.liveCount } }
  /// Size of all files of the segments.
  package var bytes: Int {
    segments.reduce(0) { $0 + $1.files.values.reduce($1.deleted?.file.bytes ?? 0) { $0 + $1.bytes } }
  }
  /// Whether it is as a build makes it: one segment, nothing deleted, the vectors held as `faiss` says.
  var isCompact: Bool { segments.count == 1 && segments.allSatisfy { $0.deleted == nil && $0.faiss == nil } }
  /// Whether the manifest that was read has a digest of itself, and of the files of the model.
  package var hasDigest: Bool { version >= 5 }
}
