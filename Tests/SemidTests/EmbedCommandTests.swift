import Foundation
import SemanticID
import TestSupport
import Testing

/// `semid embed` as its users run it, with a small model that is kept with the tests.
@Suite(.enabled(if: Program.isReady)) struct EmbedCommandTests {
  private static let model = RealData.packageRoot + "/Tests/Fixtures/encoders/bert"

  private func items(_ folder: TemporaryFolder) throws -> String {
    let path = folder.file("items.csv")
    try AtomicFile.write(
      "item_id,title,description\na,steel hex bolt,for the red tape\nb,nut,\nc,,\nd,,pack of 10 mm\n", to: path)
    return path
  }

  @Test func writesVectorsWithIDsInEveryForm() throws {
    let folder = try TemporaryFolder()
    let items = try items(folder)
    var vectors: [Matrix] = []
    for (name, more) in [("v.npy", ["--threads", "1"]), ("v.h5", ["--batch-tokens", "1"]), ("v.parquet", ["--json"])] {
      let output = folder.file(name)
      let done = try Program.semid.run(["embed", Self.model, "--items", items, "-o", output] + more)
      #expect(done.status == 0, "\(done)")
      let set = try EmbeddingSet(opening: output)
      #expect(set.ids.map { Array($0) } == ["a", "b", "c", "d"])
      vectors.append(set.vectors)
      #expect(!FileManager.default.fileExists(atPath: output + ".parts"))
      if more == ["--json"] {
        #expect(done.output.contains("\"withoutText\":1") && done.output.contains("\"family\":\"bert\""), "\(done)")
      } else {
        #expect(done.errors.contains("no modules.json") && done.output.contains("1 item without text"), "\(done)")
      }
    }
    #expect(vectors.allSatisfy { $0.values.array.map(\.bitPattern) == vectors[0].values.array.map(\.bitPattern) })
    // Without the item that has no text; shortened and of unit length.
    let short = try Program.semid.run([
      "embed", Self.model, "--items", items, "-o", folder.file("s.npy"), "--skip-empty", "--truncate-dimensions", "5",
      "--normalize", "--template", "{title}: {description}",
    ])
    #expect(short.status == 0, "\(short)")
    let set = try EmbeddingSet(opening: folder.file("s.npy"))
    #expect(set.ids.map { Array($0) } == ["a", "b", "d"] && set.dimension == 5)
    for row in 0..<3 { #expect(abs(set.vectors.row(row).reduce(0) { $0 + $1 * $1 } - 1) < 1e-5) }
  }

  @Test func lsaIsTrainedAndUsed() throws {
    let folder = try TemporaryFolder()
    let items = try items(folder), model = folder.file("lsa")
    let trained = try Program.semid.run([
      "embed", "lsa", "--items", items, "-o", folder.file("a.npy"), "--model", model, "--dimensions", "3",
      "--template", "{title} {description} bolt nut",
    ])
    #expect(trained.status == 0, "\(trained)")
    let used = try Program.semid.run([
      "embed", model, "--items", items, "-o", folder.file("b.npy"), "--template", "{title} {description} bolt nut",
    ])
    #expect(used.status == 0, "\(used)")
    let (a, b) = (try EmbeddingSet(opening: folder.file("a.npy")), try EmbeddingSet(opening: folder.file("b.npy")))
    #expect(a.vectors.values.array == b.vectors.values.array)
    let refused = try Program.semid.run([
      "embed", model, "--items", items, "-o", folder.file("c.npy"), "--prompt", "x: ",
    ])
    #expect(refused.status == 64 && refused.errors.contains("--prompt"), "\(refused)")
  }

  @Test func refusesAndLeavesEverythingAsItWas() throws {
    let folder = try TemporaryFolder()
    let items = try items(folder), output = folder.file("v.npy")
    #expect(try Program.semid.run(["embed", Self.model, "--items", items, "-o", output]).status == 0)
    let before = try FolderSnapshot(folder.path)
    for (arguments, word) in [
      (["embed", Self.model, "--items", items, "-o", output, "--max-length", "2"], "--max-length"),
      (["embed", Self.model, "--items", items, "-o", output, "--max-length", "65"], "--max-length"),
      (["embed", Self.model, "--items", items, "-o", output, "--truncate-dimensions", "0"], "--truncate-dimensions"),
      (["embed", Self.model, "--items", items, "-o", output, "--template", "{price}"], "price"),
      (["embed", Self.model, "--items", items, "-o", output, "--template", "none"], "--template"),
      (["embed", Self.model, "--items", items, "-o", output, "--prompt", "query"], "--prompt"),
      (["embed", Self.model, "--items", items, "-o", items], "--output"),
      (["embed", folder.path, "--items", items, "-o", output], "a place in the input"),
      (["embed", folder.file("nowhere"), "--items", items, "-o", output], "a model's directory"),
      (["embed", RealData.packageRoot + "/Tests/Fixtures", "--items", items, "-o", output], "modules.json"),
    ] {
      let done = try Program.semid.run(arguments)
      #expect(done.status != 0 && done.status != nil && done.errors.contains(word), "\(arguments): \(done)")
    }
    #expect(try FolderSnapshot(folder.path) == before)
  }
}
