import Foundation
import Formats
package import Interactions
import Vectors

/// The `manifest.json` of a corpus directory: what the corpus is, and which files it has.
public struct CorpusManifest: Hashable, Sendable, Codable {
  /// One file of rows.
  public struct File: Hashable, Sendable, Codable {
    /// Path of the file inside the corpus directory.
    public var name: String
    package var split: Split?
    /// Rows of the file: lines, sequences or documents.
    public var rows: Int
    package var bytes: Int
    package var sha256: String
  }

  /// A file that the corpus was made from.
  public struct Source: Hashable, Sendable, Codable {
    package var path: String
    package var sha256: String
  }

  package struct Vocabulary: Hashable, Sendable, Codable {
    package var pattern: String
    package var levelSizes: [Int]
    package var specials: [String]
  }

  package struct Items: Hashable, Sendable, Codable {
    package var count: Int
    /// Number of different IDs: fewer than items where some share an ID, which a model cannot tell apart.
    package var distinctIDs: Int
  }

  /// `sequences`, `instructions`, `pretrain`, `mini-onerec` or `lc-rec`.
  package var kind: String
  package var version = 1
  /// The form of the rows: `jsonl`, `messages`, …
  package var form: String
  package var seed: UInt64?
  package var items: Items?
  package var vocabulary: Vocabulary?
  package var windows: WindowOptions?
  /// Number of rows of each task.
  package var tasks: [String: Int]?
  /// What each id of an integer vocabulary stands for.
  package var integers: IntegerVocabulary?
  package var sources: [Source] = []
  package var interactions: InteractionReport?
  package var leftOut: WindowReport?
  package var texts: ItemTexts.Report?
  /// How much of the files of validation and test is held out, where trainers take the loss over all of it.
  package var heldOut: [HeldOutReport]?
  /// Problems that the programs that read the files will have.
  public var warnings: [String]?
  package var audit: AuditReport?
  /// The files of rows.
  public var files: [File] = []

  /// Number of rows of all files.
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
  /// Records a file as it is now.
  public init(path: String) throws { self.init(path: path, sha256: try SHA256.hexDigest(ofFile: path)) }
}
