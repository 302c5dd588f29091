import Formats
package import Vectors

extension SentenceEncoder {
  /// Opens a directory of sentence-transformers, a plain one of transformers, or one of model2vec.
  ///
  /// - Throws: `InputError` that says which file or key is missing or not supported.
  package init(opening directory: String, pool: ThreadPool) throws {
    guard ModelFiles.isDirectory(directory) else {
      throw InputError(.missing, directory, expected: "a model's directory", found: "no such directory")
    }
    var opener = ModelOpener(directory: directory, pool: pool)
    self = try opener.open()
  }
}

/// Puts together what a model's directory holds.
struct ModelOpener {
  let directory: String
  let pool: ThreadPool
  private var notes: [String] = []
  private var files: Set<String> = []

  init(directory: String, pool: ThreadPool) {
    self.directory = directory
    self.pool = pool
  }

  /// A module by the last part of its type: `Transformer`, `Pooling`.
  private struct Module {
    var kind: String
    var path: String
    var fields: JSONFields
  }

  mutating func open() throws -> SentenceEncoder {
    let list = directory + "/modules.json"
    guard ModelFiles.exists(list) else { return try openPlain() }
    files.insert("modules.json")
    let modules = try Self.modules(list)
    guard let first = modules.first else {
      throw InputError(.malformed, list, expected: "a list of modules", found: "an empty one")
    }
    let prompts = try prompts()
    switch first.kind {
    case "Transformer": return try openTransformer(first, Array(modules.dropFirst()), prompts)
    case "StaticEmbedding":
      let part = folder(first.path)
      let weights = try weights(part)
      let table = try StaticEmbedding(weights)
      let tokenizer = try tokenizer(part, vocabularySize: table.vocabularySize, lowercases: false)
      return SentenceEncoder(
        source: directory, family: "static", core: .table(table), tokenizer: tokenizer,
        modules: try vectorModules(Array(modules.dropFirst()), size: table.dimension), prompts: prompts,
        maximumLength: nil, longestLength: nil, notes: notes, files: files.sorted())
    default:
      throw first.fields.fault(
        "type", .unsupported, expected: "Transformer or StaticEmbedding first", found: "\"\(first.kind)\"")
    }
  }

  /// A folder of the directory by its path in `modules.json`.
  private func folder(_ path: String) -> String { path.isEmpty ? directory : directory + "/" + path }

  private mutating func read(_ folder: String, _ name: String) throws -> JSONFields? {
    let path = folder + "/" + name
    guard ModelFiles.exists(path) else { return nil }
    files.insert(String(path.dropFirst(directory.count + 1)))
    return try JSONFields(file: path)
  }

  /// The weights of a folder, all of whose weight files decide the vectors.
  private mutating func weights(_ folder: String) throws -> ModelWeights {
    let weights = try ModelWeights(in: folder, pool: pool)
    for name in ModelFiles.all(in: folder)
    where !name.contains("/") && [".safetensors", ".bin", ".index.json"].contains(where: name.hasSuffix) {
      files.insert(String((folder + "/" + name).dropFirst(directory.count + 1)))
    }
    return weights
  }

  private static func modules(_ path: String) throws -> [Module] {
    guard case .array(let list) = try JSONTree.read(path) else {
      throw InputError(.malformed, path, expected: "a list of modules", found: "another value")
    }
    return try list.enumerated().map { index, value in
      guard case .object(let members) = value else {
        throw InputError(.malformed, path, at: "[\(index)]", expected: "an object", found: value.kind)
      }
      let fields = JSONFields(members, source: path, path: "[\(index)]")
      guard let type = try fields.text("type"), let kind = type.split(separator: ".").last else {
        throw fields.missing("type", "a module's type")
      }
      let folder = try fields.text("path") ?? ""
      guard !folder.hasPrefix("/"), !folder.split(separator: "/").contains("..") else {
        throw fields.fault("path", expected: "a folder in the directory", found: "\"\(folder)\"")
      }
      return Module(kind: String(kind), path: folder, fields: fields)
    }
  }

  private mutating func prompts() throws -> Prompts {
    guard let fields = try read(directory, "config_sentence_transformers.json") else { return Prompts() }
    if let type = try fields.text("model_type"), type != "SentenceTransformer" {
      throw fields.fault("model_type", .unsupported, expected: "SentenceTransformer", found: "\"\(type)\"")
    }
    return try Prompts(fields)
  }

