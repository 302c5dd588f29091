import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

@Suite struct LatentSearchTests {
  @Test func codesOfAnAutoencoderAreSearchedByVector() throws {
    var catalogue = RandomCatalogue(seed: 41)
    let centres = catalogue.matrix(rows: 20, columns: 12)
    let vectors = Matrix(rows: 600, columns: 12) { values in
      for row in 0..<600 {
        for column in 0..<12 {
          values[row * 12 + column] = centres[row % 20, column] + Float(catalogue.random.normals().0 * 0.1)
        }
      }
    }
    var options = RQVAEOptions()
    options.levelSizes = [16, 16]
    options.network.hidden = [16]
    options.network.codeDimension = 6
    options.schedule.epochs = 20
    let model = try RQVAE.train(vectors, options: options).model
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
}
