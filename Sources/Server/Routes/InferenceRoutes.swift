import Foundation
import NIOCore
import Retrieval
import Tokenizers
import Vectors

/// The Open Inference Protocol, version 2: each index is a model that encodes, and one that looks up items.
enum InferenceRoutes {
  static let all: [Route] = [
    Route("GET", "/v2", "serverMetadata", on: .atOnce) { _ in
      Answer.json { json in
        json.object { json in
          json.member("name", "semid")
          json.member("version", EngineVersion.current)
          json.key("extensions")
          json.array(["binary_tensor_data"]) { $0.string($1) }
        }
      }
    },
    Route("GET", "/v2/health/live", "inferenceLive", role: .none, on: .atOnce) { _ in .json { $0.object { _ in } } },
    Route("GET", "/v2/health/ready", "inferenceReady", role: .none, on: .atOnce) { call in
      var answer = Answer.json { $0.object { _ in } }
      if !call.server.isReady { answer.status = 503 }
      return answer
    },
    Route("GET", "/v2/models/{model}", "modelMetadata", on: .atOnce, metadata),
    Route("GET", "/v2/models/{model}/ready", "modelReady", on: .atOnce) { call in
      _ = try model(call)
      return Answer.json { $0.object { _ in } }
    },
    Route("POST", "/v2/models/{model}/infer", "infer", infer),
  ]

  private enum Model {
    case encode(ServedIndex)
    case items(ServedIndex)
  }

  private static func model(_ call: Call) throws -> Model {
    let name = call.parameters[0]
    for (suffix, make) in [("-encode", Model.encode), ("-items", Model.items)] where name.hasSuffix(suffix) {
      if let index = call.server.indexes[String(name.dropLast(suffix.count))] { return make(index) }
    }
    throw ServerFault(
      .missing, "model", expected: "NAME-encode or NAME-items, where NAME is that of an index",
      found: "\"\(name.prefix(100))\"")
  }

  private static func metadata(_ call: Call) throws -> Answer {
    let model = try model(call)
    return Answer.json { json in
      json.object { json in
        json.member("name", call.parameters[0])
        json.key("versions")
        json.array(["1"]) { $0.string($1) }
        json.member("platform", "semid")
        func tensors(_ key: String, _ tensors: [(name: String, type: String, shape: [Int])]) {
          json.key(key)
          json.array(tensors) { json, tensor in
            json.object { json in
              json.member("name", tensor.name)
              json.member("datatype", tensor.type)
              json.key("shape")
              json.array(tensor.shape) { $0.integer($1) }
            }
          }
        }
        switch model {
        case .encode(let served):
          let index = served.state.index
          tensors("inputs", [("vectors", "FP32", [-1, index.manifest.dimension])])
          tensors("outputs", [("codes", "INT32", [-1, index.shape.levels]), ("semantic_ids", "BYTES", [-1])])
        case .items(let served):
          let index = served.state.index
          tensors("inputs", [("codes", "INT32", [-1, index.shape.levels]), ("semantic_ids", "BYTES", [-1])])
          tensors("outputs", [("items", "BYTES", [-1, -1]), ("counts", "INT32", [-1])])
        }
      }
    }
  }

  private static func infer(_ call: Call) throws -> Answer {
    let model = try model(call)
    let request = try InferenceRequest(call)
    var outputs: [InferenceTensor]
    switch model {
    case .encode(let served):
      let state = served.state
      let tokenizer = try state.tokenizer()
      let vectors = try request.input("vectors").matrix(columns: tokenizer.dimension)
      try call.checkBatch(vectors.rows, "vectors")
      let codes = try ModelRoutes.codes(of: vectors, tokenizer, call)
      let levels = tokenizer.levelSizes.count
      outputs = [
        InferenceTensor(
          name: "codes", shape: [codes.count, levels], values: .integers(codes.flatMap { $0.map { Int32($0) } })),
        InferenceTensor(
          name: "semantic_ids", shape: [codes.count], values: .texts(codes.map { state.index.shape.text($0) })),
      ]
    case .items(let served): outputs = try items(request, served.state.index, call)
    }
    if let wanted = request.outputs {
      outputs = try wanted.map { name in
        guard let output = outputs.first(where: { $0.name == name }) else {
          throw ServerFault(
            .usage, "body", at: "outputs", expected: "one of \(outputs.map(\.name).joined(separator: ", "))",
            found: "\"\(name.prefix(60))\"")
        }
        return output
      }
    }
    return request.answer(outputs, model: call.parameters[0])
  }

  /// Items of an ID that are given, at most.
  private static let widest = 1024

  private static func items(_ request: InferenceRequest, _ index: SemanticIndex, _ call: Call) throws
    -> [InferenceTensor]
  {
    let levels = index.shape.levels
    let ids: [[UInt16]?]
    if request.has("codes") {
      let tensor = try request.input("codes")
      let values = try tensor.integers(columns: levels)
      try call.checkBatch(values.count / levels, "IDs")
      ids = stride(from: 0, to: values.count, by: levels).map { start in
        let codes = values[start..<start + levels].map { UInt16(exactly: $0) }
        // Codes that no ID can have are the ID of no item: a model may have made them up.
        return codes.contains(nil) ? nil : codes.compactMap(\.self)
      }
    } else {
      let texts = try request.input("semantic_ids").texts()
      try call.checkBatch(texts.count, "IDs")
      ids = texts.map { try? index.shape.parse($0) }
    }
    let found = ids.map { codes in codes.map { index.rows(prefix: $0) } ?? [] }
    let width = min(found.map(\.count).max() ?? 0, widest)
    return [
      InferenceTensor(
        name: "items", shape: [ids.count, width],
        values: .texts(found.flatMap { rows in (0..<width).map { $0 < rows.count ? index.id(ofRow: rows[$0]) : "" } })),
      InferenceTensor(name: "counts", shape: [ids.count], values: .integers(found.map { Int32(clamping: $0.count) })),
    ]
  }
}
