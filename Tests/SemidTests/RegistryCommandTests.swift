import ArgumentParser
import Foundation
import SemanticID
import TestSupport
import Testing

@testable import semid

/// The verbs that give IDs, on files.
@Suite struct RegistryCommandTests {
  private static func run(_ arguments: String...) async throws {
    var command = try Semid.parseAsRoot(arguments + ["--quiet", "--json"])
    if var asynchronous = command as? any AsyncParsableCommand {
      try await asynchronous.run()
    } else {
      try command.run()
    }
  }

  /// A model, and as many items in `NAME.npy` and `NAME.ids.json`.
  private static func catalogue(_ folder: TemporaryFolder, _ name: String, _ rows: [Int]) throws -> String {
    var random = CounterRandom(seed: 1)
    func normal(_ rows: Int) -> Matrix {
      Matrix(rows: rows, columns: 4, values: (0..<rows * 4).map { _ in Float(random.normals().0) })
    }
    let model = try RQKMeans(codebooks: Codebooks(levels: [normal(4), normal(8), normal(8)]))
    if !FileManager.default.fileExists(atPath: folder.file("model")) { try model.write(to: folder.file("model")) }
    let vectors = normal(100).gathered(rows.map { $0 % 60 })
    try NPY.write(vectors, to: folder.file(name + ".npy"))
    try Identifiers.write(StringColumn(rows.map { "item \($0)" }), json: folder.file(name + ".ids.json"))
    return folder.file(name + ".npy")
  }

  @Test func addingExportingAndComparing() async throws {
    let folder = try TemporaryFolder()
    let model = folder.file("model")
    let registry = folder.file("ids.db")
    let first = try Self.catalogue(folder, "first", Array(0..<80))
    let second = try Self.catalogue(folder, "second", Array((0..<90).reversed()))
    try await Self.run("registry", "add", registry, first, "--model", model, "--output", folder.file("a.npy"))
    try await Self.run("registry", "add", registry, second, "--model", model, "--output", folder.file("b.npy"))
    let a = try Codes(opening: folder.file("a.npy"), levelSizes: [4, 8, 8])
    let b = try Codes(opening: folder.file("b.npy"), levelSizes: [4, 8, 8])
    for row in 0..<80 { #expect(a[row] == b[89 - row]) }
    #expect(Set((0..<90).map { b[$0] }).count == 90)

    try await Self.run("registry", "export", registry, "--for", first, "--output", folder.file("c.npy"))
    #expect(try Codes(opening: folder.file("c.npy")).values.array == a.values.array)
    try await Self.run("registry", "export", registry, "--output", folder.file("d.npy"))
    let ids = try Identifiers.read(path: folder.file("d.ids.json"))
    let d = try Codes(opening: folder.file("d.npy"), levelSizes: [4, 8, 8])
    #expect(
      ids.count == 90 && zip(ids, ids.dropFirst()).allSatisfy { Array($0.utf8).lexicographicallyPrecedes($1.utf8) })
    for row in ids.indices { #expect(d[row] == b[89 - (Int(ids[row].dropFirst(5)) ?? 0)]) }

    try await Self.run("registry", "remove", registry, "item 3", "item 4")
    try await Self.run("registry", "lookup", registry, "item 3", "--id", TokenFormat.tokens.text(for: b[0]))
    try await Self.run("registry", "list", registry, "--prefix", "1", "--limit", "2")
    try await Self.run("registry", "info", registry)
    try await Self.run("registry", "verify", registry)
    try await Self.run("registry", "diff", registry + "@1", "@3", "--items")
    await #expect(throws: InputError.self) { try await Self.run("registry", "lookup", registry, "nobody") }
    await #expect(throws: InputError.self) {
      try await Self.run("registry", "export", registry, "--for", first, "--output", folder.file("e.npy"))
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("e.npy")))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).contains("ids.db"))
    #expect(!FileManager.default.fileExists(atPath: registry + "-wal"))
    #expect(RegistryCompare.parse("ids.db@12") == ("ids.db", 12))
    #expect(RegistryCompare.parse("a@b.db") == ("a@b.db", nil))
  }

  @Test func resolvingWritesWhatAStrategyMakes() async throws {
    let folder = try TemporaryFolder()
    let items = try Self.catalogue(folder, "items", Array(0..<80))
    let model = folder.file("model")
    for strategy in CollisionStrategy.allCases {
      let output = folder.file(strategy.rawValue + ".jsonl")
      try await Self.run("resolve", items, "--model", model, "--strategy", strategy.rawValue, "--output", output)
      let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
      let tokens = try lines.map { line in
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return object?["tokens"] as? String ?? ""
      }
      #expect(tokens.count == 80 && (strategy == .sinkhorn || Set(tokens).count == 80), "\(strategy)")
      #expect(tokens.contains { $0.hasSuffix(">-1") } == (strategy == .suffix))
      try await Self.run(
        "resolve", items, "--model", model, "--strategy", strategy.rawValue, "--output", folder.file("table.parquet"))
      let table = try ParquetFile(path: folder.file("table.parquet"))
      #expect(table.columns.map(\.name).contains("suffix") == (strategy == .suffix))
    }
    let npy = folder.file("codes.npy")
    await #expect(throws: InputError.self) {
      try await Self.run("resolve", items, "--model", model, "--strategy", "suffix", "--output", npy)
    }
    #expect(!FileManager.default.fileExists(atPath: npy))
    try await Self.run(
      "resolve", items, "--model", model, "--strategy", "suffix", "--suffix", "level", "--output", npy)
    #expect(try Codes(opening: npy).levels == 4)
  }
}
