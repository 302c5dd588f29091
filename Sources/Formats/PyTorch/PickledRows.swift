import Vectors

/// Vectors that a pickle holds one by one: the values of a dictionary, under their ids, or of a list.
struct PickledRows {
  /// The keys of a dictionary.
  let ids: [String]?
  let rows: [PickleValue]
  let width: Int

  /// nil for a value that is no such thing: where there are no rows, one is no vector, or they differ in length.
  ///
  /// - Parameter most: the numbers that the file can hold. Of more the lengths alone are looked at, since one list may
  ///   stand in many places; reading them is refused.
  init?(_ value: PickleValue, most: Int) {
    switch value {
    case .dictionary(let dictionary):
      let keys = dictionary.entries.compactMap { $0.key.string ?? $0.key.int.map { String($0) } }
      // A dictionary of vectors and what belongs to them is none of ids.
      let known = Set(KnownNames.vectors.names + KnownNames.itemIDs.names)
      guard keys.count == dictionary.entries.count, known.isDisjoint(with: keys) else { return nil }
      ids = keys
      rows = dictionary.entries.map(\.value)
    case .list(let list):
      ids = nil
      rows = list.values
    default: return nil
    }
    guard let first = rows.first, let width = Self.length(of: first), width > 0,
      rows.allSatisfy({ Self.length(of: $0) == width })
    else { return nil }
    let (total, overflow) = rows.count.multipliedReportingOverflow(by: width)
    guard overflow || total > most || rows.allSatisfy(Self.isNumbers) else { return nil }
    self.width = width
  }

  private static func length(of value: PickleValue) -> Int? {
    switch value {
    case .tensor(let tensor): width(of: tensor.shape)
    case .array(let array): array.elementType == nil ? nil : width(of: array.shape)
    case .list(let list): list.values.count
    case .tuple(let values, _): values.count
    default: nil
    }
  }

  private static func isNumbers(_ value: PickleValue) -> Bool {
    switch value {
    case .tensor, .array: true
    case .list(let list): list.values.allSatisfy { $0.number != nil }
    case .tuple(let values, _): values.allSatisfy { $0.number != nil }
    default: false
    }
  }

  /// Of one dimension, or of one row.
  private static func width(of shape: [Int]) -> Int? {
    shape.count == 1 || (shape.count == 2 && shape[0] == 1) ? shape.last : nil
  }

  /// Reads the rows.
  func matrix(_ storages: TorchStorages, _ source: String) throws -> Matrix {
    let (count, overflow) = rows.count.multipliedReportingOverflow(by: width)
    // One list may stand in many places: what a file claims is held against its size.
    guard !overflow, count <= storages.mostNumbers else {
      throw InputError(
        .malformed, source, expected: "at most \(storages.mostNumbers) numbers in a file of this size",
        found: "\(rows.count) vectors of length \(width)")
    }
    let tensors = rows.compactMap { if case .tensor(let tensor) = $0 { tensor.storage } else { nil } }
    let bytes = try storages.bytes(of: tensors, place: "vectors")
    var values: [Float] = []
    values.reserveCapacity(count)
    for (row, value) in rows.enumerated() {
      let place = ids.map { "key \($0[row])" } ?? "row \(row) (from 0)"
      switch value {
      case .tensor(let tensor):
        guard let storage = bytes[tensor.storage.key] else { continue }
        let array = try tensor.array(storage, storages.byteOrder, source: source, place: place)
        values.append(contentsOf: try array.floats().array)
      case .array(let array): values.append(contentsOf: try array.array(source, place).numbers().floats().array)
      case .list(let list): values.append(contentsOf: list.values.compactMap(\.number).map { Float($0) })
      case .tuple(let numbers, _): values.append(contentsOf: numbers.compactMap(\.number).map { Float($0) })
      default: continue
      }
    }
    guard values.count == count else {
      throw InputError(.malformed, source, expected: "\(count) numbers", found: "\(values.count)")
    }
    return Matrix(rows: rows.count, columns: width, values: Buffer(values))
  }
}
