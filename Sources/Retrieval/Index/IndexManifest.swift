import Foundation
import Formats
import Vectors

/// `manifest.json` of an index directory: what the index is and which files it consists of.
///
/// It is the last file written: what it names is whole and on disk, and nothing else belongs to the index.
public struct IndexManifest: Codable, Hashable, Sendable {
  public static let fileName = "manifest.json"
  static let formatName = "swift-semantic-id index"
  /// Version 3: one segment, nothing deleted. Version 4: any number of segments, some of their items deleted. Version 5:
  /// IDs may end one level early. What an earlier version can say is written as that version. Versions 1 and 2 had sketches without leaves.
  static let versions = 3...5
  static let maximumSegments = 4096

  /// Size and digest of one file.
  public struct File: Codable, Hashable, Sendable {
    public var bytes: Int
    public var sha256: String
  }

  /// An immutable part of the index: some items, in their own ID order, in a folder of their own.
  public struct Segment: Codable, Hashable, Sendable {
    /// The folder under `segments`.
    public var name: String
    /// Number of items.
    public var count: Int
    /// Number of trie nodes of each level.
    public var nodes: [Int]
    /// Total length of the item ids in bytes; nil when items have no ids but their rows.
    public var idBytes: Int?
    /// Number of cells of the sketches; nil without vectors.
    public var cells: Int?
    /// Mean squared norm of the items' prefixes at each level; nil without codebooks.
    public var prefixNorms: [Double]?
    /// The items' attributes, in the order of their files; nil where the index keeps none.
    public var attributes: [Attribute]?
    /// FAISS factory string where it is not the index's: added items are held Flat until they are compacted.
    public var faiss: String?
    /// Items that are not part of the index any more; nil: none.
    public var deleted: Deleted?
    /// Every file of the folder by name.
    public var files: [String: File]

    /// Number of items that are not deleted.
    public var liveCount: Int { count - (deleted?.count ?? 0) }
  }

  /// A file beside the segment's folder that marks its deleted items: a bit a position.
  public struct Deleted: Codable, Hashable, Sendable {
    /// The file under `segments`, without its `.npy`.
    public var name: String
    /// Number of items deleted.
    public var count: Int
    public var file: File
  }

  /// One attribute of the items of a segment.
  public struct Attribute: Codable, Hashable, Sendable {
    public var name: String
    public var kind: AttributeColumn.Kind
    /// Number of different values.
    public var values: Int
    /// Number of items that have one.
    public var items: Int
    /// Of lists: the number of pairs of an item and one of its elements.
    public var entries: Int?
    /// Total length of the values in bytes, where they are text.
    public var textBytes: Int?
  }

  public var format = Self.formatName
  public var version = Self.versions.lowerBound
  public var metric: SearchMetric
  /// Codebook size of each level.
  public var levelSizes: [Int]
  /// Whether the largest code of the last level stands for the end of an ID that is one level shorter; nil: it does not.
  public var mayEndEarly: Bool?
  /// Length of the vectors; 0 when the index has neither vectors nor codebooks.
  public var dimension: Int
  /// SHA-256 fingerprint of the model that made the codes, when it was given.
  public var model: String?
  /// Whether the index keeps a copy of the model, under `models`.
  public var hasTokenizer: Bool?
  /// FAISS factory string of `vectors.faiss`; nil when the index holds no vectors.
  public var faiss: String?
  /// Cells of the sketches that each item is in; nil: as many as each segment finds good.
  public var sketchCopies: Int?
  /// Whether Flat vectors are kept rounded to bytes, too; nil: they are.
  public var byteVectors: Bool?
  /// Whether the index holds the codebooks, and so can be searched by vector through the trie.
  public var hasCodebooks: Bool
  /// Length of the latent vectors whose codes these are; nil where they are the vectors' own. Queries then go through
  /// the model.
  public var latentDimension: Int?
  /// In the order in which their rows are numbered.
  public var segments: [Segment]

