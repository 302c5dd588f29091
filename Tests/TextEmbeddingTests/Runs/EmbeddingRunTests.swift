import Formats
import Foundation
import TestSupport
import Testing
import Vectors

@testable import TextEmbedding

struct EmbeddingRunTests {
  struct Killed: Error {}

  /// The vector of a row.
  private static func vectors(_ rows: Range<Int>) -> Matrix {
    Matrix(rows: rows.count, columns: 3, values: rows.flatMap { [Float($0), Float($0) / 7, -1] })
  }

  private func collect(_ run: EmbeddingRun) throws -> [Float] {
    var values: [Float] = []
    run.forEachPiece { range, vectors in
      #expect(range.lowerBound * 3 == values.count)
      values += vectors.values.array
    }
    return values
  }

  @Test func goesOnWhereItWasKilled() throws {
    let folder = try TemporaryFolder()
    let output = folder.file("vectors.npy")
    var calls = 0
    for attempt in 0..<6 {
      var run = try EmbeddingRun(output: output, binding: "a", rows: 1000, dimension: 3)
      #expect(run.resumedRows == attempt * 200)
      guard attempt < 5 else { break }
      // Each attempt is killed behind its second piece.
      var left = 2
      try? run.fill(rows: 100, most: 100, seconds: 0) { rows in
        if left == 0 { throw Killed() }
        left -= 1
        calls += 1
        return Self.vectors(rows)
      }
    }
    #expect(calls == 10)
    let run = try EmbeddingRun(output: output, binding: "a", rows: 1000, dimension: 3)
    #expect(run.missing.isEmpty)
    #expect(try collect(run) == Self.vectors(0..<1000).values.array)
    try run.remove()
    #expect(!FileManager.default.fileExists(atPath: run.folder))
  }

  @Test func damagedPiecesAreMadeAgain() throws {
    let folder = try TemporaryFolder()
    let output = folder.file("vectors.npy")
    var run = try EmbeddingRun(output: output, binding: "a", rows: 90, dimension: 3)
    try run.fill(rows: 30, most: 30, seconds: 0, Self.vectors)
    let names = try FileManager.default.contentsOfDirectory(atPath: run.folder).sorted()
    #expect(names.count == 4)
    let damaged = run.folder + "/" + names[1]
    var bytes = try Data(contentsOf: URL(fileURLWithPath: damaged))
    bytes[bytes.count - 5] ^= 1
    try bytes.write(to: URL(fileURLWithPath: damaged))
    try Data("short".utf8).write(to: URL(fileURLWithPath: run.folder + "/" + names[2]))
    run = try EmbeddingRun(output: output, binding: "a", rows: 90, dimension: 3)
    #expect(run.missing == [30..<90])
    // In larger steps than before: what is there again does not come twice.
    try run.fill(rows: 64, most: 64, seconds: 0, Self.vectors)
    #expect(try collect(run) == Self.vectors(0..<90).values.array)
  }

  @Test func otherRunsAreRefusedAndNothingForeignIsRemoved() throws {
    let folder = try TemporaryFolder()
    let output = folder.file("vectors.npy")
    var run = try EmbeddingRun(output: output, binding: "a", rows: 10, dimension: 3)
    try run.fill(Self.vectors)
    #expect(throws: InputError.self) { try EmbeddingRun(output: output, binding: "b", rows: 10, dimension: 3) }
    #expect(throws: InputError.self) { try EmbeddingRun(output: output, binding: "a", rows: 11, dimension: 3) }
    let before = try FolderSnapshot(folder.path)
    #expect(throws: InputError.self) { try EmbeddingRun(output: output, binding: "b", rows: 10, dimension: 3) }
    #expect(try FolderSnapshot(folder.path) == before)
    try Data("mine".utf8).write(to: URL(fileURLWithPath: run.folder + "/notes.txt"))
    // Beside what is no piece, no run begins anew, and no piece goes.
    let own = try FolderSnapshot(folder.path)
    #expect(throws: InputError.self) {
      try EmbeddingRun(output: output, binding: "b", rows: 10, dimension: 3, restarts: true)
    }
    #expect(try FolderSnapshot(folder.path) == own)
    try FileManager.default.removeItem(atPath: run.folder + "/notes.txt")
    run = try EmbeddingRun(output: output, binding: "b", rows: 10, dimension: 3, restarts: true)
    #expect(run.missing == [0..<10])
  }

  @Test func everyFormHoldsVectorsAndIDs() throws {
    let folder = try TemporaryFolder()
    let ids = StringColumn((0..<50).map { "item \($0)" })
    for name in ["v.npy", "v.h5", "v.parquet"] {
      var run = try EmbeddingRun(output: folder.file(name), binding: "a", rows: 50, dimension: 3)
      try run.fill(rows: 20, most: 20, seconds: 0, Self.vectors)
      try VectorOutput(path: folder.file(name)).write(rows: 50, dimension: 3, ids: ids, run.forEachPiece)
      let set = try EmbeddingSet(opening: folder.file(name))
      #expect(set.vectors.values.array == Self.vectors(0..<50).values.array, "\(name)")
      #expect(set.ids.map { Array($0) } == Array(ids), "\(name)")
    }
    #expect(throws: InputError.self) { try VectorOutput(path: "vectors.txt") }
  }
}
