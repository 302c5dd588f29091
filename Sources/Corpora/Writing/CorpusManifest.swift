import Foundation
import Formats
public import Interactions
import Vectors

/// What a corpus directory holds: `manifest.json` in it.
public struct CorpusManifest: Hashable, Sendable, Codable {
  /// One file of rows.
  public struct File: Hashable, Sendable, Codable {
    public var name: String
    public var split: Split?
    public var rows: Int
    public var bytes: Int
    public var sha256: String
  }

  /// A file that the corpus was made from.
  public struct Source: Hashable, Sendable, Codable {
    public var path: String
    public var sha256: String
  }

  public struct Vocabulary: Hashable, Sendable, Codable {
    public var pattern: String
    public var levelSizes: [Int]
    public var specials: [String]
  }

  public struct Items: Hashable, Sendable, Codable {
    public var count: Int
    /// Fewer than items where some share an ID: a model cannot tell those apart.
    public var distinctIDs: Int
  }

  /// `sequences`, `instructions`, `pretrain`, `mini-onerec` or `lc-rec`.
  public var kind: String
  public var version = 1
  /// The form of the rows: `jsonl`, `messages`, …
  public var form: String
  public var seed: UInt64?
  public var items: Items?
  public var vocabulary: Vocabulary?
  public var windows: WindowOptions?
  /// Rows of each task.
  public var tasks: [String: Int]?
  /// Integer vocabularies: what each id stands for.
  public var integers: IntegerVocabulary?
  public var sources: [Source] = []
  public var interactions: InteractionReport?
  public var leftOut: WindowReport?
  public var texts: ItemTexts.Report?
  /// How much of the files of validation and test is held out, where trainers take the loss over all of them.
  public var heldOut: [HeldOutReport]?
  /// What the programs that the files are for will stumble over.
  public var warnings: [String]?
  public var audit: AuditReport?
  public var files: [File] = []

  /// Rows of all files.
  public var rows: Int { files.reduce(0) { $0 + $1.rows } }

  init(
    kind: String, form: String, _ histories: Histories, _ items: ItemCodes, _ vocabulary: TokenVocabulary,
    sources: [Source]
  ) {
    self.kind = kind
    self.form = form
    self.items = Items(count: items.count, distinctIDs: items.distinctIDs)
    self.vocabulary = Vocabulary(
      pattern: vocabulary.spelling.pattern, levelSizes: vocabulary.levelSizes, specials: vocabulary.specials)
    self.interactions = histories.report
    self.sources = sources
  }

  /// Reads the manifest of a corpus directory.
  public static func read(_ directory: String) throws -> CorpusManifest {
    try JSONFile.decode(CorpusManifest.self, path: directory + "/" + CorpusDirectory.manifestName)
  }

  func encoded() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }
}

extension CorpusManifest.Source {
  /// A file as it is now.
  public init(path: String) throws { self.init(path: path, sha256: try SHA256.hexDigest(ofFile: path)) }
}
