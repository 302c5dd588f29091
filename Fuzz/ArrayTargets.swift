import Foundation
import SemanticID

/// Files of arrays. Each target reads all that there is to read in what it opens.
extension FuzzTarget {
  static let arrays = [npy, npyFile, npz, safetensors]

  private static let matrix = Matrix(rows: 3, columns: 2, values: [0, 1, -2, 0.5, 0x1p-140, 3])

  private static let npy = FuzzTarget("npy") {
    try contents(of: writeArrays) + spelledArrays
  } run: { bytes in
    try readAll(NPYArray(bytes: Buffer(bytes), source: "x.npy"))
  }

  /// Mapped: a read beyond the end of the last page is a fault of its own.
  private static let npyFile = FuzzTarget.file("npy-file", extension: "npy", writeSeeds: writeArrays) { path in
    try readAll(NPYArray(path: path))
  }

  private static let npz = FuzzTarget("npz") {
    try contents { folder in
      var archive = NPZWriter()
      archive.add("a", matrix)
      archive.add("b", Buffer<UInt16>([1, 2, 3]), shape: [3])
      try archive.write(to: folder + "/stored")
      try archive.write(to: folder + "/deflated", deflated: true)
    }
  } run: { bytes in
    let file = try NPZFile(bytes: Buffer(bytes), source: "x.npz")
    for key in file.keys { try readAll(file.array(key)) }
  }

  private static let safetensors = FuzzTarget("safetensors") {
    try contents { folder in
      var tensors = SafetensorsWriter(metadata: ["key": "naïve \"x\""])
      tensors.add("a", matrix)
      tensors.add("b", Buffer<UInt16>([1, 2, 3]), shape: [3, 1])
      tensors.add("c", Buffer<Int64>([]), shape: [0])
      try tensors.write(to: folder + "/three")
    }
  } run: { bytes in
    let file = try SafetensorsFile(bytes: Buffer(bytes), source: "x.safetensors")
    for name in file.names { _ = try file.tensor(name).floats() }
  }

  private static func readAll(_ array: NPYArray) throws {
    guard array.elementType != nil else {
      _ = try Identifiers.read(array)
      return
    }
    _ = try? array.integers(as: UInt16.self)
    _ = try array.numbers().floats(pool: ThreadPool(threads: 1))
    _ = try array.matrix(pool: ThreadPool(threads: 1))
  }

  @Sendable private static func writeArrays(to folder: String) throws {
    try NPY.write(matrix, to: folder + "/floats")
    try NPY.write([UInt8](0..<20), to: folder + "/bytes")
    try NPY.write(Buffer<Int64>([1, -1]), shape: [1, 2], to: folder + "/integers")
    try NPY.write([Double](), to: folder + "/nothing")
    try NPY.write(StringColumn(["a", "naïve", "日本"]), to: folder + "/strings")
  }

  /// What numpy writes and this engine does not: Fortran order, the other byte order, halves, bytes, booleans.
  private static let spelledArrays: [[UInt8]] = [
    ("<f4", true, 4), (">i8", false, 8), ("<f2", true, 2), ("|S4", false, 4), ("|b1", false, 1), (">U1", false, 4),
  ].map { descriptor, isFortran, size in
    let shape = descriptor.contains("S") || descriptor.contains("U") ? "(6,)" : "(2, 3)"
    let text = "{'descr': '\(descriptor)', 'fortran_order': \(isFortran ? "True" : "False"), 'shape': \(shape), }\n"
    let data = (0..<6 * size).map { UInt8($0 % size == size - 1 ? 0x41 : 0) }
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0] + Array(text.utf8) + data
  }

  /// The contents of the files that `write` puts into the folder it is given.
  private static func contents(of write: (_ folder: String) throws -> Void) throws -> [[UInt8]] {
    let folder = NSTemporaryDirectory() + "semid-fuzz-seeds-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try write(folder)
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { name in
      [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)))
    }
  }
}
