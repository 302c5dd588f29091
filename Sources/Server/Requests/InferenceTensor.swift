import Vectors

/// A tensor of the inference protocol.
struct InferenceTensor {
  enum Values {
    case integers([Int32])
    case floats([Float])
    case texts([String])
  }

  var name: String
  var shape: [Int]
  var values: Values
  /// Whether its answer is to be binary.
  var isBinary = false

  var type: String {
    switch values {
    case .integers: "INT32"
    case .floats: "FP32"
    case .texts: "BYTES"
    }
  }

  private func fault(_ expected: String, _ found: String) -> ServerFault {
    ServerFault(.usage, "body", at: "input \(name)", expected: expected, found: found)
  }

  func matrix(columns: Int) throws -> Matrix {
    guard case .floats(let values) = values else { throw fault("FP32", type) }
    guard shape.count == 2, shape[1] == columns else { throw fault("the shape [rows, \(columns)]", "\(shape)") }
    guard values.allSatisfy(\.isFinite) else { throw fault("finite numbers", "NaN or Inf") }
    return Matrix(rows: shape[0], columns: columns, values: values)
  }

  func integers(columns: Int) throws -> [Int32] {
    guard case .integers(let values) = values else { throw fault("INT32", type) }
    guard shape.count == 2, shape[1] == columns else { throw fault("the shape [rows, \(columns)]", "\(shape)") }
    return values
  }

  func texts() throws -> [String] {
    guard case .texts(let values) = values else { throw fault("BYTES", type) }
    guard shape.count == 1 else { throw fault("the shape [rows]", "\(shape)") }
    return values
  }

  /// Little-endian, row after row; each text behind its length.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    func append(_ value: UInt32) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }
    switch values {
    case .integers(let numbers): for number in numbers { append(UInt32(bitPattern: number)) }
    case .floats(let numbers): for number in numbers { append(number.bitPattern) }
    case .texts(let texts):
      for text in texts {
        append(UInt32(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
      }
    }
    return bytes
  }

  /// Reads binary values.
  init(name: String, shape: [Int], type: String, count: Int, bytes: UnsafeRawBufferPointer) throws {
    self.name = name
    self.shape = shape
    func word(_ offset: Int) -> UInt32 {
      UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    func fault(_ expected: String, _ found: String) -> ServerFault {
      ServerFault(.usage, "body", at: "input \(name)", expected: expected, found: found)
    }
    switch type {
    case "FP32", "INT32", "UINT32":
      guard bytes.count == count * 4 else { throw fault("\(count * 4) bytes", "\(bytes.count)") }
      values =
        type == "FP32"
        ? .floats((0..<count).map { Float(bitPattern: word($0 * 4)) })
        : .integers((0..<count).map { Int32(bitPattern: word($0 * 4)) })
    case "INT64", "UINT64":
      guard bytes.count == count * 8 else { throw fault("\(count * 8) bytes", "\(bytes.count)") }
      values = .integers(
        (0..<count).map { index in
          let value = Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: Int64.self))
          return Int32(exactly: value) ?? -1
        })
    case "BYTES":
      var texts: [String] = []
      var place = 0
      while texts.count < count {
        guard place + 4 <= bytes.count else { throw fault("\(count) texts", "\(texts.count)") }
        let length = Int(word(place))
        guard length <= bytes.count - place - 4 else { throw fault("a text of \(length) bytes", "fewer") }
        texts.append(String(decoding: bytes[place + 4..<place + 4 + length], as: UTF8.self))
        place += 4 + length
      }
      guard place == bytes.count else { throw fault("\(place) bytes", "\(bytes.count)") }
      values = .texts(texts)
    default: throw fault("FP32, INT32, INT64 or BYTES", type)
    }
  }

  init(name: String, shape: [Int], values: Values) {
    self.name = name
    self.shape = shape
    self.values = values
  }

  /// Reads values in JSON, flat or nested as the shape is.
  init(name: String, shape: [Int], type: String, count: Int, data: RequestValue) throws {
    self.name = name
    self.shape = shape
    func fault(_ expected: String, _ found: String) -> ServerFault {
      ServerFault(.usage, "body", at: "input \(name)", expected: expected, found: found)
    }
    var numbers: [Double] = []
    var texts: [String] = []
    func collect(_ value: RequestValue) throws {
      switch value {
      case .numbers(let values): numbers += values
      case .array(let values): for value in values { try collect(value) }
      case .text(let text): texts.append(text)
      case .integer(let number): numbers.append(Double(number))
      case .number(let number): numbers.append(number)
      default: throw fault("numbers or texts", value.kind)
      }
    }
    try collect(data)
    switch type {
    case "FP32", "FP64":
      guard texts.isEmpty, numbers.count == count else { throw fault("\(count) numbers", "\(numbers.count)") }
      values = .floats(numbers.map { Float($0) })
    case "INT32", "UINT32", "INT64", "UINT64", "INT16", "UINT16":
      guard texts.isEmpty, numbers.count == count else { throw fault("\(count) numbers", "\(numbers.count)") }
      values = .integers(numbers.map { Int32(exactly: $0) ?? -1 })
    case "BYTES":
      guard numbers.isEmpty, texts.count == count else { throw fault("\(count) texts", "\(texts.count)") }
      values = .texts(texts)
    default: throw fault("FP32, INT32, INT64 or BYTES", "\"\(type.prefix(20))\"")
    }
  }
}
