import Foundation
import TestSupport
import Testing
import Vectors

@testable import Tokenizers

@Suite("Files and faults of the RQ-VAE") struct RQVAEFilesTests {
  func error(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch { return "\(error)" }
  }

  @Test(arguments: RQVAETests.kinds.indices) func aModelReadsBackAsItWas(index: Int) throws {
    let (kind, sizes) = RQVAETests.kinds[index]
    let folder = try TemporaryFolder()
    let options = RQVAETests.options(kind, sizes) {
      $0.schedule.epochs = 3
      $0.network.hasBatchNorm = true
      $0.network.activation = .gelu
    }
    let (model, _) = try RQVAE.train(RQVAETests.vectors, kind: kind, options: options)
    try model.write(to: folder.file("model"))
    let again = try TokenizerModel.open(folder.file("model"))
    #expect(again.kind == kind && again.fingerprint == model.fingerprint && again.dimension == 24)
    let codes = try model.encode(RQVAETests.vectors)
    #expect(try again.encode(RQVAETests.vectors).values.array == codes.values.array)
    #expect(
      try again.decode(codes, pool: ThreadPool()).values.array == model.decode(codes, pool: ThreadPool()).values.array)
    #expect((again as? RQVAE)?.options == model.options)

    let history = try String(contentsOfFile: folder.file("model") + "/history.jsonl", encoding: .utf8)
    let lines = try history.split(separator: "\n").map {
      try JSONDecoder().decode(RQVAEEpoch.self, from: Data($0.utf8))
    }
    #expect(lines.map(\.epoch) == [1, 2, 3])
    #expect(lines[2].levels.count == sizes.count && lines[2].quantization.count == sizes.count)
    #expect(lines[2].evaluation != nil)
  }

  @Test func aChangedOrCutModelIsRefused() throws {
    let folder = try TemporaryFolder()
    let options = RQVAETests.options { $0.schedule.epochs = 1 }
    let (model, _) = try RQVAE.train(RQVAETests.vectors, options: options)
    let path = folder.file("model")
    try model.write(to: path)
    func reopen() -> String { error { _ = try TokenizerModel.open(path) } }
    let weights = URL(fileURLWithPath: path + "/model.safetensors")
    let whole = try Data(contentsOf: weights)
    var changed = whole
    changed[whole.count - 6] ^= 1
    try changed.write(to: weights)
    #expect(reopen().contains("fingerprint"))
    changed.replaceSubrange(whole.count - 4..<whole.count, with: [0, 0, 0xC0, 0x7F])
    try changed.write(to: weights)
    #expect(reopen().contains("finite"))
    for length in [0, 5, 100, whole.count / 2, whole.count - 1] {
      try whole.prefix(length).write(to: weights)
      #expect(reopen().contains("model.safetensors"), "\(length)")
    }
    try whole.write(to: weights)
    #expect(reopen() == "no error")

    let config = path + "/config.json"
    let text = try String(contentsOfFile: config, encoding: .utf8)
    for (old, new, complaint) in [
      ("\"rq-vae\"", "\"vq-vae\"", "metadata"), ("\"dimension\" : 24", "\"dimension\" : 25", "25"),
      ("\"codeDimension\" : 8", "\"codeDimension\" : 9", "9"),
      ("\"codeDimension\" : 8", "\"codeDimension\" : null", "codeDimension"),
      ("\"codeDimension\" : 8", "\"codeDimension\" : 900000000000", "layers"),
      ("\"relu\"", "\"tanh\"", "JSON"), ("\"relu\"", "\"silu\"", "fingerprint"), ("16,", "17,", "17"),
    ] {
      #expect(text.contains(old), "\(old)")
      let replaced = text.replacingOccurrences(of: old, with: new)
      try replaced.write(toFile: config, atomically: true, encoding: .utf8)
      #expect(reopen() != "no error" && (reopen().contains(complaint) || complaint == "JSON"), "\(new): \(reopen())")
    }
  }

  @Test func aModelOfGivenWeightsIsChecked() throws {
    func layer(_ inputs: Int, _ outputs: Int) throws -> DenseLayer {
      try DenseLayer(
        weights: Matrix(rows: outputs, columns: inputs, values: Array(repeating: 0.5, count: inputs * outputs)),
        bias: Array(repeating: 0, count: outputs))
    }
    func books(_ sizes: [Int], _ d: Int) throws -> Codebooks {
      try Codebooks(
        levels: sizes.map { size in
          Matrix(rows: size, columns: d, values: (0..<size * d).map { Float($0) })
        })
    }
    func model(
      _ encoder: [(Int, Int)], _ decoder: [(Int, Int)], _ codebooks: Codebooks, kind: TokenizerKind = .rqVAE
    ) throws -> RQVAE {
      try RQVAE(
        kind: kind, options: RQVAEOptions(), encoder: encoder.map { try layer($0.0, $0.1) },
        decoder: decoder.map { try layer($0.0, $0.1) }, codebooks: codebooks)
    }
    let fine = try model([(4, 3), (3, 2)], [(2, 3), (3, 4)], books([5, 6], 2))
    #expect(fine.dimension == 4 && fine.codeDimension == 2 && fine.levelSizes == [5, 6])
    #expect(fine.options.network.hidden == [3] && fine.options.levelSizes == [5, 6])
    #expect(error { _ = try model([(4, 3), (2, 2)], [(2, 3), (3, 4)], books([5], 2)) }.contains("follow"))
    #expect(error { _ = try model([(4, 2)], [(2, 5)], books([5], 2)) }.contains("follow"))
    #expect(error { _ = try model([(4, 2)], [(2, 4)], books([5], 3)) }.contains("dimension 2"))
    #expect(error { _ = try model([(4, 2)], [(2, 4)], books([5, 5], 2), kind: .vqVAE) }.contains("one codebook"))
    #expect(error { _ = try model([], [], books([5], 2)) }.contains("layers"))
    #expect(
      error {
        _ = try DenseLayer(weights: Matrix(rows: 1, columns: 1, values: [.nan]), bias: [0])
      }.contains("finite"))
  }

  @Test func badInputIsNamed() throws {
    let vectors = RQVAETests.vectors
    let options = RQVAETests.options { $0.schedule.epochs = 1 }
    let (model, _) = try RQVAE.train(vectors, options: options)
    let other = Synthetic.clusters(rows: 10, columns: 9, centers: 2, seed: 30)
    #expect(error { _ = try model.encode(other) }.contains("dimension 24"))
    #expect(error { _ = try model.decode(Codes(levelSizes: [16], values: Buffer([1]))) }.contains("[16, 16]"))
    var values = vectors.values.array
    values[57 * 24 + 3] = .nan
    let bad = Matrix(rows: 1000, columns: 24, values: values)
    #expect(error { _ = try model.encode(bad) }.contains("row 57"))
    #expect(error { _ = try RQVAE.train(bad, options: options) }.contains("row 57"))
    #expect(try model.encode(Matrix(rows: 0, columns: 24, values: [])).count == 0)
    #expect(
      error { _ = try RQVAE.train(vectors, options: RQVAETests.options(.rqVAE, [16, 2000])) }.contains("at least 2000"))
    #expect(
      error { _ = try RQVAE.train(Matrix(rows: 0, columns: 24, values: []), options: options) }.contains("0 × 24"))
    #expect(
      error { _ = try RQVAE.train(vectors, options: RQVAETests.options { $0.optimizer.learningRate = -1 }) }
        .contains("learning rate"))
    #expect(
      error { _ = try RQVAE.train(vectors, kind: .vqVAE, options: RQVAETests.options(.vqVAE, [4, 4])) }
        .contains("VQ-VAE"))
  }

  @Test func divergenceIsToldNotWritten() throws {
    let options = RQVAETests.options {
      $0.optimizer.learningRate = 1e30
      $0.optimizer.clipNorm = 0
      $0.optimizer.warmUpShare = 0
    }
    let message = error { _ = try RQVAE.train(RQVAETests.vectors, options: options) }
    #expect(message.contains("diverged") && message.contains("--learning-rate"), "\(message)")
  }

  @Test func whatProgressThrowsEndsTheTraining() throws {
    struct Stop: Error {}
    var steps = 0
    #expect(throws: Stop.self) {
      try RQVAE.train(RQVAETests.vectors, options: RQVAETests.options()) {
        if case .step(let done, let total) = $0 {
          steps = done
          #expect(total == 12 * 8)
          if done == 5 { throw Stop() }
        }
      }
    }
    #expect(steps == 5)
  }
}
