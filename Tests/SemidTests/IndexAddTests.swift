import Foundation
import SemanticID
import TestSupport
import Testing

/// What an addition leaves out is told.
@Suite(.enabled(if: Program.isReady)) struct IndexAddTests {
  @Test func missingAttributesAndNewCodesAreTold() throws {
    let folder = try Workplace.full()
    try AtomicFile.write(
      (0..<64).map { "{\"item_id\": \"item_\($0)\", \"price\": \($0)}\n" }.joined(), to: folder.file("prices.jsonl"))
    let built = try Program.semid.run(
      ["index", "build", "a.npy", "-m", "model", "-o", "priced", "--attributes", "prices.jsonl"], in: folder.path)
    try #require(built.status == 0, "\(built)")

    let added = try Program.semid.run(["index", "add", "priced", "b.npy"], in: folder.path)
    #expect(added.status == 0 && added.errors.contains("priced has attributes (price)"), "\(added)")
    #expect(!added.errors.contains("codes: the model's"))

    let replaced = try Program.semid.run(["index", "add", "priced", "a.npy", "--replace"], in: folder.path)
    #expect(replaced.status == 0 && replaced.errors.contains("codes: the model's"), "\(replaced)")

    let whole = try Program.semid.run(
      ["index", "add", "priced", "a.npy", "--replace", "--attributes", "prices.jsonl", "--codes", "codes.parquet"],
      in: folder.path)
    #expect(whole.status == 0 && !whole.errors.contains("has attributes"), "\(whole)")
    #expect(!whole.errors.contains("codes: the model's"))
  }
}
