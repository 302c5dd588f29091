import Formats
import Vectors

/// What is worth knowing of an index that is whole.
public struct IndexCheck: Codable, Hashable, Sendable {
  /// Whether the manifest vouches for itself. Versions before 5 do not: a change in what they say of deleted items may go
  /// unseen. The next change of the index writes one that does.
  public var hasDigest: Bool
  /// What writers have made and the index does not name, by its path in the directory: a writer that was stopped has left
  /// it, or one is at work. The next writer clears away what is left.
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
