import Foundation
import SemanticID
import TestSupport
import Testing

/// One bit flipped in any file of a model, an index or a registry: the verb that verifies tells, and no verb crashes.
/// `SEMID_FLIPS` says how many flips there are for each; `scripts/attack flip N` sets it.
@Suite(.enabled(if: Program.isReady)) struct FlipTests {
  static let flips = ProcessInfo.processInfo.environment["SEMID_FLIPS"].flatMap(Int.init) ?? 24

  struct Flip: CustomStringConvertible {
    var file: String
    var byte: Int
    var bit: Int
    var description: String { "\(file), byte \(byte), bit \(bit)" }
  }

  /// Flips drawn over the files of a directory, or over one file: every file as often as every other, its bytes evenly.
  private static func flips(of path: String, seed: UInt64) throws -> [Flip] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return [] }
    let names = isFolder.boolValue ? FileManager.default.enumerator(atPath: path)?.allObjects as? [String] ?? [] : [""]
    let files = names.map { $0.isEmpty ? path : path + "/" + $0 }.filter {
      let attributes = try? FileManager.default.attributesOfItem(atPath: $0)
      return attributes?[.type] as? FileAttributeType == .typeRegular && attributes?[.size] as? Int ?? 0 > 0
    }.sorted()
    var random = CounterRandom(seed: seed)
    return try (0..<flips).map { number in
      let file = files[number < files.count ? number : random.below(files.count)]
      let size = try #require(FileManager.default.attributesOfItem(atPath: file)[.size] as? Int)
      return Flip(file: file, byte: random.below(size), bit: random.below(8))
    }
  }

  private static func apply(_ flip: Flip) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: flip.file))
    try file.seek(toOffset: UInt64(flip.byte))
    let byte = try #require(try file.read(upToCount: 1)?.first)
    try file.seek(toOffset: UInt64(flip.byte))
    try file.write(contentsOf: Data([byte ^ (1 << UInt8(flip.bit))]))
    try file.close()
  }

  /// - Parameters:
  ///   - isTold: whether a run of `verify` with this outcome is right.
  ///   - others: more verbs, which may answer or refuse.
  ///   - mustBeRight: whether what they answer must be what they answered before.
  private func flip(
    _ name: String, in folder: TemporaryFolder, seed: UInt64, verify: [String], others: [[String]],
    mustBeRight: Bool = false, isTold: (Program.Outcome) throws -> Bool
  ) throws {
    let whole = try Program.semid.run(verify, in: folder.path)
    try #require(whole.status == 0, "\(whole)")
    let right = try others.map { try Program.semid.run($0, in: folder.path).output }
    for flip in try Self.flips(of: folder.file(name), seed: seed) {
      try Self.apply(flip)
      let outcome = try Program.semid.run(verify, in: folder.path)
      #expect(try outcome.signal == nil && !outcome.timedOut && isTold(outcome), "\(flip): \(outcome)")
      for (arguments, right) in zip(others, right) {
        let outcome = try Program.semid.run(arguments, in: folder.path)
        if mustBeRight, outcome.status == 0 { #expect(outcome.output == right, "\(flip): \(arguments)") }
        #expect(
          outcome.signal == nil && !outcome.timedOut && outcome.status ?? 255 < 128, "\(flip): \(arguments): \(outcome)"
        )
      }
      try Self.apply(flip)
    }
    #expect(try Program.semid.run(verify, in: folder.path).status == 0)
  }

  @Test(arguments: ["rq-kmeans", "rq-vae"]) func ofAModel(_ kind: String) throws {
    let folder = try Workplace.full()
    let neural = kind == "rq-kmeans" ? [] : ["--epochs", "2", "--layers", "8", "--code-dimension", "4"]
    let made = try Program.semid.run(
      ["train", kind, "a.npy", "-o", "m", "--codebook-size", "4"] + neural, in: folder.path)
    try #require(made.status == 0, "\(made)")
    try flip(
      "m", in: folder, seed: 1, verify: ["model", "verify", "m"],
      others: [["encode", "a.npy", "-m", "m", "-o", "out.npy"]]
    ) { $0.status.map { $0 >= 64 } ?? false }
  }

  @Test func ofAnIndex() throws {
    let folder = try Workplace.full()
    for arguments in [["index", "add", "index", "b.npy", "--no-merge"], ["index", "delete", "index", "item_1"]] {
      let made = try Program.semid.run(arguments, in: folder.path)
      try #require(made.status == 0, "\(made)")
    }
    try flip(
      "index", in: folder, seed: 2, verify: ["index", "verify", "index"],
      others: [["search", "index", "--vector", "a.npy:0"]]
    ) { $0.status.map { $0 >= 64 } ?? false }
  }

  /// Also in bytes of SQLite's pages that hold nothing.
  @Test func ofARegistry() throws {
    let folder = try Workplace.full()
    for arguments in [
      ["registry", "remove", "ids.db", "item_3"], ["registry", "add", "ids.db", "b.npy", "-m", "model"],
    ] {
      let made = try Program.semid.run(arguments, in: folder.path)
      try #require(made.status == 0, "\(made)")
    }
    try flip(
      "ids.db", in: folder, seed: 3, verify: ["registry", "verify", "ids.db"],
      others: [
        ["registry", "lookup", "ids.db", "item_1"], ["registry", "list", "ids.db", "--json", "--generation", "2"],
      ], mustBeRight: true
    ) { $0.status.map { $0 >= 64 } ?? false }
  }
}
