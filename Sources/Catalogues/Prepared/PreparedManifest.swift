import Foundation
package import Formats
package import Interactions

/// What a prepared directory holds, where it comes from, and what was dropped: `manifest.json` in it.
package struct PreparedManifest: Hashable, Sendable, Codable {
  package struct File: Hashable, Sendable, Codable {
    package var name: String
    package var split: Split?
    package var rows: Int
    package var bytes: Int
    package var sha256: String
  }

  /// The rules, as they were asked for.
  package struct Options: Hashable, Sendable, Codable {
    package var minimumRating: Double?
    package var keepsUncatalogued: Bool
    package var repeats: Repeats
    package var minimumHistory: Int
    package var maximumHistory: Int?
    package var itemCore: Int
    package var split: String
    package var items: PreparationOptions.Items
    package var hasTexts: Bool
    package var skipsFaulty: Bool
    /// Options of the source alone: `itemKey`.
    package var source: [String: String]
  }

  /// What is left.
  package struct Kept: Hashable, Sendable, Codable {
    package var users: Int
    /// Items with interactions.
    package var items: Int
    package var train: Int
    package var valid: Int
    package var test: Int

    package var interactions: Int { train + valid + test }
  }

  package static let kind = "prepared"

  package var kind = Self.kind
  package var version = 1
  package var source: String
  package var options: Options
  package var read: SourceReport
  /// Columns and units that were taken.
  package var columns: [InputSummary.Entry]
  /// In the order in which the rules apply.
  package var dropped: [SelectionStep]
  package var kept: Kept
  package var files: [File] = []

  /// Reads the manifest of a prepared directory.
  package static func read(_ directory: String) throws -> PreparedManifest {
    try JSONFile.decode(PreparedManifest.self, path: directory + "/" + PreparedDirectory.manifestName)
  }

  func encoded() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }
}