  // MARK: Networks

  private mutating func openTransformer(
    _ first: Module, _ rest: [Module], _ prompts: Prompts
  ) throws -> SentenceEncoder {
    let part = folder(first.path)
    let (encoder, family, fields) = try network(part)
    var rest = rest[...]
    let pooling: Pooling
    if let module = rest.first, module.kind == "Pooling" {
      rest.removeFirst()
      guard let fields = try read(folder(module.path), "config.json") else {
        throw InputError(.missing, folder(module.path), expected: "config.json of the pooling", found: "no such file")
      }
      pooling = try Pooling(fields, size: encoder.dimension)
    } else {
      throw first.fields.fault(
        "type", .unsupported, expected: "Pooling behind Transformer",
        found: rest.first.map { "\"\($0.kind)\"" } ?? "nothing")
    }
    let modules = try vectorModules(Array(rest), size: encoder.dimension * pooling.modes.count)
    return try assemble(part, encoder, family, fields, pooling, modules, prompts)
  }

  /// A directory without `modules.json`.
  private mutating func openPlain() throws -> SentenceEncoder {
    guard let fields = try read(directory, "config.json") else {
      throw InputError(
        .missing, directory, expected: "modules.json, or config.json of a model", found: "neither",
        remedy: "name the directory that holds them")
    }
    if try fields.text("model_type") == "model2vec" { return try openModel2Vec(fields) }
    let (encoder, family, _) = try network(directory)
    notes.append("no modules.json: the mean of the tokens' states is taken, as sentence-transformers does")
    return try assemble(directory, encoder, family, fields, Pooling(), [], try prompts())
  }

  private mutating func openModel2Vec(_ fields: JSONFields) throws -> SentenceEncoder {
    let weights = try weights(directory)
    let size = try StaticEmbedding(weights).vocabularySize
    let tokenizer = try tokenizer(directory, vocabularySize: size, lowercases: false)
    let table = try StaticEmbedding(weights, leavingOut: tokenizer.model.unknownID)
    return SentenceEncoder(
      source: directory, family: "model2vec", core: .table(table), tokenizer: tokenizer,
      modules: try fields.flag("normalize", default: false) ? [.normalize] : [], prompts: Prompts(),
      maximumLength: fields.members["max_length"] == .null
        ? nil : try fields.count("max_length", in: 1...1 << 24) ?? 512,
      longestLength: nil, notes: notes, files: files.sorted())
  }

  private mutating func network(_ part: String) throws -> (any TokenEncoder, family: String, JSONFields) {
    guard let fields = try read(part, "config.json") else {
      throw InputError(.missing, part, expected: "config.json of the model", found: "no such file")
    }
    let type = try fields.text("model_type") ?? "bert"
    let encoder: any TokenEncoder
    switch type {
    case _ where BERTConfiguration.types.contains(type):
      let configuration = try BERTConfiguration(fields, type: type)
      encoder = try BERTEncoder(configuration, try weights(part), pool: pool)
    case _ where T5Configuration.types.contains(type):
      let configuration = try T5Configuration(fields)
      encoder = try T5Encoder(configuration, try weights(part), pool: pool)
    case _ where CausalDecoderConfiguration.types.contains(type):
      let configuration = try CausalDecoderConfiguration(fields, type: type)
      encoder = try CausalDecoder(configuration, try weights(part), pool: pool)
    default:
      let known = BERTConfiguration.types + T5Configuration.types + CausalDecoderConfiguration.types
      throw fields.fault(
        "model_type", .unsupported, expected: known.joined(separator: ", "), found: "\"\(type.prefix(60))\"")
    }
    return (encoder, type, fields)
  }