  /// Number of items that are not deleted.
  public var count: Int { segments.reduce(0) { $0 + $1.liveCount } }
  /// Size of all files but this one.
  public var bytes: Int {
    segments.reduce(0) { $0 + $1.files.values.reduce($1.deleted?.file.bytes ?? 0) { $0 + $1.bytes } }
  }
  /// What the version must be to say all this.
  var requiredVersion: Int {
    if mayEndEarly == true { return 5 }
    return segments.count == 1 && segments.allSatisfy { $0.deleted == nil && $0.faiss == nil } ? 3 : 4
  }
}

extension IndexManifest {
  /// Reads and checks the manifest of the index at `directory`.
  ///
  /// - Throws: `InputError` of kind `missing` when there is none, `unsupported` for another version and `malformed`
  ///   for contents that no index has.
  public init(directory: String) throws {
    let path = directory + "/" + Self.fileName
    let file: MappedFile
    do {
      file = try MappedFile(path: path)
    } catch let error as InputError where error.kind == .missing {
      throw InputError(
        .missing, directory, expected: "an index directory", found: "no \(Self.fileName)",
        remedy: "make it with `semid index build`")
    }
    let decoder = JSONDecoder()
    let data = Data(file.bytes)
    // The version first, so that an index of another version is called that, and not malformed.
    struct Head: Decodable {
      var format: String
      var version: Int
    }
    do {
      let head = try decoder.decode(Head.self, from: data)
      guard head.format == Self.formatName else {
        throw InputError(.malformed, path, at: "format", expected: Self.formatName, found: "\"\(head.format)\"")
      }
      guard Self.versions.contains(head.version) else {
        throw InputError(
          .unsupported, path, at: "version", expected: "3 to 5", found: "\(head.version)",
          remedy: "build the index again with this program")
      }
      self = try decoder.decode(Self.self, from: data)
    } catch let error as DecodingError {
      throw InputError(
        .malformed, path, expected: "the manifest of an index", found: Self.describe(error),
        remedy: "build the index again")
    }
    try check(source: path)
  }

