import ArgumentParser
import Foundation
import SemanticID

struct ModelInfo: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "What a model is: its kind, its levels and what it takes.",
    discussion: """
      Example: semid model info model

      Reads our directories, those of the Python package semantic-id (RQKMeans and RQVAE), and codebooks.npz files.
      """)

  @Argument(help: "Model directory, or a codebooks.npz.", completion: .file())
  var model: String
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    let model = try TokenizerModel.open(self.model)
    let summary = Summary(self.model, model)
    try console.print(summary) {
      """
      \(summary.model): \(summary.type), vectors of \(Text.count(summary.dimension)), \
      \(summary.levelSizes.map { Text.count($0) }.joined(separator: " × ")) codes, \
      \(Text.figure(summary.possibleIDs)) possible IDs
      \(Text.count(summary.parameters)) parameters, \(Text.bytes(summary.bytes)) on disk
      \(summary.details.map { "\($0.name): \($0.value)" }.joined(separator: "\n"))
      fingerprint \(summary.fingerprint)
      """
    }
  }

  struct Summary: Encodable {
    struct Detail: Encodable {
      var name: String
      var value: String
    }

    var model: String
    var type: String
    var dimension: Int
    var levelSizes: [Int]
    var possibleIDs: Double
    /// Length of what is quantized.
    var codeDimension: Int
    /// Numbers that training set.
    var parameters: Int
    var bytes: Int
    var fingerprint: String
    var details: [Detail]

    init(_ path: String, _ tokenizer: any Tokenizer) {
      model = path
      type = tokenizer.kind.rawValue
      dimension = tokenizer.dimension
      levelSizes = tokenizer.levelSizes
      possibleIDs = levelSizes.reduce(1) { $0 * Double($1) }
      fingerprint = tokenizer.fingerprint
      bytes = Self.size(of: path)
      if let model = tokenizer as? RQVAE {
        codeDimension = model.codeDimension
        parameters =
          (model.encoder + model.decoder).reduce(0) { $0 + $1.weights.values.count + $1.bias.count }
          + model.codebooks.levels.reduce(0) { $0 + $1.values.count }
        let network = model.options.network
        let widths = [model.dimension] + model.encoder.map(\.outputs)
        details = [
          Detail(name: "encoder", value: widths.map { "\($0)" }.joined(separator: "–")),
          Detail(
            name: "layers",
            value:
              "\(network.activation.rawValue)\(network.hasBatchNorm ? ", batch norm" : ""), skip \(network.skip.rawValue)"
          ),
          Detail(name: "codebooks", value: model.options.quantizer.learning.rawValue),
        ]
      } else if let model = tokenizer as? RQKMeans {
        codeDimension = model.dimension
        parameters =
          model.codebooks.levels.reduce(0) { $0 + $1.values.count } + model.prices.reduce(0) { $0 + $1.count }
        let options = model.options
        details = [
          Detail(name: "metric", value: options.metric.rawValue),
          Detail(name: "balance", value: options.balance.rawValue),
          Detail(name: "beam", value: "\(options.beam)"),
        ]
        if options.normalizesResiduals { details.append(Detail(name: "residuals", value: "unit length")) }
      } else {
        codeDimension = tokenizer.additiveCodebooks?.dimension ?? tokenizer.dimension
        parameters = 0
        details = []
      }
    }

    /// Bytes of a file, or of a directory's files.
    private static func size(of path: String) -> Int {
      let files = FileManager.default
      let names = (try? files.contentsOfDirectory(atPath: path)).map { $0.map { path + "/" + $0 } } ?? [path]
      return names.reduce(0) { $0 + ((try? files.attributesOfItem(atPath: $1)[.size] as? Int) ?? 0) }
    }
  }
}