  private mutating func assemble(
    _ part: String, _ encoder: any TokenEncoder, _ family: String, _ configuration: JSONFields, _ pooling: Pooling,
    _ modules: [VectorModule], _ prompts: Prompts
  ) throws -> SentenceEncoder {
    let old = try sentenceConfiguration(part)
    let tokenizer = try tokenizer(
      part, vocabularySize: encoder.vocabularySize,
      lowercases: old.map { try $0.flag("do_lower_case", default: false) } ?? false)
    var maximum = try old?.count("max_seq_length", in: 1...Int(Int32.max))
    if maximum == nil {
      // Where no limit is meant, the library writes 10³⁰.
      let claimed = try read(part, "tokenizer_config.json")?.number("model_max_length")
      maximum = claimed.flatMap { (1...1e8).contains($0) ? Int($0) : nil }
      if let positions = try configuration.count("max_position_embeddings", in: 1...1 << 24) {
        maximum = min(maximum ?? positions, positions)
      }
    }
    if let longest = encoder.longestSequence, let wanted = maximum, wanted > longest {
      if old?.has("max_seq_length") == true {
        notes.append("max_seq_length \(wanted) is more than the model has positions for: \(longest) are used")
      }
      maximum = longest
    }
    guard maximum ?? .max > tokenizer.specialCount else {
      throw InputError(
        .malformed, part, at: "maximum length", expected: "above \(tokenizer.specialCount), the special tokens",
        found: "\(maximum ?? 0)")
    }
    return SentenceEncoder(
      source: directory, family: family, core: .network(encoder, pooling), tokenizer: tokenizer, modules: modules,
      prompts: prompts, maximumLength: maximum, longestLength: encoder.longestSequence, notes: notes,
      files: files.sorted())
  }

  /// `sentence_bert_config.json` under one of the names that it has had.
  private mutating func sentenceConfiguration(_ part: String) throws -> JSONFields? {
    for name in ["bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet"] {
      guard let fields = try read(part, "sentence_\(name)_config.json") else { continue }
      if let task = try fields.text("transformer_task"), task != "feature-extraction" {
        throw fields.fault("transformer_task", .unsupported, expected: "feature-extraction", found: "\"\(task)\"")
      }
      return fields
    }
    return nil
  }

  private mutating func tokenizer(_ part: String, vocabularySize: Int, lowercases: Bool) throws -> TextTokenizer {
    let configuration = try read(part, "tokenizer_config.json")
    let json = part + "/tokenizer.json", vocabulary = part + "/vocab.txt"
    var tokenizer: TextTokenizer
    let path: String
    if ModelFiles.exists(json) {
      path = json
      tokenizer = try TextTokenizer(file: json)
    } else if ModelFiles.exists(vocabulary) {
      path = vocabulary
      tokenizer = try TextTokenizer(vocabulary: vocabulary, configuration: configuration)
    } else {
      throw InputError(
        .missing, part, expected: "tokenizer.json, or vocab.txt of a BERT", found: "neither",
        remedy: "save the tokenizer with transformers, which writes tokenizer.json")
    }
    files.insert(String(path.dropFirst(directory.count + 1)))
    guard tokenizer.size <= vocabularySize else {
      throw InputError(
        .mismatch, path, expected: "ids below \(vocabularySize), the rows of the model's table",
        found: "\(tokenizer.size - 1)", remedy: "use the tokenizer that belongs to the model")
    }
    if lowercases { tokenizer = tokenizer.lowering() }
    return tokenizer
  }

  // MARK: Behind the pooling

  private mutating func vectorModules(_ modules: [Module], size: Int) throws -> [VectorModule] {
    var size = size
    var result: [VectorModule] = []
    for module in modules {
      let part = folder(module.path)
      switch module.kind {
      case "Dense":
        _ = try read(part, "config.json")
        _ = try weights(part)
        result.append(.dense(try DenseModule(in: part, size: size, pool: pool)))
      case "LayerNorm":
        let weights = try weights(part)
        result.append(
          .layerNorm(
            LayerNormalization(
              gain: try weights.floats("norm.weight", size), bias: try weights.floats("norm.bias", size),
              epsilon: 1e-5)))
      case "Normalize":
        // Its folder may be missing: there is nothing to say about it.
        if let fields = try read(part, "config.json"), let name = try fields.text("module_input_name"),
          name != "sentence_embedding"
        {
          throw fields.fault("module_input_name", .unsupported, expected: "sentence_embedding", found: "\"\(name)\"")
        }
        result.append(.normalize)
      // Only while training.
      case "Dropout": continue
      default:
        throw module.fields.fault(
          "type", .unsupported, expected: "Dense, LayerNorm, Dropout or Normalize behind the pooling",
          found: "\"\(module.kind)\"")
      }
      size = result.last?.dimension(of: size) ?? size
    }
    return result
  }
}
