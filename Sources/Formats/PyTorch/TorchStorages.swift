import Vectors

/// Where the numbers of a PyTorch file lie.
struct TorchStorages {
  private enum Place {
    /// Members `PREFIX/data/KEY`.
    case archive(ZipArchive, [String: Int])
    /// Ranges of the file by key.
    case file(Buffer<UInt8>, [String: Range<Int>])
    /// A pickle alone, whose arrays bring their own bytes.
    case nowhere
  }

  private let place: Place
  let byteOrder: ByteOrder
  private let source: String
  private let arena: PickleArena
  /// No more numbers than this can be in the file.
  let mostNumbers: Int

  /// Opens a file of either form and reads its pickle.
  static func open(_ bytes: Buffer<UInt8>, _ source: String) throws -> (PickleValue, TorchStorages) {
    let head = bytes[slice: 0..<min(4, bytes.count)].array
    if head.starts(with: Array("PK".utf8)) { return try archive(bytes, source) }
    return try isLegacy(bytes) ? legacy(bytes, source) : pickle(bytes, source)
  }

  private static func archive(_ bytes: Buffer<UInt8>, _ source: String) throws -> (PickleValue, TorchStorages) {
    let archive = try ZipArchive(bytes: bytes, source: source)
    guard let pickle = archive.names.firstIndex(where: { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }) else {
      throw InputError(
        .malformed, source, expected: "a file of torch.save, with data.pkl in it",
        found: archive.names.isEmpty ? "an empty archive" : archive.names.prefix(8).joined(separator: ", "))
    }
    let prefix = String(archive.names[pickle].dropLast("data.pkl".count))
    var members: [String: Int] = [:]
    var byteOrder = ByteOrder.little
    for (index, name) in archive.names.enumerated() where name.hasPrefix(prefix) {
      let name = name.dropFirst(prefix.count)
      if name.hasPrefix("data/") { members[String(name.dropFirst(5))] = index }
      if name == "byteorder" {
        let text = try archive.contents(of: index, place: "byteorder").array
        byteOrder = text.starts(with: Array("big".utf8)) ? .big : .little
      }
    }
    let contents = try archive.contents(of: pickle, place: "data.pkl")
    let arena = PickleArena()
    let root = try contents.withUnsafeBufferPointer { contents in
      var machine = PickleMachine(UnsafeRawBufferPointer(contents), source: source, place: "data.pkl", arena: arena)
      return try machine.run()
    }
    return (
      root,
      TorchStorages(
        place: .archive(archive, members), byteOrder: byteOrder, source: source, arena: arena,
        mostNumbers: bytes.count.multipliedReportingOverflow(by: 16).partialValue)
    )
  }

