public import Vectors

/// A file that `torch.save` wrote, of a tensor or of dictionaries and lists of tensors (a state dict), in the zip form of
/// PyTorch 1.6 and later or in the one before it.
///
/// Nothing in the file is executed: see `PickleMachine`. Tensors are read when they are asked for.
public struct TorchFile {
  /// The names of the tensors, those of nested dictionaries and lists with dots between; a lone tensor's is empty.
  public let names: [String]
  /// The file, for errors.
  public let source: String

  private let tensors: [String: TorchTensor]
  private let root: PickleValue
  private let storages: TorchStorages

  public init(path: String) throws {
    let file = try MappedFile(path: path)
    guard let bytes = Buffer<UInt8>(mapping: file, offset: 0, count: file.count) else {
      throw InputError(.io, path, found: "cannot be mapped")
    }
    try self.init(bytes: bytes, source: path)
  }

  /// Reads the bytes of a whole file.
  public init(bytes: Buffer<UInt8>, source: String) throws {
    self.source = source
    (root, storages) = try TorchStorages.open(bytes, source)
    var names: [String] = []
    var tensors: [String: TorchTensor] = [:]
    try TorchTensor.forEach(in: root, source: source) { name, tensor in
      names.append(name)
      tensors[name] = tensor
    }
    self.names = names
    self.tensors = tensors
  }

  /// The shape and type of a tensor, without reading it.
  public func description(of name: String) throws -> (shape: [Int], elementType: ElementType) {
    let tensor = try tensor(name)
    return (tensor.shape, tensor.storage.elementType)
  }

  /// Reads a tensor, in C order.
  ///
  /// - Throws: `InputError` of kind `missing` that lists the names there are; when the file holds fewer numbers than the
  ///   tensor claims.
  public func array(_ name: String) throws -> NumericArray {
    let tensor = try tensor(name)
    let place = name.isEmpty ? "tensor" : "tensor \(name)"
    let storage = try storages.bytes(of: tensor.storage, place: place)
    let size = tensor.storage.elementType.size
    let count = tensor.shape.reduce(1, *)
    let bytes: Buffer<UInt8>
    if tensor.isContiguous {
      bytes = count == 0 ? Buffer([]) : storage[slice: tensor.offset * size..<(tensor.offset + count) * size]
    } else {
      bytes = Buffer(count: count * size) { target in
        storage.withUnsafeBufferPointer { source in
          tensor.forEachElement { place, element in
            for byte in 0..<size { target[place * size + byte] = source[element * size + byte] }
          }
        }
      }
    }
    return try NumericArray(
      elementType: tensor.storage.elementType, byteOrder: storages.byteOrder, shape: tensor.shape, bytes: bytes,
      source: source, place: place)
  }

  /// The strings or whole numbers of a list under `name`, as text; nil when there is no such list.
  func texts(_ name: String) -> [String]? {
    guard case .dictionary(let dictionary) = root, let value = dictionary[name] else { return nil }
    let values: [PickleValue]
    switch value {
    case .list(let list): values = list.values
    case .tuple(let tuple, _): values = tuple
    default: return nil
    }
    let texts = values.compactMap { $0.string ?? $0.int.map { String($0) } }
    return texts.count == values.count ? texts : nil
  }

  private func tensor(_ name: String) throws -> TorchTensor {
    guard let tensor = tensors[name] else {
      throw InputError(
        .missing, source, expected: "a tensor \(name)",
        found: names.isEmpty ? "no tensors" : names.prefix(20).joined(separator: ", "))
    }
    return tensor
  }
}
