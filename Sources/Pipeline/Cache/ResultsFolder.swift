import Foundation
import Formats
import Vectors

/// The folder of results of one pipeline.
///
///     manifest.json       what was made of what: every input and every file by its digest
///     prepared/ … report.html   the results
///     log/                what each step said
///     .semid/steps/       what is known of each step, for the next run
///     .semid/digests.json digests of files that have not changed since
///     .semid/lock         locked by the run
///
/// Only the logs and `.semid` have times in them.
struct ResultsFolder: Sendable {
  static let state = ".semid"

  let path: String

  /// - Throws: `InputError` where something else is at `path` than a folder of results, or an empty folder.
  init(_ path: String) throws {
    self.path = path
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { return }
    guard isDirectory.boolValue else {
      throw InputError(.cannotCreate, path, expected: "a directory of results, or nothing", found: "a file")
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    guard names.isEmpty || names.contains(Self.state) else {
      throw InputError(
        .cannotCreate, path, expected: "a directory of results, an empty one, or nothing",
        found: "other files, such as \(names.sorted()[0])", remedy: "choose another place with --output")
    }
  }

  static func path(_ path: String, in folder: String) -> String { path.hasPrefix("/") ? path : folder + "/" + path }

  /// Notes which file the results are made by.
  ///
  /// - Throws: `InputError` where it was another file, that is still there: each of the two would undo the other's work.
  func claim(by pipeline: String) throws {
    let note = path + "/" + Self.state + "/made-by"
    if let data = FileManager.default.contents(atPath: note) {
      let other = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
      guard other == pipeline || !FileManager.default.fileExists(atPath: other) else {
        throw InputError(
          .cannotCreate, path, expected: "results of \(pipeline)", found: "those of \(other)",
          remedy: "give this pipeline an output: of its own, or --output")
      }
      if other == pipeline { return }
    }
    try AtomicFile.write(pipeline + "\n", to: note)
  }

  func absolute(_ path: String) -> String { Self.path(path, in: self.path) }

  var digests: String { path + "/" + Self.state + "/digests.json" }

  func record(of step: String) -> String { "\(path)/\(Self.state)/steps/\(step).json" }

  func log(of step: String) -> String { "\(path)/log/\(step).txt" }

  /// Makes the folder and those that files are written into, and takes the right to write there.
  func open(_ steps: [PipelineStep]) throws -> RunLock {
    let files =
      steps.flatMap(\.outputs) + steps.flatMap { ["\(Self.state)/steps/\($0.name)", "log/\($0.name)"] }
    let folders = files.compactMap { file in file.lastIndex(of: "/").map { String(file[..<$0]) } }
    do {
      for folder in folders {
        try FileManager.default.createDirectory(atPath: path + "/" + folder, withIntermediateDirectories: true)
      }
    } catch {
      throw InputError(.cannotCreate, path, found: "cannot be created: \(error.localizedDescription)")
    }
    return try RunLock(path)
  }
}

/// The right to run a pipeline in a folder of results, until it is released.
final class RunLock {
  private var lock: WriterLock?

  fileprivate init(_ path: String) throws {
    lock = try WriterLock(
      "lock", in: FolderHandle(opening: path + "/" + ResultsFolder.state), source: path,
      work: "another run of a pipeline")
  }

  func release() { lock = nil }
}