  /// LONG1 of ten bytes: 0x1950a86a20f9469cfc6c.
  private static let magic: [UInt8] = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]

  private static func isLegacy(_ bytes: Buffer<UInt8>) -> Bool {
    bytes.withUnsafeBufferPointer { $0.count > 14 && $0[0] == 0x80 && $0[2..<14].elementsEqual(magic) }
  }

  /// A pickle of arrays, numbers and text, as `pickle.dump` writes it.
  private static func pickle(_ bytes: Buffer<UInt8>, _ source: String) throws -> (PickleValue, TorchStorages) {
    let arena = PickleArena()
    let root = try bytes.withUnsafeBufferPointer { bytes in
      guard bytes.first == 0x80 else {
        throw InputError(
          .malformed, source, expected: "a file of torch.save, or a pickle of protocol 2 to 5", found: "another file")
      }
      var machine = PickleMachine(UnsafeRawBufferPointer(bytes), source: source, place: "pickle", arena: arena)
      return try machine.run()
    }
    return (
      root,
      TorchStorages(
        place: .nowhere, byteOrder: .little, source: source, arena: arena, mostNumbers: bytes.count)
    )
  }

  /// The form before PyTorch 1.6: five pickles (magic number, protocol, system, data, keys), then for each key the number
  /// of elements as a 64-bit integer, and the elements.
  private static func legacy(_ bytes: Buffer<UInt8>, _ source: String) throws -> (PickleValue, TorchStorages) {
    try bytes.withUnsafeBufferPointer { file in
      let raw = UnsafeRawBufferPointer(file)
      let arena = PickleArena()
      var position = 0
      var values: [PickleValue] = []
      for place in ["magic number", "protocol", "system", "data", "keys"] {
        var machine = PickleMachine(raw, at: position, source: source, place: place, arena: arena)
        values.append(try machine.run())
        position = machine.position
      }
      guard values[1].int == 1001, case .list(let keys) = values[4] else {
        throw InputError(.malformed, source, expected: "protocol 1001 and a list of keys", found: values[1].noun)
      }
      var sizes: [String: Int] = [:]
      try PickledNumbers.forEach(in: values[3], source: source) { _, numbers in
        guard case .tensor(let tensor) = numbers else { return }
        sizes[tensor.storage.key] = tensor.storage.elementType.size
      }
      var ranges: [String: Range<Int>] = [:]
      for key in keys.values.compactMap(\.string) {
        guard raw.count - position >= 8, let size = sizes[key] else { break }
        let count = raw.loadUnaligned(fromByteOffset: position, as: Int64.self)
        let (length, overflow) = Int(count).multipliedReportingOverflow(by: size)
        position += 8
        guard !overflow, length >= 0, length <= raw.count - position else {
          throw InputError(
            .malformed, source, at: "storage \(key)", expected: "\(count) elements", found: "the end of the file",
            remedy: "the file is cut short")
        }
        ranges[key] = position..<position + length
        position += length
      }
      return (
        values[3],
        TorchStorages(
          place: .file(bytes, ranges), byteOrder: .little, source: source, arena: arena, mostNumbers: bytes.count)
      )
    }
  }

  /// All bytes of a storage.
  func bytes(of storage: TorchStorage, place: String) throws -> Buffer<UInt8> {
    let bytes: Buffer<UInt8>
    switch self.place {
    case .archive(let archive, let members):
      guard let index = members[storage.key] else { throw absent(storage, place) }
      bytes = try archive.contents(of: index, place: place)
    case .file(let file, let ranges):
      guard let range = ranges[storage.key] else { throw absent(storage, place) }
      bytes = file[slice: range]
    case .nowhere: throw absent(storage, place)
    }
    return try checked(bytes, storage, place)
  }

  /// All bytes of several storages, by key.
  func bytes(of storages: [TorchStorage], place: String) throws -> [String: Buffer<UInt8>] {
    var distinct: [String: TorchStorage] = [:]
    for storage in storages { distinct[storage.key] = storage }
    var found: [String: Buffer<UInt8>] = [:]
    guard case .archive(let archive, let members) = self.place else {
      for (key, storage) in distinct { found[key] = try bytes(of: storage, place: place) }
      return found
    }
    let wanted = try distinct.values.map { storage in
      guard let index = members[storage.key] else { throw absent(storage, place) }
      return (storage, index)
    }
    let contents = try archive.contents(of: wanted.map(\.1), places: wanted.map { "\(place), data/\($0.0.key)" })
    for (bytes, (storage, _)) in zip(contents, wanted) { found[storage.key] = try checked(bytes, storage, place) }
    return found
  }

  private func checked(_ bytes: Buffer<UInt8>, _ storage: TorchStorage, _ place: String) throws -> Buffer<UInt8> {
    let (size, overflow) = storage.count.multipliedReportingOverflow(by: storage.elementType.size)
    guard !overflow, bytes.count >= size else {
      throw InputError(
        .malformed, source, at: place, expected: "\(storage.count) elements of \(storage.elementType)",
        found: "\(bytes.count) bytes", remedy: "the file is damaged")
    }
    return bytes
  }

  private func absent(_ storage: TorchStorage, _ place: String) -> InputError {
    InputError(
      .malformed, source, at: place, expected: "its numbers under data/\(storage.key)", found: "none",
      remedy: "the file is cut short or damaged")
  }
}
