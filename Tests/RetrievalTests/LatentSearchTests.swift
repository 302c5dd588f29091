import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

@Suite struct LatentSearchTests {
  private static let rows = 600

  /// Twenty clusters, row after row of each in turn, and a small autoencoder of them.
  private func trained() throws -> (vectors: Matrix, model: RQVAE) {
    var catalogue = RandomCatalogue(seed: 41)
    let centers = catalogue.matrix(rows: 20, columns: 12)
    let vectors = Matrix(rows: Self.rows, columns: 12) { values in
      for row in 0..<Self.rows {
        for column in 0..<12 {
          values[row * 12 + column] = centers[row % 20, column] + Float(catalogue.random.normals().0 * 0.1)
        }
      }
    }
    var options = RQVAEOptions()
    options.levelSizes = [16, 16]
    options.network.hidden = [16]
    options.network.codeDimension = 6
    options.schedule.epochs = 20
    return (vectors, try RQVAE.train(vectors, options: options).model)
  }

  @Test func codesOfAnAutoencoderAreSearchedByVector() throws {
    let (vectors, model) = try trained()
    let codes = try model.encode(vectors)
    let folder = try TemporaryFolder()
    // With the vectors their sketches are scanned; without, codes against the query's latent vector.
    for withVectors in [true, false] {
      let path = folder.file(withVectors ? "vectors" : "codes")
      try IndexBuilder().build(
        IndexContents(codes: codes, vectors: withVectors ? vectors : nil, tokenizer: model), at: path)
      let index = try SemanticIndex(opening: path, model: model.fingerprint)
      try index.verify()
      #expect(index.manifest.latentDimension == 6 && index.manifest.dimension == 12)
      var found = 0
      for (row, result) in try index.search(vectors, options: SearchOptions(k: 10, candidates: 60))
        .enumerated()
      {
        found += result.hits.count { $0.row % 20 == row % 20 }
        #expect(result.hits.count == 10)
        if withVectors { #expect(result.hits.first?.row == row) }
      }
      #expect(Double(found) > 0.95 * 6000, "\(found)")
      #expect(throws: InputError.self) { try index.search([1, 2]) }
    }
  }

  /// Items that come later are encoded by the model that the index keeps, and searches meet them as those from the start.
  @Test(arguments: [true, false]) func itemsMayBeAdded(withVectors: Bool) throws {
    let (vectors, model) = try trained()
    let folder = try TemporaryFolder()
    let (first, later) = (vectors[rows: 0..<400], vectors[rows: 400..<Self.rows])
    let path = folder.file("index")
    try IndexBuilder().build(
      IndexContents(
        codes: model.encode(first), vectors: withVectors ? first : nil, ids: StringColumn((0..<400).map { "\($0)" }),
        tokenizer: model), at: path)
    let live = try LiveIndex(opening: path, options: .init(merging: nil))
    for start in [0, 120] {
      let rows = start..<(start == 0 ? 120 : later.rows)
      try live.update(
        IndexChanges(added: .init(ids: StringColumn(rows.map { "\(400 + $0)" }), vectors: later[rows: rows])))
    }
    try live.update(IndexChanges(deleted: ["5", "425"]))
    for segments in [3, 1] {
      if segments == 1 { try live.compact() }
      let index = live.current
      try index.verify()
      #expect(index.segments.count == segments && index.count == Self.rows - 2)
      #expect(index.manifest.latentDimension == 6)
      var found = 0
      for (row, result) in try index.search(vectors, options: SearchOptions(k: 10, candidates: 60)).enumerated() {
        let ids = result.hits.map { index.id(ofRow: $0.row) }
        #expect(ids.count == 10 && !ids.contains("5") && !ids.contains("425"))
        found += ids.count { (Int($0) ?? -1) % 20 == row % 20 }
        if withVectors && row != 5 && row != 425 { #expect(ids.first == "\(row)") }
      }
      #expect(Double(found) > 0.95 * 10 * Double(Self.rows), "\(found)")
    }
  }
}
