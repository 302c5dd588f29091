public import CSemid
import SemanticID

/// What the options of a model say about its shape, where they say it.
private struct GivenShape {
  private let given: [(name: String, value: String)]

  init(_ options: semid_text) throws {
    guard let text = try options.string("options"), !text.isEmpty else {
      given = []
      return
    }
    let object = try CallOptions.object(text, "options")
    let network = object["network"] as? [String: Any] ?? [:]
    given = Self.names.compactMap { name in
      let parts = name.split(separator: ".")
      guard let value = parts.count == 1 ? object[name] : network[String(parts[1])] else { return nil }
      return (name, "\(value)")
    }
  }

  private static let names = ["levelSizes", "network.hidden", "network.codeDimension", "network.hasBatchNorm"]

  /// - Throws: `InputError` where the options say something else than the weights.
  func check(_ options: RQVAEOptions, asGiven: RQVAEOptions) throws {
    let network = (asGiven.network, options.network)
    let differs: [String: (said: String, found: String)] = [
      "levelSizes": ("\(asGiven.levelSizes)", "\(options.levelSizes)"),
      "network.hidden": ("\(network.0.hidden)", "\(network.1.hidden)"),
      "network.codeDimension": (
        "\(network.0.codeDimension ?? 0)", network.0.codeDimension == nil ? "0" : "\(network.1.codeDimension ?? 0)"
      ),
      "network.hasBatchNorm": ("\(network.0.hasBatchNorm)", "\(network.1.hasBatchNorm)"),
    ]
    for (name, _) in given {
      guard let (said, found) = differs[name], said != found else { continue }
      throw InputError(
        .mismatch, "options", at: name, expected: "\(found), as the weights have it", found: said,
        remedy: "leave the option out")
    }
  }
}

extension semid_tensor {
  /// A copy: the model outlives the call.
  fileprivate func copy(_ place: Int) throws -> (name: String, values: Matrix) {
    let name = try name.required("tensors, name \(place)")
    guard let matrix = try values.matrix("tensor \(name)") else {
      throw InputError(.usage, "tensors", at: "tensor \(name)", expected: "values", found: "none")
    }
    return (name, Matrix(rows: matrix.rows, columns: matrix.columns, values: matrix.values.array))
  }
}

@c @implementation
public func semid_tokenizer_of_weights(
  _ kind: semid_text, _ tensors: UnsafePointer<semid_tensor>?, _ count: Int64, _ options: semid_text,
  _ tokenizer: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let kind = try kind.kind()
    let given = try CallerArray.copy(tensors, count: count, "tensors").enumerated().map { try $1.copy($0) }
    let weights = Dictionary(grouping: given) { $0.name }
    if let twice = weights.first(where: { $0.value.count > 1 })?.key {
      throw InputError(.usage, "tensors", expected: "names that differ", found: "\"\(twice)\" more than once")
    }
    let shape = try GivenShape(options)
    let options = try CallOptions.decode(options, over: RQVAEOptions(kind: kind), "options")
    let model = try RQVAE(kind: kind, weights: weights.mapValues { $0[0].values }, options: options)
    try shape.check(model.options, asGiven: options)
    try tokenizer.give(.tokenizer(model), as: "tokenizer")
  }
}

private struct TensorShape: Encodable {
  var name: String
  var rows: Int
  var columns: Int
}

@c @implementation
public func semid_tokenizer_weights(_ tokenizer: UInt64, _ result: UnsafeMutablePointer<UInt64>?) -> Int32 {
  Call.run {
    let model = try tokenizer.tokenizer
    let weights: [(name: String, values: Matrix)]
    switch model {
    case let model as RQKMeans: weights = model.weights
    case let model as RQVAE: weights = model.weights
    default:
      throw InputError(.unsupported, "tokenizer", expected: "a model with codebooks", found: model.kind.rawValue)
    }
    try result.give(
      CallResult(
        json: weights.map { TensorShape(name: $0.name, rows: $0.values.rows, columns: $0.values.columns) },
        Dictionary(weights.map { ($0.name, .float($0.values.values)) }, uniquingKeysWith: { first, _ in first })))
  }
}
