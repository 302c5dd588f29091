import SemanticID

typealias Parser = @Sendable (Buffer<UInt8>) throws -> Void

/// Every parser of input from outside, by name. Each takes bytes as a file or an argument would give them, and reads all
/// that there is to read; it returns or throws `InputError`. Anything else is a finding.
let parsers: [String: Parser] = [
  "npy": { bytes in
    let array = try NPYArray(bytes: bytes, source: "x.npy")
    if array.elementType == nil {
      _ = try Identifiers.read(array)
    } else {
      _ = try? array.integers(as: UInt16.self)
      let numbers = try array.numbers()
      _ = try numbers.floats(pool: ThreadPool(threads: 1))
      _ = try array.matrix(pool: ThreadPool(threads: 1))
    }
  },
  // Mapped: a read beyond the end of the last page is a fault of its own.
  "npy-file": { bytes in
    try withFile(bytes) { path in _ = try NPYArray(path: path).matrix(pool: ThreadPool(threads: 1)) }
  },
  "npz": { bytes in
    let file = try NPZFile(bytes: bytes, source: "x.npz")
    for key in file.keys {
      let array = try file.array(key)
      if array.elementType == nil { _ = try array.strings() } else { _ = try array.numbers().floats() }
    }
  },
  "safetensors": { bytes in
    let file = try SafetensorsFile(bytes: bytes, source: "x.safetensors")
    for name in file.names { _ = try file.tensor(name).floats() }
  },
  "ids-json": { _ = try Identifiers.read(json: $0, source: "ids.json") },
  "ids-lines": { _ = try Identifiers.read(lines: $0, source: "ids.txt") },
  "token-format": { bytes in
    let text = String(decoding: bytes.array, as: UTF8.self)
    let sizes = [256, 3, 65_536, 10]
    for prefix in [false, true] {
      guard let codes = try? TokenFormat.parse(text, levelSizes: sizes, prefix: prefix) else { continue }
      // Strict: what is accepted is what is written.
      let spelt = [TokenFormat.tokens.text(for: codes), TokenFormat.plain().text(for: codes)]
      guard spelt.contains(text) else { fatalError("\(text) was read as \(codes)") }
    }
  },
  "vector-selector": { _ = try VectorSelector(parsing: String(decoding: $0.array, as: UTF8.self)) },
]