  /// Sizes that everything after this multiplies: within bounds that cannot overflow.
  private func check(source: String) throws {
    func require(_ condition: Bool, _ place: String, _ expected: String, _ found: String) throws {
      guard condition else { throw InputError(.malformed, source, at: place, expected: expected, found: found) }
    }
    try require(
      (1...256).contains(levelSizes.count) && levelSizes.allSatisfy { (1...65_536).contains($0) }, "levelSizes",
      "1 to 256 levels of 1 to 65,536 codes", "\(levelSizes.prefix(8))")
    try require(
      mayEndEarly != true || (levelSizes.count > 1 && levelSizes[levelSizes.count - 1] > 1), "mayEndEarly",
      "a level to leave out, of 2 codes and more", "\(levelSizes.prefix(8))")
    try require((0...1 << 24).contains(dimension), "dimension", "0 to 2²⁴", "\(dimension)")
    try require(
      dimension > 0 || !hasCodebooks && faiss == nil, "dimension", "a length of the vectors", "\(dimension)")
    try require(
      latentDimension.map { (1...1 << 24).contains($0) && hasCodebooks && hasTokenizer == true && model != nil }
        ?? true,
      "latentDimension", "a length, codebooks and a model", "\(latentDimension ?? 0)")
    try require(
      hasTokenizer != true
        || model.map { $0.utf8.count == 64 && $0.utf8.allSatisfy(Self.nameCharacters.contains) } == true,
      "model", "a SHA-256 in hexadecimal", "another text")
    try require((1...2).contains(sketchCopies ?? 2), "sketchCopies", "1 or 2", "\(sketchCopies ?? 2)")
    try require(
      (1...Self.maximumSegments).contains(segments.count), "segments", "1 to \(Self.maximumSegments) segments",
      "\(segments.count)")
    try require(requiredVersion <= version, "version", "\(requiredVersion), for what this index holds", "\(version)")
    for segment in segments {
      let place = "segment \(segment.name)"
      try require(
        (0...CodeTrie.maximumCount).contains(segment.count), place, "at most \(CodeTrie.maximumCount) items",
        "\(segment.count)")
      try require(
        segment.nodes.count == levelSizes.count && segment.nodes.allSatisfy { (0...segment.count).contains($0) },
        place, "\(levelSizes.count) numbers of nodes, none above the number of items", "\(segment.nodes.prefix(8))")
      try require(
        (0...1 << 48).contains(segment.idBytes ?? 0), place, "at most 2⁴⁸ bytes of ids", "\(segment.idBytes ?? 0)")
      try require(
        !segment.name.isEmpty && segment.name.utf8.allSatisfy { Self.nameCharacters.contains($0) }, place,
        "a name of letters, digits and hyphens", "another name")
      for attribute in segment.attributes ?? [] {
        try require(
          (0...segment.count).contains(attribute.items)
            && (attribute.items...Int(UInt32.max)).contains(attribute.entries ?? attribute.items)
            && (attribute.kind == .list) == (attribute.entries != nil)
            && (0...(attribute.entries ?? attribute.items)).contains(attribute.values)
            && (0...1 << 48).contains(attribute.textBytes ?? 0), "\(place), attribute \"\(attribute.name)\"",
          "no more values than items, and no more of these than \(segment.count)",
          "\(attribute.values) values of \(attribute.items) items")
      }
      try require(
        (0...segment.count).contains(segment.cells ?? 0) && (faiss == nil || segment.cells != nil), place,
        "a number of cells, at most \(segment.count)", "\(segment.cells.map { "\($0)" } ?? "none")")
      try require(
        !hasCodebooks || segment.prefixNorms?.count == levelSizes.count, place,
        "\(levelSizes.count) prefix norms", "\(segment.prefixNorms?.count ?? 0)")
      try require(faiss != nil || segment.faiss == nil, place, "no vectors, as the index has none", "a FAISS factory")
      guard let deleted = segment.deleted else { continue }
      try require(
        (1...segment.count).contains(deleted.count), place, "1 to \(segment.count) deleted items", "\(deleted.count)")
      try require(
        !deleted.name.isEmpty && deleted.name.utf8.allSatisfy { Self.nameCharacters.contains($0) }, place,
        "a name of letters, digits and hyphens", "another name")
    }
    guard version > Self.versions.lowerBound else { return }
    let rows = segments.reduce(0) { $0 + $1.count }
    try require(
      rows <= CodeTrie.maximumCount, "segments", "at most \(CodeTrie.maximumCount) items in all", "\(rows)")
    let names = segments.map(\.name) + segments.compactMap(\.deleted?.name)
    try require(Set(names).count == names.count, "segments", "names that differ", "one twice")
    // Rows are numbered anew by a compaction: what changes needs names that last.
    try require(
      segments.allSatisfy { $0.idBytes != nil }, "segments", "ids of the items of every segment", "a segment without")
    // One table of ⟨q, codeword⟩ serves all.
    let codewords = Set(segments.map { $0.files[SegmentFile.codewords]?.sha256 })
    try require(codewords.count == 1, "segments", "one set of codebooks", "\(codewords.count)")
  }

  private static let nameCharacters = Set("abcdefghijklmnopqrstuvwxyz0123456789-".utf8)

  func write(directory: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    var manifest = self
    manifest.version = requiredVersion
    let text = String(decoding: try encoder.encode(manifest), as: UTF8.self)
    try AtomicFile.write(text + "\n", to: directory + "/" + Self.fileName)
  }

  private static func describe(_ error: DecodingError) -> String {
    func path(_ context: DecodingError.Context) -> String {
      let keys = context.codingPath.map(\.stringValue).joined(separator: ".")
      return keys.isEmpty ? "" : " at \(keys)"
    }
    return switch error {
    case .keyNotFound(let key, let context): "no \"\(key.stringValue)\"\(path(context))"
    case .typeMismatch(_, let context), .valueNotFound(_, let context): "a value of another type\(path(context))"
    case .dataCorrupted(let context): context.codingPath.isEmpty ? "no JSON" : "an unusable value\(path(context))"
    @unknown default: "something else"
    }
  }
}
