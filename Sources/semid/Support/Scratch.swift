import Foundation
import SemanticID

/// A folder for what a verb builds on the way: the user's own, or a temporary one that goes with the value.
final class Scratch {
  private let folder: String
  private let isTemporary: Bool

  init(keeping path: String?) throws {
    isTemporary = path == nil
    folder = path ?? FileManager.default.temporaryDirectory.appendingPathComponent("semid-\(UUID().uuidString)").path
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw InputError(.cannotCreate, folder, found: error.localizedDescription)
    }
  }

  deinit {
    if isTemporary { try? FileManager.default.removeItem(atPath: folder) }
  }

  func path(_ name: String) -> String { folder + "/" + name }
}
