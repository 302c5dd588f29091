import Formats
import Vectors

/// What verification found of an index that is whole.
public struct IndexCheck: Codable, Hashable, Sendable {
  /// Whether the manifest has a digest of itself. Versions before 5 have none: there a change of the list of deleted
  /// items may go unseen. The next change of the index writes a manifest with a digest.
  public var hasDigest: Bool
  /// Entries that writers have made and the index does not name, by their path in the directory. A writer that was
  /// stopped has left them, or one is at work. The next writer removes what is left.
  public var leftovers: [String]

  /// - Throws: `InputError` when somebody's own files stand in the directory.
  static func leftovers(beside manifest: IndexManifest, at path: String) throws -> [String] {
    let root = try IndexFolders(opening: path).root
    // A writer may have published a later state: what either names is a part of an index.
    let inventory = try IndexInventory(root, (try? IndexManifest(in: root)) ?? manifest)
    if let foreign = inventory.foreign.first {
      throw InputError(
        .malformed, path, expected: "nothing but an index",
        found: "\(foreign)" + (inventory.foreign.count > 1 ? " and \(inventory.foreign.count - 1) more" : ""),
        remedy: "move that away: no writer works beside it")
    }
    let opened = Set(
      IndexInventory.named(by: manifest).flatMap { place, names in names.map { place.rawValue + "/" + $0 } })
    let later = try IndexInventory(root, (try? IndexManifest(in: root)) ?? manifest)
    return Set(inventory.unnamed.map(\.path)).intersection(later.unnamed.map(\.path)).subtracting(opened).sorted()
  }
}
