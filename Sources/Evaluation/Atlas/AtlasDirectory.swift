package import Formats

/// What `semid export atlas` writes beside the tables: which files the directory has, and how long they are.
struct AtlasManifest: Codable {
  struct File: Codable {
    var name: String
    var bytes: Int
  }

  static let name = "atlas.json"
  static let ownFormat = "semid atlas"

  var format = ownFormat
  var version = 1
  var items: Int
  var files: [File]
}

extension DirectoryKind {
  /// A directory for Embedding Atlas: `atlas.json`, and the files that it lists, each of the length that it states.
  package static let atlas = DirectoryKind(
    "an export for Embedding Atlas that semid wrote, as it was written", listedBy: AtlasManifest.name
  ) { path in
    let manifest = try JSONFile.decode(AtlasManifest.self, path: path)
    guard manifest.format == AtlasManifest.ownFormat else { return [:] }
    return Dictionary(manifest.files.map { ($0.name, $0.bytes) }, uniquingKeysWith: { first, _ in first })
  }
}
