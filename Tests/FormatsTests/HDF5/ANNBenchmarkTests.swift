import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

@Suite struct ANNBenchmarkTests {
  /// Writes a small benchmark, with `change` in the place of one of its parts.
  private static func make(
    _ path: String, distance: String? = "euclidean", test: Matrix? = nil, neighbors: [Int32] = [0, 1, 2, 0],
    neighborRows: Int = 2, distances: Matrix? = nil
  ) throws {
    try HDF5Writer.write(to: path) { file in
      try file.write(Matrix(rows: 3, columns: 2, values: [0, 0, 1, 0, 0, 3]), as: "train")
      try file.write(test ?? Matrix(rows: 2, columns: 2, values: [0.25, 0, 0, 2]), as: "test")
      try file.write(
        Buffer(neighbors), rows: neighborRows, columns: neighbors.count / neighborRows, as: "neighbors")
      if let distances { try file.write(distances, as: "distances") }
      if let distance { try file.set(distance, attribute: "distance") }
    }
  }

  @Test func opens() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("b.hdf5")
    try Self.make(path, distances: Matrix(rows: 2, columns: 2, values: [0.25, 0.75, 1, 2]))
    let benchmark = try ANNBenchmark(path: path)
    #expect(benchmark.metric == .l2 && benchmark.train.rows == 3 && benchmark.test.rows == 2)
    #expect(benchmark.neighborsPerQuery == 2 && benchmark.neighbors(of: 1).array == [2, 0])
    #expect(benchmark.distances?.row(1) == [1, 2])
    for (text, metric) in [("angular", Metric.cosine), ("IP", .innerProduct), ("L2", .l2)] {
      try Self.make(path, distance: text)
      #expect(try ANNBenchmark(path: path).metric == metric)
    }
    #expect(try ANNBenchmark(path: path).distances == nil)
  }

  @Test func namesWhatDoesNotFit() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("b.hdf5")
    func failure() -> String { message { try ANNBenchmark(path: path) } }
    try Self.make(path, distance: nil)
    #expect(failure().contains("attribute \"distance\": expected euclidean, angular or dot, found no such attribute"))
    try Self.make(path, distance: "jaccard")
    #expect(failure().contains("found jaccard"))
    try Self.make(path, test: Matrix(rows: 2, columns: 1, values: [1, 2]))
    #expect(failure().contains("dataset \"test\": expected 2 columns, as train has, found 1"))
    try Self.make(path, neighbors: [0, 1, 3, 0])
    #expect(failure().contains("dataset \"neighbors\", row 1 (from 0): expected row numbers of train, 0 to 2, found 3"))
    try Self.make(path, neighborRows: 1)
    #expect(failure().contains("dataset \"neighbors\": expected 2 rows"))
    try Self.make(path, distances: Matrix(rows: 2, columns: 1, values: [1, 2]))
    #expect(failure().contains("dataset \"distances\": expected 2 × 2"))
    try HDF5Writer.write(to: path) { file in
      try file.set("euclidean", attribute: "distance")
      try file.write(Matrix(rows: 1, columns: 1, values: [1]), as: "train")
    }
    #expect(failure().contains("dataset \"test\": no such dataset"))
  }

  @Test(.enabled(if: RealData.has("fashion-mnist-784-euclidean.hdf5"))) func readsFashionMNIST() throws {
    let benchmark = try ANNBenchmark(path: RealData.path("fashion-mnist-784-euclidean.hdf5"))
    #expect(benchmark.metric == .l2)
    #expect(benchmark.train.rows == 60000 && benchmark.train.columns == 784 && benchmark.test.rows == 1000)
    #expect(benchmark.neighborsPerQuery == 100)
    let distances = try #require(benchmark.distances)
    for query in stride(from: 0, to: 1000, by: 50) {
      let vector = benchmark.test.row(query)
      let neighbor = benchmark.train.row(Int(benchmark.neighbors(of: query)[99]))
      let squared = zip(vector, neighbor).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
      #expect(abs(squared.squareRoot() - Double(distances[query, 99])) < 1e-3)
    }
  }

  @Test(.enabled(if: RealData.has("debian-packages"))) func readsDebianPackages() throws {
    let path = RealData.path("debian-packages/debian-packages-minilm-384-angular.hdf5")
    let benchmark = try ANNBenchmark(path: path)
    #expect(benchmark.metric == .cosine && benchmark.train.rows == 62666 && benchmark.test.columns == 384)
    let file = try HDF5File(path: path)
    let train = try file.strings("train_ids")
    let test = try file.strings("test_ids")
    #expect(train.count == 62666 && test.count == 1000)
    #expect(Set(train).count == 62666 && Set(train).isDisjoint(with: test))
  }

  /// The same vectors and ids in two formats, and a mapped benchmark.
  @Test(.enabled(if: RealData.has("amazon-industrial-and-scientific"))) func readsAmazonEmbeddings() throws {
    let folder = "amazon-industrial-and-scientific/"
    let file = try HDF5File(path: RealData.path(folder + "embeddings.h5"))
    let matrix = try file.matrix()
    #expect(matrix.rows == 3686 && matrix.columns == 384)
    let npy = try Data(contentsOf: URL(fileURLWithPath: RealData.path(folder + "embeddings.npy")))
    #expect(npy.suffix(3686 * 384 * 4) == matrix.withUnsafeBufferPointer { Data(buffer: $0) })
    let json = try Data(contentsOf: URL(fileURLWithPath: RealData.path(folder + "ids.json")))
    #expect(Array(try file.strings("ids")) == (try JSONDecoder().decode([String].self, from: json)))
    let mapped = try HDF5File(path: RealData.path(folder + "ann-angular.hdf5"))
    #expect(try mapped.dataset("train").floatOffset != nil)
    #expect(try ANNBenchmark(path: mapped.path).train.rows == 2686)
  }
}
