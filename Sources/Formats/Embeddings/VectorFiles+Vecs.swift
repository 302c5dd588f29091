import Vectors

/// An `.fvecs`, `.bvecs` or `.ivecs` file, as `EmbeddingSet` reads it: vectors without a name.
struct VecsVectorFile: VectorFile {
  let source: String
  let elementType: ElementType
  private let bytes: Buffer<UInt8>

  init(path: String, elementType: ElementType) throws {
    let file = try MappedFile(path: path)
    guard let bytes = Buffer<UInt8>(mapping: file, offset: 0, count: file.count) else {
      throw InputError(.io, path, found: "cannot be mapped")
    }
    source = path
    self.elementType = elementType
    self.bytes = bytes
  }

  var contents: NamedArrays {
    NamedArrays(
      source: source, noun: "array", arrays: [NamedArray(name: "", type: elementType.rawValue, form: .matrix)])
  }

  func vectors(_ name: String, pool: ThreadPool) throws -> NamedVectors {
    guard name.isEmpty else { throw nameless("vectors", name) }
    let matrix = try VecsFile.read(bytes, elementType: elementType, source: source, pool: pool)
    return NamedVectors(matrix, detail: elementType == .float32 ? nil : elementType.rawValue)
  }

  func ids(_ name: String) throws -> StringColumn { throw nameless("ids", name) }
}
