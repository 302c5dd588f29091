import Foundation
import SemanticID

/// PyTorch's files, which no reader may execute anything of.
extension FuzzTarget {
  static let torch = [torchFile, torchPickle, numpyPickle]

  /// The zip form. Most mutations fall to the archive's checksums: the pickles have a target of their own.
  private static let torchFile = FuzzTarget("torch-file") {
    [try zipped()]
  } run: { bytes in
    try readAll(bytes)
  }

  /// The form before PyTorch 1.6: pickles one behind another, then numbers, with no checksum before any of them.
  private static let torchPickle = FuzzTarget("torch-pickle") {
    [try legacy()]
  } run: { bytes in
    try readAll(bytes)
  }

  /// Pickles of numpy's arrays, of protocols 2, 4 and 5, and vectors by id and in lists.
  private static let numpyPickle = FuzzTarget("numpy-pickle") {
    try pickles.map { text in
      let seed = [UInt8](Data(base64Encoded: text) ?? Data())
      _ = try TorchFile(bytes: Buffer(seed), source: "seed")
      return seed
    }
  } run: { bytes in
    try readAll(bytes)
  }

  private static let pickles = [
    """
    gASVOgEAAAAAAAB9lCiMA2VtYpSMFm51bXB5Ll9jb3JlLm11bHRpYXJyYXmUjAxfcmVjb25zdHJ1Y3SUk5SMBW51bXB5lIwHbmRhcnJheZSTlEsA\
    hZRDAWKUh5RSlChLAUsCSwKGlGgFjAVkdHlwZZSTlIwCZjSUiYiHlFKUKEsDjAE8lE5OTkr/////Sv////9LAHSUYolDEAAAAAAAAIA/AAAAQAAA\
    QECUdJRijANpZHOUaARoB0sAhZRoCYeUUpQoSwFLAoWUaA6MAk84lImIh5RSlChLA4wBfJROTk5K/////0r/////Sz90lGKJXZQojAFhlIwBYpRl\
    dJRijAFulGgCjAZzY2FsYXKUk5RoDowCaTiUiYiHlFKUKEsDaBJOTk5K/////0r/////SwB0lGJDCAMAAAAAAAAAlIaUUpR1Lg==
    """,
    """
    gAJ9cQAoWAEAAABhcQFjbnVtcHkuX2NvcmUubXVsdGlhcnJheQpfcmVjb25zdHJ1Y3QKcQJjbnVtcHkKbmRhcnJheQpxA0sAhXEEY19jb2RlY3MK\
    ZW5jb2RlCnEFWAEAAABicQZYBgAAAGxhdGluMXEHhnEIUnEJh3EKUnELKEsBSwKFcQxjbnVtcHkKZHR5cGUKcQ1YAgAAAGY0cQ6JiIdxD1JxEChL\
    A1gBAAAAPHERTk5OSv////9K/////0sAdHESYoloBVgJAAAAAAAAAAAAwoA/cRNoB4ZxFFJxFXRxFmJYAQAAAGJxF2gCaANLAIVxGGgJh3EZUnEa\
    KEsBSwKFcRtoEIloBVgIAAAAAAAAQAAAQEBxHGgHhnEdUnEedHEfYnUu
    """,
    "gAWVHAAAAAAAAABdlChdlChHP/gAAAAAAABLAmVdlChLA0sEZWUu",
    """
    gAWV1QAAAAAAAAB9lCiMA2VtYpSME251bXB5Ll9jb3JlLm51bWVyaWOUjAtfZnJvbWJ1ZmZlcpSTlCiWEAAAAAAAAAAAAAAAAAAAQAAAgD8AAEBA\
    lIwFbnVtcHmUjAVkdHlwZZSTlIwCZjSUiYiHlFKUKEsDjAE8lE5OTkr/////Sv////9LAHSUYksCSwKGlIwBRpR0lFKUjANpZHOUaAQolggAAAAA\
    AAAAYQAAAOkAAACUaAiMAlUxlImIh5RSlChLA2gMTk5OSwRLBEsIdJRiSwKFlIwBQ5R0lFKUdS4=
    """,
  ]

  private static func readAll(_ bytes: [UInt8]) throws {
    let file = try TorchFile(bytes: Buffer(bytes), source: "x.pt")
    for name in file.names {
      let claimed = try file.description(of: name).shape
      let array = try file.array(name)
      precondition(array.shape == claimed, "a tensor of another shape than it says")
    }
    for rows in file.rowNames {
      let matrix = try file.matrix(ofRows: rows)
      precondition(matrix.values.count == matrix.rows * matrix.columns, "rows of another length")
    }
  }

  private static func zipped() throws -> [UInt8] {
    let path = NSTemporaryDirectory() + "semid-fuzz-\(UUID().uuidString).pt"
    defer { unlink(path) }
    var writer = TorchFileWriter()
    writer.add("a.weight", Matrix(rows: 3, columns: 2, values: [0, 1, -2, 0.5, 0x1p-140, 3]))
    writer.add("ids", Buffer<Int64>([7, -1]), shape: [2])
    try writer.write(to: path)
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  private static func legacy() throws -> [UInt8] {
    let archive = try zipped()
    let pickle = archive.firstRange(of: [0x80, 2] + Array("ccollections".utf8)).map(\.lowerBound) ?? 0
    let end = archive[pickle...].firstRange(of: Array("u.PK".utf8)).map { $0.lowerBound + 2 } ?? pickle
    let magic: [UInt8] = [0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
    let (version, system): ([UInt8], [UInt8]) = ([0x80, 2, 0x4D, 0xE9, 3, 0x2E], [0x80, 2, 0x7D, 0x2E])
    let keys: [UInt8] = [0x80, 2, 0x5D, 0x28, 0x58, 1, 0, 0, 0, 0x30, 0x58, 1, 0, 0, 0, 0x31, 0x65, 0x2E]
    func little(_ values: [some FixedWidthInteger]) -> [UInt8] {
      values.flatMap { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    }
    let floats = little([Float(0), 1, -2, 0.5, 0x1p-140, 3].map(\.bitPattern))
    let seed =
      magic + version + system + archive[pickle..<end] + keys + little([Int64(6)]) + floats
      + little([Int64(2), 7, -1])
    // A seed that is not read would leave the fuzzer at the door.
    let names = try TorchFile(bytes: Buffer(seed), source: "seed").names
    precondition(names == ["a.weight", "ids"], "a bad seed")
    return seed
  }
}
