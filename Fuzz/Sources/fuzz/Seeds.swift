import SemanticID

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Valid inputs for each parser, from which the fuzzer sets out: `FOLDER/PARSER/NAME`.
func writeSeeds(to folder: String) throws {
  func file(_ parser: String, _ name: String) -> String {
    mkdir(folder + "/" + parser, 0o777)
    return folder + "/" + parser + "/" + name
  }
  let matrix = Matrix(rows: 3, columns: 2, values: [0, 1, -2, 0.5, 0x1p-140, 3])
  try NPY.write(matrix, to: file("npy", "floats"))
  try NPY.write(matrix, to: file("npy-file", "floats"))
  try NPY.write([UInt8](0..<20), to: file("npy", "bytes"))
  try NPY.write(Buffer<Int64>([1, -1]), shape: [1, 2], to: file("npy", "integers"))
  try NPY.write([Double](), to: file("npy", "nothing"))
  try NPY.write(StringColumn(["a", "naïve", "日本"]), to: file("npy", "strings"))
  for (name, descriptor, fortran, bytes) in [
    ("fortran", "<f4", "True", 4), ("big", ">i8", "False", 8), ("half", "<f2", "True", 2), ("S", "|S4", "False", 4),
    ("bool", "|b1", "False", 1), ("UBig", ">U1", "False", 4),
  ] {
    let shape = name == "S" || name == "UBig" ? "(6,)" : "(2, 3)"
    let text = "{'descr': '\(descriptor)', 'fortran_order': \(fortran), 'shape': \(shape), }\n"
    try AtomicFile.write(to: file("npy", name)) { writer in
      try writer.write([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0] + Array(text.utf8))
      for index in 0..<6 * bytes { try writer.write([index % bytes == 0 ? 0x41 : 0]) }
    }
  }

  var archive = NPZWriter()
  archive.add("a", matrix)
  archive.add("b", Buffer<UInt16>([1, 2, 3]), shape: [3])
  try archive.write(to: file("npz", "stored"))
  try archive.write(to: file("npz", "deflated"), deflated: true)

  var tensors = SafetensorsWriter(metadata: ["key": "naïve \"x\""])
  tensors.add("a", matrix)
  tensors.add("b", Buffer<UInt16>([1, 2, 3]), shape: [3, 1])
  tensors.add("c", Buffer<Int64>([]), shape: [0])
  try tensors.write(to: file("safetensors", "three"))

  try AtomicFile.write(#"["a", "b\u00e9\n", 12, "日本", -3, "\ud83e\udd86"]"#, to: file("ids-json", "mixed"))
  try AtomicFile.write("a\nb\r\n日本\n12", to: file("ids-lines", "mixed"))
  for text in ["12-2-40000-9", "1", "<a_0><b_1><c_65535><d_9>", "<a_255>"] {
    try AtomicFile.write(text, to: file("token-format", String(text.utf8.count)))
  }
  for text in ["a.npy", "a.npy:12", "dir:1/a.npy:0"] {
    try AtomicFile.write(text, to: file("vector-selector", String(text.utf8.count)))
  }
}
