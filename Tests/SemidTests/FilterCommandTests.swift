import ArgumentParser
import Foundation
import SemanticID
import TestSupport
import Testing

@testable import semid

/// Searches and constraints under filters, from the command line.
@Suite struct FilterCommandTests {
  private static func run(_ arguments: String...) async throws {
    var command = try Semid.parseAsRoot(arguments + ["--quiet", "--json"])
    if var asynchronous = command as? any AsyncParsableCommand {
      try await asynchronous.run()
    } else {
      try command.run()
    }
  }

  @Test func attributesAreBuiltInAndAskedFor() async throws {
    let folder = try TemporaryFolder()
    var random = CounterRandom(seed: 80)
    let vectors = Matrix(rows: 200, columns: 6, values: (0..<1200).map { _ in Float(random.normals().0) })
    let ids = StringColumn((0..<200).map { "item \($0)" })
    let model = try RQKMeans(
      codebooks: Codebooks(levels: [vectors[rows: 0..<8], vectors[rows: 8..<24], vectors[rows: 24..<40]]))
    try model.write(to: folder.file("model"))
    try NPY.write(vectors, to: folder.file("x.npy"))
    try Identifiers.write(ids, json: folder.file("x.ids.json"))
    try ParquetWriter.write(
      to: folder.file("items.parquet"), columns: [.string("item_id"), .int32("price"), .string("brand")]
    ) { file in
      try file.append([
        .strings(ids), .int32(Buffer((0..<200).map { Int32($0) })),
        .strings(StringColumn((0..<200).map { "b\($0 % 3)" })),
      ])
    }
    let index = folder.file("index")
    try await Self.run(
      "index", "build", folder.file("x.npy"), "--model", folder.file("model"), "--output", index, "--attributes",
      folder.file("items.parquet"), "--attribute-columns", "price")
    #expect(try SemanticIndex(opening: index).attributes.map(\.name) == ["price"])
    try await Self.run(
      "index", "build", folder.file("x.npy"), "--model", folder.file("model"), "--output", index, "--attributes",
      folder.file("items.parquet"))
    try AtomicFile.write("item 3\nitem 6\nitem 9\n", to: folder.file("ids.txt"))
    try await Self.run(
      "search", index, "--item", "item 1", "--filter", "price < 20 and brand = b0", "--deny", folder.file("ids.txt"))
    try await Self.run("search", index, "--id", "0-*-*", "--filter", "price < 20", "--allow", folder.file("ids.txt"))
    try await Self.run("bench", "filters", index, "--queries", folder.file("x.npy"), "--limit", "5")
    let constraint = folder.file("c.npz")
    try await Self.run("corpus", "constraint", index, "--filter", "price < 20", "--output", constraint)
    let opened = try SemanticIndex(opening: index)
    let left = Set((0..<20).map { opened.trie.codes(ofRow: $0) })
    let filter = try opened.filter(where: AttributePredicate(parsing: "price < 20"))
    #expect(try opened.trie(allowing: filter).levels[2].count == left.count)

    await #expect(throws: InputError.self) {
      try await Self.run("search", index, "--item", "item 1", "--filter", "color = red")
    }
    await #expect(throws: InputError.self) {
      try await Self.run("corpus", "constraint", index, "--filter", "price < 0", "--output", constraint)
    }
    #expect(throws: (any Error).self) { try Semid.parseAsRoot(["search", index, "--id", "1", "--filter", "price <"]) }
    #expect(throws: (any Error).self) {
      try Semid.parseAsRoot(["corpus", "constraint", "x.npy", "--filter", "a = 1", "--output", "y"])
    }
  }
}
