import Foundation
import TestSupport
import Testing
import Vectors

@testable import TextEmbedding

/// The networks give the activations that torch gives, layer by layer.
struct EncoderTests {
  @Test(.enabled(if: Python.has("torch", "transformers"))) func everyLayerIsWhatTorchComputes() throws {
    let folder = try TemporaryFolder()
    let made = try TinyModels.made(in: folder.path)
    #expect(made.models.count == 9)
    for model in made.models { try Self.check(model) }
  }

  static func check(_ model: TinyModels.Model) throws {
    let encoder = try SentenceEncoder(opening: model.folder, pool: ThreadPool(threads: 2))
    guard case .network(let network, _) = encoder.core else {
      Issue.record("\(model.name): no network")
      return
    }
    #expect(
      encoder.family
        == model.name.replacingOccurrences(of: "flan-", with: "").replacingOccurrences(of: "-tanh", with: ""))
    let ids = model.texts.map { encoder.tokenizer.encode($0) }
    #expect(ids == model.ids, "\(model.name)")
    // All texts in one batch: nobody sees the others.
    let batch = PackedSequences(ids)
    var layers: [[Float]] = []
    let last = network.encode(batch) { _, states in layers.append(states.array()) }
    layers[layers.count - 1] = last.array()
    for (text, expected) in model.states.enumerated() {
      let range = batch.tokens(text)
      #expect(expected.count == layers.count)
      for (layer, (ours, theirs)) in zip(layers, expected).enumerated() {
        let own = ours[(range.lowerBound * network.dimension)..<(range.upperBound * network.dimension)]
        #expect(own.count == theirs.count)
        let scale = max(1, theirs.map(abs).max() ?? 1)
        let worst = zip(own, theirs).map { abs($0 - $1) }.max() ?? 0
        #expect(worst <= 1e-4 * scale, "\(model.name), text \(text), layer \(layer): \(worst) of \(scale)")
      }
    }
  }

  /// The bits of a text's vector depend on neither its neighbors nor the threads.
  @Test(.enabled(if: Python.has("torch", "transformers"))) func bitsDependOnTheTextAlone() throws {
    let folder = try TemporaryFolder()
    for model in try TinyModels.made(in: folder.path).models {
      let encoder = try SentenceEncoder(opening: model.folder, pool: ThreadPool(threads: 1))
      let texts = (0..<60).map { model.texts[$0 * 7 % model.texts.count] + String(repeating: " bolt", count: $0 % 5) }
      func embed(_ texts: [String], _ threads: Int, _ tokens: Int) throws -> [[UInt32]] {
        var options = SentenceEncoder.Options()
        options.batchTokens = tokens
        let vectors = try encoder.embed(texts, options, pool: ThreadPool(threads: threads)).vectors
        return (0..<vectors.rows).map { vectors.row($0).map(\.bitPattern) }
      }
      let all = try embed(texts, 1, 4096)
      #expect(try embed(texts, 2, 1) == all, "\(model.name)")
      #expect(try embed(texts, 3, 50) == all, "\(model.name)")
      #expect(try embed(texts.reversed(), 2, 77) == all.reversed(), "\(model.name)")
      #expect(Set(all).count > 5, "\(model.name)")
    }
  }
}
