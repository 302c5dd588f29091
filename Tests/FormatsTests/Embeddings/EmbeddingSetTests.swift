import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

@Suite struct EmbeddingSetTests {
  private let matrix = Matrix(rows: 4, columns: 3, values: (0..<12).map(Float.init))

  @Test func opensEveryFormatByItsExtension() throws {
    let folder = try TemporaryFolder()
    try NPY.write(matrix, to: folder.file("a.npy"))
    var npz = NPZWriter()
    npz.add("bias", Buffer<Float>([1, 2]), shape: [2])
    npz.add("codes", Buffer<UInt16>([1, 2]), shape: [1, 2])
    npz.add("items", matrix)
    try npz.write(to: folder.file("b.npz"))
    npz.add("Z", matrix[rows: 0..<2])
    try npz.write(to: folder.file("c.npz"))
    var tensors = SafetensorsWriter()
    tensors.add("bias", Buffer<Float>([1, 2]), shape: [2])
    tensors.add("items", matrix)
    try tensors.write(to: folder.file("d.safetensors"))
    tensors.add("items2", matrix)
    try tensors.write(to: folder.file("e.SafeTensors"))
    for name in ["a.npy", "b.npz", "d.safetensors"] {
      let set = try EmbeddingSet(opening: folder.file(name))
      #expect(set.vectors.values.array == matrix.values.array, "\(name)")
      #expect(set.ids == nil)
    }
    #expect(try EmbeddingSet(opening: folder.file("c.npz")).count == 2, "a known name goes first")
    #expect(try EmbeddingSet(opening: folder.file("c.npz"), options: .init(vectors: "items")).count == 4)
    let error = #expect(throws: InputError.self) { try EmbeddingSet(opening: folder.file("e.SafeTensors")) }
    #expect(error?.found == "2: items: float32 4 × 3, items2: float32 4 × 3")
    let other = #expect(throws: InputError.self) { try EmbeddingSet(opening: folder.file("x.docx")) }
    #expect(other?.kind == .unsupported)
    let missing = #expect(throws: InputError.self) { try EmbeddingSet(opening: folder.file("x.npy")) }
    #expect(missing?.kind == .missing)
  }

  @Test func findsIdsBeside() throws {
    let folder = try TemporaryFolder()
    try NPY.write(matrix, to: folder.file("a.npy"))
    try NPY.write(StringColumn(["w", "x", "y", "z"]), to: folder.file("ids.npy"))
    func ids(_ options: EmbeddingSet.Options = .init()) throws -> [String]? {
      try EmbeddingSet(opening: folder.file("a.npy"), options: options).ids.map(Array.init)
    }
    #expect(try ids() == ["w", "x", "y", "z"])
    try AtomicFile.write("1\n2\n3\n4\n", to: folder.file("ids.txt"))
    #expect(try ids() == ["1", "2", "3", "4"])
    try AtomicFile.write("[5, 6, 7, 8]", to: folder.file("ids.json"))
    #expect(try ids() == ["5", "6", "7", "8"])
    try AtomicFile.write(#"["a", "b", "c", "d"]"#, to: folder.file("a.ids.json"))
    #expect(try ids() == ["a", "b", "c", "d"])
    #expect(try ids(.init(idsPath: folder.file("ids.txt"))) == ["1", "2", "3", "4"])
    #expect(try ids(.init(readsIDs: false)) == nil)
    try AtomicFile.write("[5, 6, 7]", to: folder.file("a.ids.json"))
    let error = #expect(throws: InputError.self) { try ids() }
    #expect(error?.kind == .mismatch)
    #expect(error?.source == folder.file("a.ids.json"))
    #expect(error?.found == "3 ids")
    // A file of ids is not its own ids.
    try NPY.write(Matrix(rows: 1, columns: 1, values: [1]), to: folder.file("ids.npy"))
    #expect(EmbeddingSet.idsBeside(folder.file("ids.npy")) == folder.file("ids.json"))
  }

  @Test func findsIdsInside() throws {
    let folder = try TemporaryFolder()
    var archive = NPZWriter()
    archive.add("emb", matrix)
    archive.add("ids", Buffer<Int32>([9, 8, 7, 6]), shape: [4])
    archive.add("other", Buffer<Int32>([1, 2, 3, 4]), shape: [4])
    try archive.write(to: folder.file("a.npz"))
    try AtomicFile.write("[5, 6, 7, 8]", to: folder.file("beside.json"))
    func ids(_ options: EmbeddingSet.Options = .init()) throws -> [String]? {
      try EmbeddingSet(opening: folder.file("a.npz"), options: options).ids.map(Array.init)
    }
    #expect(try ids() == ["9", "8", "7", "6"])
    #expect(try ids(.init(ids: "other")) == ["1", "2", "3", "4"])
    #expect(try ids(.init(idsPath: folder.file("beside.json"))) == ["5", "6", "7", "8"])
    #expect(try ids(.init(readsIDs: false)) == nil)
    let missing = #expect(throws: InputError.self) { try ids(.init(ids: "none")) }
    #expect(missing?.kind == .missing)
    try NPY.write(matrix, to: folder.file("a.npy"))
    let error = #expect(throws: InputError.self) {
      try EmbeddingSet(opening: folder.file("a.npy"), options: .init(ids: "ids"))
    }
    #expect(error?.kind == .usage)
  }

