package import Formats

extension DirectoryKind {
  /// The directory of a corpus: `manifest.json`, and the files that it lists, each of the length that it states.
  package static let corpus = DirectoryKind(
    "a corpus that semid wrote, as it was written", listedBy: CorpusDirectory.manifestName
  ) { path in
    /// The list of files, which every version of the manifest has.
    struct Listing: Decodable {
      struct File: Decodable {
        var name: String
        var bytes: Int
      }
      var kind: String
      var form: String
      var files: [File]
    }
    let files = try JSONFile.decode(Listing.self, path: path).files
    return Dictionary(files.map { ($0.name, $0.bytes) }, uniquingKeysWith: { first, _ in first })
  }
}
