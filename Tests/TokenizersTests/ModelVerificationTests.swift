import Formats
import Foundation
import TestSupport
import Testing
import Vectors

@testable import Tokenizers

/// Every byte of a model is looked at: by opening where it matters to codes, and by verifying everywhere.
@Suite struct ModelVerificationTests {
  private static func write(_ kind: TokenizerKind, to path: String) throws {
    var random = CounterRandom(seed: 1)
    let vectors = Matrix(rows: 32, columns: 3, values: (0..<96).map { _ in Float(random.normals().0) })
    guard kind == .rqVAE else {
      return try RQKMeans(codebooks: Codebooks(levels: [vectors[rows: 0..<3], vectors[rows: 3..<5]])).write(to: path)
    }
    var options = RQVAEOptions(kind: .rqVAE, rows: 32)
    options.levelSizes = [2, 2]
    options.network.hidden = [3]
    options.network.codeDimension = 2
    options.schedule.epochs = 2
    try RQVAE.train(vectors, kind: .rqVAE, options: options).model.write(to: path)
  }

  @Test(arguments: [TokenizerKind.rqKMeans, .rqVAE]) func aFlipOfAnyByteIsTold(_ kind: TokenizerKind) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model")
    try Self.write(kind, to: path)
    let whole = try TokenizerModel.verify(path)
    #expect(whole.hasDigests && whole.hasHistory == (kind == .rqVAE ? true : nil))
    var random = CounterRandom(seed: 2)
    var opened: [String: Int] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: path).sorted() {
      let file = URL(fileURLWithPath: path + "/" + name)
      let bytes = try Data(contentsOf: file)
      for place in bytes.indices {
        var flipped = bytes
        flipped[place] ^= 1 << UInt8(random.below(8))
        try flipped.write(to: file)
        #expect(throws: InputError.self, "\(name), byte \(place)") { try TokenizerModel.verify(path) }
        if (try? TokenizerModel.open(path)) != nil { opened[name, default: 0] += 1 }
      }
      try bytes.write(to: file)
    }
    // Opening leaves out the record of the training, which is for people, with its digest, and other spellings of numbers.
    let digest = kind == .rqVAE ? 64 : 0
    #expect(opened["model.safetensors", default: 0] <= digest && opened["config.json", default: 0] < 4, "\(opened)")
    _ = try TokenizerModel.verify(path)
  }

  @Test func whatHasNoDigestIsSaid() throws {
    let folder = try TemporaryFolder()
    try Self.write(.rqVAE, to: folder.file("model"))
    let model = try #require(try TokenizerModel.open(folder.file("model")) as? RQVAE)
    #expect(throws: InputError.self) { try model.writeSemanticID(to: folder.file("model")) }
    try RQKMeans(codebooks: Codebooks(levels: [Matrix(rows: 2, columns: 2, values: [0, 1, 2, 3])]))
      .writeSemanticID(to: folder.file("theirs"))
    #expect(try !TokenizerModel.verify(folder.file("theirs")).hasDigests)
    // The history that belongs to the weights is gone.
    unlink(folder.file("model/history.jsonl"))
    let error = #expect(throws: InputError.self) { try TokenizerModel.verify(folder.file("model")) }
    #expect(error?.kind == .missing)
    _ = try TokenizerModel.open(folder.file("model"))
  }
}