  @Test func namesTheFirstValueThatIsNotFinite() throws {
    var random = CounterRandom(seed: 2)
    for round in 0..<40 {
      let (rows, columns) = round < 3 ? (1300, 701) : (random.below(50) + 1, random.below(50) + 1)
      var values = [Float](repeating: -1, count: rows * columns)
      let bad = (0..<3).map { _ in random.below(values.count) }
      for (index, value) in zip(bad, [Float.nan, .infinity, -.infinity]) { values[index] = value }
      let first = bad.min() ?? 0
      let error = #expect(throws: InputError.self) {
        try EmbeddingSet(
          vectors: Matrix(rows: rows, columns: columns, values: values), source: "x.npy",
          pool: ThreadPool(threads: round % 4 + 1))
      }
      #expect(error?.place == "row \(first / columns), column \(first % columns) (from 0)")
    }
    #expect(throws: InputError.self) {
      try EmbeddingSet(vectors: Matrix(rows: 0, columns: 3, values: [Float]()), source: "x")
    }
    let large = Matrix(rows: 1, columns: 2, values: [.greatestFiniteMagnitude, -.leastNonzeroMagnitude])
    #expect(try EmbeddingSet(vectors: large, source: "x").count == 1)
  }

  @Test func parsesSelectors() throws {
    func parse(_ text: String, _ files: Set<String> = []) throws -> String {
      let selector = try VectorSelector(parsing: text, isFile: files.contains)
      return selector.path + "|" + (selector.row.map { "\($0)" } ?? "")
    }
    #expect(try parse("a.npy") == "a.npy|")
    #expect(try parse("a.npy:12") == "a.npy|12")
    #expect(try parse("a.npy:0") == "a.npy|0")
    #expect(try parse("dir:1/a.npy") == "dir:1/a.npy|")
    #expect(try parse("dir:1/a.npy:3") == "dir:1/a.npy|3")
    #expect(try parse("a:1", ["a:1"]) == "a:1|")
    for text in ["", ":3", "a.npy:", "a.npy:-1", "a.npy:1.5", "a.npy:x", "a.npy:01", "a.npy:99999999999999999999"] {
      let error = #expect(throws: InputError.self, "\(text)") { try parse(text) }
      #expect(error?.kind == .usage)
    }
  }

  @Test func selectsRows() throws {
    let folder = try TemporaryFolder()
    var values = matrix.values.array
    values[10] = .nan
    try NPY.write(Matrix(rows: 4, columns: 3, values: values), to: folder.file("a.npy"))
    try NPY.write(Buffer<Double>([1, 2, 3]), shape: [3], to: folder.file("one.npy"))
    #expect(try VectorSelector(parsing: folder.file("a.npy:2")).vectors().values.array == [6, 7, 8])
    #expect(try VectorSelector(parsing: folder.file("one.npy")).vectors().row(0) == [1, 2, 3])
    #expect(try VectorSelector(parsing: folder.file("one.npy:0")).vectors().columns == 3)
    let bad = #expect(throws: InputError.self) { try VectorSelector(parsing: folder.file("a.npy:3")).vectors() }
    #expect(bad?.place == "row 3, column 1 (from 0)")
    let beyond = #expect(throws: InputError.self) { try VectorSelector(parsing: folder.file("a.npy:4")).vectors() }
    #expect(beyond?.expected == "a row from 0 to 3")
  }

  @Test(.enabled(if: RealData.has("amazon-beauty-sasrec64/embeddings.npy"))) func opensRealEmbeddings() throws {
    let set = try EmbeddingSet(opening: RealData.path("amazon-beauty-sasrec64/embeddings.npy"))
    #expect(set.count == 12_101 && set.dimension == 64)
    #expect(set.ids?.count == 12_101)
    #expect(set.ids?.first == "1")
  }
}
