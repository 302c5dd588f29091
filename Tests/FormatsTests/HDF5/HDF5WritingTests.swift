import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

@Suite struct HDF5WritingTests {
  private static func grid(rows: Int, columns: Int, seed: UInt64 = 1) -> Matrix {
    var random = CounterRandom(seed: seed)
    return Matrix(
      rows: rows, columns: columns,
      values: (0..<rows * columns).map { _ in Float(random.next() >> 40) / 65536 - 100 })
  }

  private static func write(_ path: String) throws -> (Matrix, StringColumn) {
    let vectors = grid(rows: 3001, columns: 70)
    let ids = StringColumn((0..<20000).map { $0 == 7 ? "" : "ключ-\($0)" })
    try HDF5Writer.write(to: path) { file in
      try file.write(vectors, as: "plain")
      try file.write(vectors, as: "deep/down/packed", compression: .gzip(level: 6))
      let pieces = try file.floats("pieces", rows: 3001, columns: 70, compression: .gzip())
      let run = try file.floats("run", rows: 3001, columns: 70)
      for start in stride(from: 0, to: 3001, by: 1100) {
        let piece = vectors[rows: start..<min(start + 1100, 3001)]
        try pieces.append(piece)
        try run.append(piece)
      }
      try file.write(Buffer((0..<12).map { Int32($0) - 6 }), rows: 4, columns: 3, as: "codes")
      try file.write(Buffer([Int64.min, 0, .max]), rows: 3, columns: 1, as: "wide", compression: .gzip())
      try file.write(ids, as: "ids")
      try file.write(StringColumn([String]()), as: "nobody")
      try file.write(Matrix(rows: 0, columns: 70, values: [Float]()), as: "empty", compression: .gzip())
      try file.set("angular", attribute: "distance")
      try file.set("", attribute: "note")
      try file.set(70, attribute: "dimension")
    }
    return (vectors, ids)
  }

  @Test func readsBackWhatItWrites() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("w.h5")
    let (vectors, ids) = try Self.write(path)
    let file = try HDF5File(path: path)
    for name in ["plain", "deep/down/packed", "pieces", "run"] {
      let read = try file.matrix(name)
      #expect(read.rows == 3001 && read.columns == 70 && read.values.array == vectors.values.array)
    }
    // Mapped, and on a cache line.
    for name in ["plain", "run"] {
      let offset = try #require(try file.dataset(name).floatOffset)
      #expect(offset % 64 == 0)
    }
    #expect(try file.dataset("pieces").floatOffset == nil)
    #expect(try file.integers("codes", as: Int32.self).values.array == (0..<12).map { $0 - 6 })
    #expect(try file.integers("wide").values.array == [.min, 0, .max])
    #expect(Array(try file.strings("ids")) == Array(ids))
    #expect(try file.strings("nobody").isEmpty)
    #expect(try file.matrix("empty").rows == 0)
    #expect(file.attributes == ["distance": .string("angular"), "note": .string(""), "dimension": .integer(70)])
  }

  @Test(.enabled(if: Python.isReady)) func h5pyOpensWhatItWrites() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("w.h5")
    let (vectors, _) = try Self.write(path)
    try AtomicFile.write(vectors.values, to: folder.file("raw"))
    try Python.run(
      """
      import sys, h5py, numpy as np
      x = np.fromfile(sys.argv[2], "<f4").reshape(3001, 70)
      with h5py.File(sys.argv[1]) as f:
        for n in ["plain", "deep/down/packed", "pieces", "run"]:
          assert f[n].dtype == "<f4" and np.array_equal(f[n][:], x), n
        assert f["pieces"].compression == "gzip" and f["pieces"].shuffle and f["run"].chunks is None
        assert f["codes"].dtype == "<i4" and f["codes"][:].tolist() == (np.arange(12) - 6).reshape(4, 3).tolist()
        assert f["wide"][:].ravel().tolist() == [-2**63, 0, 2**63 - 1]
        ids = f["ids"].asstr()[:]
        assert len(ids) == 20000 and ids[7] == "" and ids[19999] == "ключ-19999"
        assert f["nobody"].shape == (0,) and f["empty"].shape == (0, 70)
        assert f.attrs["distance"] == "angular" and f.attrs["note"] == "" and f.attrs["dimension"] == 70
      """, path, folder.file("raw"))
  }

  @Test func sameInputSameBytes() throws {
    let folder = try TemporaryFolder()
    _ = try Self.write(folder.file("1.h5"))
    _ = try Self.write(folder.file("2.h5"))
    #expect(FileManager.default.contentsEqual(atPath: folder.file("1.h5"), andPath: folder.file("2.h5")))
  }

  @Test func aFailureLeavesTheOldFile() throws {
    struct Stop: Error {}
    let folder = try TemporaryFolder()
    let path = folder.file("w.h5")
    try HDF5Writer.write(to: path) { try $0.write(Matrix(rows: 1, columns: 1, values: [7]), as: "x") }
    #expect(throws: Stop.self) {
      try HDF5Writer.write(to: path) { file in
        try file.write(Self.grid(rows: 100, columns: 10), as: "x")
        throw Stop()
      }
    }
    let short = message {
      try HDF5Writer.write(to: path) { file in
        try file.floats("x", rows: 3, columns: 1).append(Matrix(rows: 2, columns: 1, values: [1, 2]))
      }
    }
    #expect(short.contains("dataset \"x\": expected 3 rows, found 2"))
    let twice = message {
      try HDF5Writer.write(to: path) { file in
        for _ in 0..<2 { try file.write(Matrix(rows: 1, columns: 1, values: [1]), as: "x") }
      }
    }
    #expect(twice.contains("dataset \"x\": cannot be written: name already exists"))
    let ragged = message {
      try HDF5Writer.write(to: path) { file in
        try file.floats("x", rows: 3, columns: 1).append(Matrix(rows: 1, columns: 2, values: [1, 2]))
      }
    }
    #expect(ragged.contains("3 more rows of 1 columns"))
    #expect(
      message { try HDF5Writer.write(to: path) { try $0.write(StringColumn(["a", "b\0c"]), as: "s") } }
        .contains("row 1 (from 0)"))
    #expect(try HDF5File(path: path).matrix().values.array == [7])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["w.h5"])
    #expect(throws: InputError.self) { try HDF5Writer.write(to: path + "/where.h5") { _ in } }
  }

  /// Reading forks while other threads write: neither may find the other inside the library.
  @Test func readsAndWritesAtOnce() throws {
    let folder = try TemporaryFolder()
    try ThreadPool(threads: 4).run(tasks: 24) { task in
      let path = folder.file("\(task).h5")
      let vectors = Self.grid(rows: 500, columns: 33, seed: UInt64(task))
      try HDF5Writer.write(to: path) { try $0.write(vectors, as: "x", compression: .gzip()) }
      let read = try HDF5File(path: path).matrix()
      guard read.values.array == vectors.values.array else { throw InputError(.io, path, found: "other values") }
    }
  }
}
