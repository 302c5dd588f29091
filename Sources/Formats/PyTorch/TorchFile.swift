package import Vectors

/// A file that `torch.save` wrote, of a tensor or of dictionaries and lists of tensors (a state dict), in the zip form of
/// PyTorch 1.6 and later or in the one before it; or a pickle of numpy arrays. Tensors and arrays are alike here.
///
/// Nothing in the file is executed: see `PickleMachine`. Tensors are read when they are asked for.
package struct TorchFile {
  /// The names of the tensors, those of nested dictionaries and lists with dots between; a lone tensor's is empty.
  package let names: [String]
  /// The file, for errors.
  package let source: String

  private let tensors: [String: PickledNumbers]
  private let root: PickleValue
  private let storages: TorchStorages

  package init(path: String) throws {
    let file = try MappedFile(path: path)
    guard let bytes = Buffer<UInt8>(mapping: file, offset: 0, count: file.count) else {
      throw InputError(.io, path, found: "cannot be mapped")
    }
    try self.init(bytes: bytes, source: path)
  }

  /// Reads the bytes of a whole file.
  package init(bytes: Buffer<UInt8>, source: String) throws {
    self.source = source
    (root, storages) = try TorchStorages.open(bytes, source)
    var names: [String] = []
    var tensors: [String: PickledNumbers] = [:]
    try PickledNumbers.forEach(in: root, source: source) { name, tensor in
      names.append(name)
      tensors[name] = tensor
    }
    self.names = names
    self.tensors = tensors
  }

  /// The shape and type of a tensor, without reading it.
  package func description(of name: String) throws -> (shape: [Int], elementType: ElementType) {
    switch try tensor(name) {
    case .tensor(let tensor): return (tensor.shape, tensor.storage.elementType)
    case .array(let array): return (array.shape, array.elementType ?? .uint8)
    }
  }

  /// Reads a tensor, in C order.
  ///
  /// - Throws: `InputError` of kind `missing` that lists the names there are; when the file holds fewer numbers than the
  ///   tensor claims.
  package func array(_ name: String) throws -> NumericArray {
    let place = name.isEmpty ? "tensor" : "tensor \(name)"
    switch try tensor(name) {
    case .tensor(let tensor):
      let bytes = try storages.bytes(of: tensor.storage, place: place)
      return try tensor.array(bytes, storages.byteOrder, source: source, place: place)
    case .array(let array): return try array.array(source, place).numbers()
    }
  }

  /// The strings or whole numbers of a list, or of an array of strings or objects, under `name`, as text; nil when there
  /// is no such thing.
  func texts(_ name: String) -> [String]? {
    guard case .dictionary(let dictionary) = root, let value = dictionary[name] else { return nil }
    let values: [PickleValue]
    switch value {
    case .list(let list): values = list.values
    case .tuple(let tuple, _): values = tuple
    case .array(let array):
      guard let objects = array.objects else { return try? array.array(source, name).strings().map { $0 } }
      guard array.shape.count == 1 else { return nil }
      values = objects
    default: return nil
    }
    let texts = values.compactMap { $0.string ?? $0.int.map { String($0) } }
    return texts.count == values.count ? texts : nil
  }

  /// Vectors one by one, by the name of what holds them: `*` for the whole file.
  var rowSets: [(name: String, rows: PickledRows)] {
    if let rows = PickledRows(root, most: storages.mostNumbers) { return [("*", rows)] }
    guard case .dictionary(let dictionary) = root else { return [] }
    return dictionary.entries.compactMap { entry in
      guard let name = entry.key.string, let rows = PickledRows(entry.value, most: storages.mostNumbers) else {
        return nil
      }
      return (name, rows)
    }
  }

  /// The names under which vectors lie one by one, in a dictionary or a list; `*` is the whole file.
  package var rowNames: [String] { rowSets.map(\.name) }

  /// The vectors under one of `rowNames`.
  package func matrix(ofRows name: String) throws -> Matrix {
    guard let found = rowSets.first(where: { $0.name == name }) else {
      throw InputError(.missing, source, expected: "vectors under \(name)", found: "none")
    }
    return try matrix(of: found.rows)
  }

  /// The vectors of one of `rowSets`.
  func matrix(of rows: PickledRows) throws -> Matrix { try rows.matrix(storages, source) }

  /// The lists that `texts` reads, and how long they are.
  var textLists: [(name: String, count: Int)] {
    guard case .dictionary(let dictionary) = root else { return [] }
    return dictionary.entries.compactMap { entry in
      entry.key.string.flatMap { name in texts(name).map { (name, $0.count) } }
    }
  }

  private func tensor(_ name: String) throws -> PickledNumbers {
    guard let tensor = tensors[name] else {
      throw InputError(
        .missing, source, expected: "a tensor \(name)",
        found: names.isEmpty ? "no tensors" : names.prefix(20).joined(separator: ", "))
    }
    return tensor
  }
}
