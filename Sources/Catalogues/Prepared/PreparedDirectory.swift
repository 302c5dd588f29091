package import Formats
package import Interactions
import Vectors

/// Names of the files in a prepared directory.
package enum PreparedDirectory {
  package static let manifestName = "manifest.json"
  package static let itemsName = "items.parquet"
  package static let usersName = "users.parquet"
  package static let basketsName = "baskets.parquet"

  package static func name(_ split: Split) -> String { split.rawValue + ".parquet" }
}

extension DirectoryKind {
  /// A prepared directory: `manifest.json`, and the files that it lists, each as long as it says.
  package static let prepared = DirectoryKind(
    "a directory that semid prepare wrote, as it was written", listedBy: PreparedDirectory.manifestName
  ) { path in
    /// What the manifest says, whatever version wrote it.
    struct Listing: Decodable {
      struct File: Decodable {
        var name: String
        var bytes: Int
      }
      var kind: String
      var files: [File]
    }
    let listing = try JSONFile.decode(Listing.self, path: path)
    guard listing.kind == PreparedManifest.kind else {
      throw InputError(.mismatch, path, expected: "kind \(PreparedManifest.kind)", found: listing.kind)
    }
    return Dictionary(listing.files.map { ($0.name, $0.bytes) }, uniquingKeysWith: { first, _ in first })
  }
}
