import Vectors

extension NamedArray {
  /// An array of numbers, or of strings where it has no type.
  init(_ name: String, _ elementType: ElementType?, shape: [Int]) {
    let form: Form =
      switch (shape.count, elementType) {
      case (1, nil): .texts
      case (1, let type?): type.isFloatingPoint ? .floats : .integers
      case (2, .some): .matrix
      default: .other
      }
    self.init(
      name: name, type: "\(elementType?.rawValue ?? "strings") \(Self.sizes(shape))", form: form, rows: shape.first)
    // A column of ids that was saved with two dimensions.
    if shape.count == 2, shape[1] == 1, KnownNames.itemIDs.names.contains(lastPart) {
      self.form = elementType?.isFloatingPoint == true ? .floats : .integers
    }
  }
}

/// An `.npy` file: one array without a name.
struct NPYVectorFile: VectorFile {
  let array: NPYArray

  var contents: NamedArrays {
    NamedArrays(
      source: array.source, noun: "array", arrays: [NamedArray("", array.elementType, shape: array.shape)])
  }

  func vectors(_ name: String, pool: ThreadPool) throws -> NamedVectors {
    guard name.isEmpty else { throw nameless("vectors", name) }
    return NamedVectors(try array.matrix(pool: pool), detail: detail(array.elementType))
  }

  func ids(_ name: String) throws -> StringColumn { throw nameless("ids", name) }
}

/// `int8` and so on; nil for the floats that vectors mostly are.
private func detail(_ type: ElementType?) -> String? {
  type == nil || type == .float32 ? nil : type?.rawValue
}

/// An `.npz` file.
struct NPZVectorFile: VectorFile {
  let file: NPZFile
  let contents: NamedArrays

  init(path: String) throws {
    let file = try NPZFile(path: path)
    self.file = file
    contents = NamedArrays(
      source: path, noun: "array",
      arrays: try file.keys.map { key in
        let (shape, type) = try file.description(of: key)
        return NamedArray(key, type, shape: shape)
      })
  }

  func vectors(_ name: String, pool: ThreadPool) throws -> NamedVectors {
    let array = try file.array(name)
    return NamedVectors(try array.matrix(pool: pool), detail: detail(array.elementType))
  }

  func ids(_ name: String) throws -> StringColumn { try Identifiers.texts(of: file.array(name)) }
}

/// A `.safetensors` file.
struct SafetensorsVectorFile: VectorFile {
  let file: SafetensorsFile
  let contents: NamedArrays

  init(path: String) throws {
    let file = try SafetensorsFile(path: path)
    self.file = file
    contents = NamedArrays(
      source: path, noun: "tensor",
      arrays: try file.names.map { name in
        let tensor = try file.tensor(name)
        return NamedArray(name, tensor.elementType, shape: tensor.shape)
      })
  }

  func vectors(_ name: String, pool: ThreadPool) throws -> NamedVectors {
    let tensor = try file.tensor(name)
    return NamedVectors(try tensor.matrix(pool: pool), detail: detail(tensor.elementType))
  }

  func ids(_ name: String) throws -> StringColumn { try Identifiers.texts(of: file.tensor(name)) }
}

/// A file of PyTorch's, or a pickle.
struct TorchVectorFile: VectorFile {
  let file: TorchFile
  let contents: NamedArrays
  private let rowSets: [String: PickledRows]

  init(path: String) throws {
    let file = try TorchFile(path: path)
    self.file = file
    let rowSets = file.rowSets
    self.rowSets = Dictionary(rowSets.map { ($0.name, $0.rows) }) { first, _ in first }
    let composed = rowSets.map { name, rows in
      NamedArray(
        name: name, type: "\(rows.rows.count) vectors of length \(rows.width)", form: .matrix, rows: rows.rows.count,
        isComposed: true)
    }
    if rowSets.first?.name == "*" {
      // The names are ids.
      contents = NamedArrays(source: path, noun: "tensor", arrays: composed)
      return
    }
    let lists = file.textLists.map { NamedArray(name: $0.name, type: "a list", form: .texts, rows: $0.count) }
    let tensors = try file.names.filter { name in !rowSets.contains { name.hasPrefix($0.name + ".") } }.map { name in
      let (shape, type) = try file.description(of: name)
      return NamedArray(name, type, shape: shape)
    }
    contents = NamedArrays(source: path, noun: "tensor", arrays: tensors + composed + lists)
  }

  func vectors(_ name: String, pool: ThreadPool) throws -> NamedVectors {
    if let rows = rowSets[name] {
      return NamedVectors(
        try file.matrix(of: rows), ids: rows.ids.map { StringColumn($0) },
        detail: rows.ids == nil ? "a list of vectors" : "a vector per key")
    }
    let array = try file.array(name)
    return NamedVectors(try array.matrix(pool: pool), detail: detail(array.elementType))
  }

  /// A list of strings or numbers, or a tensor of one dimension.
  func ids(_ name: String) throws -> StringColumn {
    if let texts = file.texts(name) { return StringColumn(texts) }
    guard file.names.contains(name) else {
      throw InputError(
        .missing, file.source, expected: "a list or a tensor of ids named \(name)", found: "none of that name")
    }
    return try Identifiers.texts(of: file.array(name))
  }
}
