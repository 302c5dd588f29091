import TestSupport
import Testing
import Vectors

@testable import Formats

@Suite struct EmbeddingTableTests {
  private let matrix = Matrix(rows: 4, columns: 3, values: (0..<12).map(Float.init))
  private let ids = StringColumn(["w", "x", "y", "z"])

  @Test func opensTablesWithTheirIds() throws {
    let folder = try TemporaryFolder()
    try HDF5Writer.write(to: folder.file("a.h5")) { file in
      try file.write(matrix, as: "train")
      try file.write(matrix[rows: 0..<1], as: "test")
      try file.write(StringColumn(["q"]), as: "ids")
      try file.write(ids, as: "train_ids")
    }
    try HDF5Writer.write(to: folder.file("b.hdf5")) { file in
      try file.write(matrix, as: "vectors")
      try file.write(Buffer<Int64>([5, -6, 7, 8]), rows: 4, columns: 1, as: "numbers")
    }
    let columns: [ParquetWriter.Column] = [.vector("embedding", columns: 3), .string("item_id"), .int32("number")]
    try ParquetWriter.write(to: folder.file("c.parquet"), columns: columns) { file in
      try file.append([.matrix(matrix), .strings(ids), .int32(Buffer([5, -6, 7, 8]))])
    }
    for name in ["a.h5", "c.parquet"] {
      let set = try EmbeddingSet(opening: folder.file(name))
      #expect(set.vectors.values.array == matrix.values.array && set.ids.map(Array.init) == Array(ids), "\(name)")
      let bare = try EmbeddingSet(opening: folder.file(name), options: .init(readsIDs: false))
      #expect(bare.ids == nil)
    }
    #expect(try EmbeddingSet(opening: folder.file("b.hdf5")).ids == nil)
    for (name, ids) in [("b.hdf5", "numbers"), ("c.parquet", "number")] {
      let set = try EmbeddingSet(opening: folder.file(name), options: .init(ids: ids))
      #expect(set.ids.map(Array.init) == ["5", "-6", "7", "8"])
      let other = try EmbeddingSet(opening: folder.file(name), options: .init(idsPath: folder.file("c.parquet")))
      #expect(other.ids.map(Array.init) == Array(self.ids))
    }
    let error = message { try EmbeddingSet(opening: folder.file("a.h5"), options: .init(ids: "ids")) }
    #expect(error.contains("4 ids"))
  }

  @Test func readsIdsFromTables() throws {
    let folder = try TemporaryFolder()
    try ParquetWriter.write(to: folder.file("a.parquet"), columns: [.string("name"), .string("title")]) { file in
      try file.append([.strings(ids), .strings(ids)])
    }
    try HDF5Writer.write(to: folder.file("a.h5")) { try $0.write(ids, as: "names") }
    #expect(Array(try Identifiers.read(path: folder.file("a.h5"))) == Array(ids))
    #expect(message { try Identifiers.read(path: folder.file("a.parquet")) }.contains("name the column"))
    #expect(Array(try Identifiers.read(ParquetFile(path: folder.file("a.parquet")), column: "name")) == Array(ids))
    try HDF5Writer.write(to: folder.file("a.h5")) { try $0.write(StringColumn(["a", "b", "a"]), as: "ids") }
    #expect(message { try Identifiers.read(path: folder.file("a.h5")) }.contains("row 2 (from 0)"))
  }

  @Test(.enabled(if: RealData.has("amazon-industrial-and-scientific"))) func opensRealTables() throws {
    let folder = RealData.path("amazon-industrial-and-scientific/")
    let set = try EmbeddingSet(opening: folder + "embeddings.h5")
    let npy = try EmbeddingSet(opening: folder + "embeddings.npy")
    #expect(set.vectors.values.array == npy.vectors.values.array)
    #expect(set.ids.map(Array.init) == npy.ids.map(Array.init))
    let packages = RealData.path("debian-packages/debian-packages-minilm-384-angular.hdf5")
    #expect(try EmbeddingSet(opening: packages).ids?.count == 62_666)
  }
}
