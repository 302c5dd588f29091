import Foundation
import Vectors

extension Catalogue {
  /// The file of the small catalogue that comes with the engine, in `datasets/`.
  package static let smallCatalogueFile = "catalogue.jsonl"

  /// Opens the small catalogue that comes with the engine: some 700 made-up things, for machines without apt.
  ///
  /// It is looked for, in this order: at `path`; in the folder that the environment's `SEMID_DATASETS` names; in
  /// `datasets` of the working directory; and in `datasets` or `share/semid` of each folder above the running program,
  /// which finds it from a build inside the repository and beside an installed `bin/semid`.
  ///
  /// - Throws: `InputError` of kind `missing`, with the places looked at.
  package static func small(path: String? = nil) throws -> Catalogue {
    let candidates = path.map { [$0] } ?? smallCatalogueCandidates()
    guard let found = candidates.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
      throw InputError(
        .missing, smallCatalogueFile, expected: "one of \(candidates.joined(separator: ", "))", found: "none of them",
        remedy: "name the file, or set SEMID_DATASETS to the folder that holds it")
    }
    return try JSONLinesCatalogue.read(path: found, name: "Things for home, desk and field")
  }

  private static func smallCatalogueCandidates() -> [String] {
    var folders: [String] = []
    if let named = ProcessInfo.processInfo.environment["SEMID_DATASETS"] { folders.append(named) }
    folders.append("datasets")
    if let program = Bundle.main.executableURL?.resolvingSymlinksInPath() {
      var folder = program.deletingLastPathComponent()
      while folder.path != "/" && !folder.path.isEmpty {
        folders += [folder.path + "/datasets", folder.path + "/share/semid"]
        folder = folder.deletingLastPathComponent()
      }
    }
    return folders.map { "\($0)/\(smallCatalogueFile)" }
  }
}
