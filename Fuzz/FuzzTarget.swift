import Foundation
import SemanticID

/// A parser, as the fuzzer sees it: something that takes any bytes, and returns or throws.
struct FuzzTarget: Sendable {
  let name: String
  /// Valid inputs to start from.
  let seeds: @Sendable () throws -> [[UInt8]]
  let run: @Sendable ([UInt8]) throws -> Void

  init(
    _ name: String, seeds: @escaping @Sendable () throws -> [[UInt8]],
    run: @escaping @Sendable ([UInt8]) throws -> Void
  ) {
    self.name = name
    self.seeds = seeds
    self.run = run
  }

  /// A parser that takes a path: each input is a file in memory where the system has such files.
  ///
  /// - Parameter writeSeeds: writes valid files into the folder it is given.
  static func file(
    _ name: String, extension suffix: String, writeSeeds: @escaping @Sendable (_ folder: String) throws -> Void,
    read: @escaping @Sendable (_ path: String) throws -> Void
  ) -> FuzzTarget {
    FuzzTarget(name) {
      let folder = NSTemporaryDirectory() + "semid-fuzz-seeds-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try writeSeeds(folder)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      return try names.map { [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))) }
    } run: { bytes in
      let path = inMemory + "semid-fuzz-\(getpid()).\(suffix)"
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      defer { unlink(path) }
      try read(path)
    }
  }

  static let inMemory =
    FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm/" : NSTemporaryDirectory()
}
