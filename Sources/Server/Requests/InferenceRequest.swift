import NIOCore
import Vectors

/// A request of the inference protocol: JSON, and behind it the tensors that are binary.
struct InferenceRequest {
  private let id: String?
  private let inputs: [InferenceTensor]
  /// The outputs that are wanted; nil: all.
  let outputs: [String]?
  /// Whether outputs are binary, and which.
  private var binaryOutputs: Set<String> = []
  private var allBinary = false

  init(_ call: Call) throws {
    let total = call.body.readableBytes
    var length = total
    if let text = call.inferenceHeaderLength {
      guard let value = Int(text), (0...total).contains(value) else {
        throw ServerFault(
          .usage, "Inference-Header-Content-Length", expected: "a number up to \(total), the bytes of the body",
          found: "\"\(text.prefix(30))\"")
      }
      length = value
    }
    let (json, tail) = try call.body.withUnsafeReadableBytes { bytes in
      (
        try RequestValue(parsing: UnsafeRawBufferPointer(rebasing: bytes[..<length])), Array(bytes[length...])
      )
    }
    // The protocol lets clients add members: those that are not known are passed over.
    guard case .object(let members) = json else {
      throw ServerFault(.usage, "body", expected: "an object", found: json.kind)
    }
    func member(_ name: String) -> RequestValue? { members.first { $0.name == name }?.value }
    if case .text(let text)? = member("id") { id = text } else { id = nil }
    if let parameters = member("parameters") { allBinary = try Self.flag(parameters, "binary_data_output") }
    var place = 0
    guard let given = member("inputs")?.elements else {
      throw ServerFault(.usage, "body", at: "inputs", expected: "an array of tensors", found: "none")
    }
    inputs = try given.enumerated().map { try Self.tensor($1, "inputs[\($0)]", tail, &place) }
    guard place == tail.count else {
      throw ServerFault(.usage, "body", expected: "\(place) bytes behind the JSON", found: "\(tail.count)")
    }
    var names: [String]?
    if let wanted = member("outputs") {
      guard let elements = wanted.elements else {
        throw ServerFault(.usage, "body", at: "outputs", expected: "an array", found: wanted.kind)
      }
      names = []
      for (number, element) in elements.enumerated() {
        guard case .object(let members) = element,
          case .text(let name)? = members.first(where: { $0.name == "name" })?.value
        else {
          throw ServerFault(
            .usage, "body", at: "outputs[\(number)]", expected: "an object with a name", found: element.kind)
        }
        names?.append(name)
        if let parameters = members.first(where: { $0.name == "parameters" })?.value,
          try Self.flag(parameters, "binary_data")
        {
          binaryOutputs.insert(name)
        }
      }
      if names?.isEmpty == true { names = nil }
      if let names, Set(names).count < names.count {
        throw ServerFault(.usage, "body", at: "outputs", expected: "names that differ", found: "one of them twice")
      }
    }
    outputs = names
  }

  private static func flag(_ parameters: RequestValue, _ name: String) throws -> Bool {
    guard case .object(let members) = parameters, let value = members.first(where: { $0.name == name })?.value else {
      return false
    }
    guard case .boolean(let flag) = value else {
      throw ServerFault(.usage, "body", at: "parameters.\(name)", expected: "true or false", found: value.kind)
    }
    return flag
  }

  private static func tensor(
    _ value: RequestValue, _ place: String, _ tail: [UInt8], _ next: inout Int
  ) throws -> InferenceTensor {
    let fields = try RequestFields(value, at: place, known: ["name", "shape", "datatype", "parameters", "data"])
    guard let name = try fields.text("name"), let type = try fields.text("datatype"),
      let shape = try fields.integers("shape", in: 0...Int(Int32.max))
    else {
      throw ServerFault(.usage, "body", at: place, expected: "a name, a shape and a datatype", found: "less")
    }
    var count = 1
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow, product <= 1 << 31 else {
        throw ServerFault(.tooLarge, "body", at: "\(place).shape", expected: "fewer elements", found: "\(shape)")
      }
      count = product
    }
    if let data = fields["data"] {
      return try InferenceTensor(name: name, shape: shape, type: type, count: count, data: data)
    }
    guard let parameters = fields["parameters"],
      let size = try RequestFields(
        parameters, at: "\(place).parameters", known: ["binary_data_size"]
      ).integer("binary_data_size", in: 0...tail.count - next)
    else {
      throw ServerFault(.usage, "body", at: place, expected: "data, or parameters.binary_data_size", found: "neither")
    }
    defer { next += size }
    return try tail.withUnsafeBytes { bytes in
      try InferenceTensor(
        name: name, shape: shape, type: type, count: count,
        bytes: UnsafeRawBufferPointer(rebasing: bytes[next..<next + size]))
    }
  }

  func has(_ name: String) -> Bool { inputs.contains { $0.name == name } }

  func input(_ name: String) throws -> InferenceTensor {
    guard let input = inputs.first(where: { $0.name == name }) else {
      throw ServerFault(
        .usage, "body", at: "inputs", expected: "an input \"\(name)\"",
        found: inputs.isEmpty ? "none" : inputs.map { "\"\($0.name.prefix(60))\"" }.joined(separator: ", "))
    }
    return input
  }

  func answer(_ outputs: [InferenceTensor], model: String) -> Answer {
    var tail: [UInt8] = []
    var answer = Answer.json { json in
      json.object { json in
        json.member("id", id)
        json.member("model_name", model)
        json.member("model_version", "1")
        json.key("outputs")
        json.array(outputs) { json, output in
          json.object { json in
            json.member("name", output.name)
            json.member("datatype", output.type)
            json.key("shape")
            json.array(output.shape) { $0.integer($1) }
            if allBinary || binaryOutputs.contains(output.name) {
              let bytes = output.bytes
              tail += bytes
              json.key("parameters")
              json.object { $0.member("binary_data_size", bytes.count) }
              return
            }
            json.key("data")
            switch output.values {
            case .integers(let numbers): json.array(numbers) { $0.integer($1) }
            case .floats(let numbers): json.array(numbers) { $0.number($1) }
            case .texts(let texts): json.array(texts) { $0.string($1) }
            }
          }
        }
      }
    }
    if !tail.isEmpty {
      answer.headers.append(("Inference-Header-Content-Length", "\(answer.body.count)"))
      answer.type = "application/octet-stream"
      answer.body += tail
    }
    return answer
  }
}
