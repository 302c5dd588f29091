import Foundation
import TestSupport
import Testing
import Vectors

@testable import Retrieval

@Suite struct FaissIndexTests {
  private func vectors(_ rows: Int) -> Matrix {
    var catalogue = RandomCatalogue(seed: 60)
    return catalogue.matrix(rows: rows, columns: 8)
  }

  private func make(_ factory: String, _ metric: FaissIndex.Metric, _ vectors: Matrix) throws -> FaissIndex {
    try FaissIndex(
      factory: factory, metric: metric, dimension: vectors.columns, count: vectors.rows, training: { vectors },
      piece: { vectors[rows: $0] })
  }

  @Test func searchesWhatItWasMadeOfAndWhatItWrote() throws {
    let vectors = vectors(500)
    let folder = try TemporaryFolder()
    for metric in [FaissIndex.Metric.l2, .innerProduct] {
      let made = try make("Flat", metric, vectors)
      try made.write(to: folder.file("flat"))
      // FAISS's own file is the one we write, byte for byte.
      let header = FlatVectorFile.header(metric: metric, dimension: 8, count: 500)
      let file = try #require(FileManager.default.contents(atPath: folder.file("flat")))
      #expect(Array(file.prefix(FlatVectorFile.headerSize)) == header)
      let mapped = try FlatVectorFile(MappedFile(path: folder.file("flat")), metric: metric, dimension: 8, count: 500)
      #expect((0..<500).allSatisfy { mapped.vector(at: $0) == vectors.row($0) })

      let read = try FaissIndex(readingFrom: folder.file("flat"))
      #expect(read.count == 500 && read.dimension == 8 && read.metric == metric)
      for index in [made, read] {
        let found = try index.search(vectors[rows: 0..<30], k: 3)
        if metric == .l2 { #expect((0..<30).allSatisfy { found.labels[$0 * 3] == $0 }) }
        #expect(try index.search(vectors[rows: 0..<2], k: .max).labels.count == 1000)
        #expect(try index.reconstruct(17) == vectors.row(17))
      }
    }
  }

  @Test func probesAreOfOneCallAlone() throws {
    let vectors = vectors(2000)
    let exact = try make("Flat", .l2, vectors).search(vectors[rows: 0..<100], k: 5).labels
    for factory in ["IVF16,Flat", "PCA8,IVF16,Flat"] {
      let index = try make(factory, .l2, vectors)
      let one = try index.search(vectors[rows: 0..<100], k: 5).labels
      #expect(try index.search(vectors[rows: 0..<100], k: 5, probes: 16).labels == exact)
      #expect(try index.search(vectors[rows: 0..<100], k: 5).labels == one)
      #expect(one != exact)
    }
    #expect(throws: InputError.self) { try make("Flat", .l2, vectors).search(vectors, k: 1, probes: 2) }
  }

  @Test func whatFaissRefusesIsAnError() throws {
    let vectors = vectors(20)
    #expect(throws: InputError.self) { try make("nonsense", .l2, vectors) }
    #expect(throws: InputError.self) { try make("PQ3", .l2, vectors) }
    #expect(throws: InputError.self) { try make("IVF64,Flat", .l2, vectors) }
    #expect(throws: InputError.self) { try make("Flat", .l2, Matrix(rows: 2, columns: 0, values: [])) }
    let index = try make("Flat", .l2, vectors)
    #expect(throws: InputError.self) { try index.reconstruct(20) }
    #expect(throws: InputError.self) { try index.reconstruct(-1) }
    #expect(throws: InputError.self) { try index.search(Matrix(rows: 1, columns: 3, values: [1, 2, 3]), k: 1) }
    #expect(throws: InputError.self) { try FaissIndex(readingFrom: "/nowhere") }
    let folder = try TemporaryFolder()
    try Data("not an index".utf8).write(to: URL(fileURLWithPath: folder.file("text")))
    #expect(throws: InputError.self) { try FaissIndex(readingFrom: folder.file("text")) }
    #expect(FaissIndex.version == "1.7.3" || FaissIndex.version.split(separator: ".").count == 3)
  }
}
