import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

/// Damaged files, on which libhdf5 itself crashes and loops.
@Suite(.enabled(if: Python.isReady)) struct HDF5MutationTests {
  private static let script = """
    r = np.random.default_rng(1)
    f.attrs["distance"] = "euclidean"; f.attrs["n"] = 5
    f["a"] = r.random((20, 8)).astype("f4")
    f.create_dataset("b", data=r.random((50, 8)).astype("f4"), chunks=(10, 8), compression="gzip", shuffle=True)
    f.create_dataset("c", data=r.integers(0, 9, (50, 4)).astype("i4"), chunks=(7, 4), maxshape=(None, 4))
    f["s"] = ["id%d" % i for i in range(30)]
    f["z"] = np.array(["id%d" % i for i in range(30)], "S")
    f.create_dataset("l", data=np.tile(r.random((5, 8)).astype("f4"), (10, 1)), chunks=(10, 8), compression="lzf", shuffle=True)
    for i in range(6): f["rows/%d" % i] = r.random(5)
    f["g/h/x"] = r.random((3, 3)); f["g/h/y"] = r.random((4, 3)).astype("f2")
    """

  private enum Outcome: String { case read, refused, survivedCrash }

  /// Reads all there is.
  private static func outcome(_ path: String) throws -> Outcome {
    // The rest of a second is long for 20 kB; a gigabyte of memory is much.
    let options = HDF5File.Options(maximumBytes: 1 << 30, patience: 0)
    var outcome = Outcome.read
    func attempt(_ body: () throws -> Void) throws {
      do { try body() } catch let error as InputError {
        let isCrash = error.found?.contains("libhdf5") ?? false
        if isCrash || outcome == .read { outcome = isCrash ? .survivedCrash : .refused }
      }
    }
    try attempt {
      let file = try HDF5File(path: path, options: options)
      try attempt { _ = try file.namedRows(in: "rows").vectors.values.array.reduce(0, +) }
      for dataset in file.datasets {
        switch dataset.element {
        case .float: try attempt { _ = try file.matrix(dataset.name).values.array.reduce(0, +) }
        case .integer: try attempt { _ = try file.integers(dataset.name, as: Int32.self) }
        case .string: try attempt { for text in try file.strings(dataset.name) { _ = text.utf8.count } }
        case .other: break
        }
      }
    }
    return outcome
  }

  @Test(arguments: ["earliest", "latest"]) func survivesDamage(version: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m.h5")
    try HDF5ReadingTests.make(path, Self.script, options: "libver='\(version)'")
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    var random = CounterRandom(seed: 3)
    var counts: [Outcome: Int] = [:]
    for _ in 0..<60 {
      var bytes = whole
      for _ in 0...Int(random.next() % 4) {
        let position = Int(random.next() % UInt64(bytes.count))
        bytes[position] =
          random.next() % 2 == 0
          ? UInt8(truncatingIfNeeded: random.next()) : bytes[position] ^ (1 << (random.next() % 8))
      }
      if random.next() % 8 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count))) }
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      counts[try Self.outcome(path), default: 0] += 1
    }
    print("HDF5 \(version):", counts.map { "\($0.rawValue) \($1)" }.sorted().joined(separator: ", "))
    #expect(counts.values.reduce(0, +) == 60)
    #expect(counts[.refused] ?? 0 > 0)
  }

  /// Files on which libhdf5 1.10.8 dies; whatever a newer one makes of them is well if it is no crash here.
  @Test func reportsACrashAsAnError() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m.h5")
    try HDF5ReadingTests.make(path, Self.script, options: "libver='earliest'")
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    var crashes = 0
    var random = CounterRandom(seed: 11)
    for _ in 0..<400 where crashes == 0 {
      var bytes = whole
      for _ in 0..<6 { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next()) }
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      if try Self.outcome(path) == .survivedCrash { crashes += 1 }
    }
    print("HDF5: \(crashes == 0 ? "no crash of libhdf5 met" : "a crash of libhdf5 became an InputError")")
  }
}
