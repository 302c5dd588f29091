import Foundation
import Vectors

/// How many files the system maps for one process, and so of how many files an index may consist.
///
/// Every file of an index is mapped, some thirty per segment. Past the system's limit mapping fails, and so may any
/// allocation of memory in the process.
struct MappingLimit: Hashable, Sendable {
  /// Mappings of one process.
  var mappings: Int

  /// Mappings of a process besides an index: libraries, stacks of threads, memory.
  private static let reserve = 2_048

  /// The limit of this system; where it states none, Linux's default.
  static let system = MappingLimit(
    mappings: (try? String(contentsOfFile: "/proc/sys/vm/max_map_count", encoding: .utf8))
      .flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) } ?? 65_530)

  /// The most files of an index that may be opened.
  var openable: Int { max(mappings - Self.reserve, mappings / 2) }
  /// The most files that an index may have after items are added. It is half the limit, so that a reader of the old
  /// state can open the next, and a merge has room.
  var publishable: Int { mappings / 2 }

  /// - Throws: `InputError` when the index cannot be opened safely.
  func check(opening manifest: IndexManifest, at path: String) throws {
    guard manifest.mappedFiles > openable else { return }
    throw InputError(
      .unsupported, path, expected: "at most \(openable) files to map, as vm.max_map_count is \(mappings)",
      found: "\(manifest.mappedFiles) in \(manifest.segments.count) segments",
      remedy: "raise vm.max_map_count above \(manifest.mappedFiles + Self.reserve), then run `semid index compact`")
  }

  /// - Throws: `InputError` when an index has come to consist of too many files.
  func check(publishing manifest: IndexManifest, at path: String) throws {
    let limit = IndexManifest.maximumSegments
    guard manifest.mappedFiles > publishable || manifest.segments.count > limit else { return }
    throw InputError(
      .unsupported, path,
      expected: "at most \(publishable) files in \(limit) segments, as vm.max_map_count is \(mappings)",
      found: "\(manifest.mappedFiles) in \(manifest.segments.count)",
      remedy: "run `semid index compact`, then add the items; without --no-merge segments are merged as they come")
  }
}

extension IndexManifest {
  /// Files that are mapped while the index is open.
  var mappedFiles: Int { segments.reduce(modelFiles?.count ?? 2) { $0 + $1.files.count } }
}
