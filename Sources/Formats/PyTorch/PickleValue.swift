/// What a pickle may hold here. Lists and dictionaries are references, since a pickle fills them after it has made them.
enum PickleValue {
  case none
  case bool(Bool)
  case int(Int)
  case float(Double)
  case string(String)
  case bytes([UInt8])
  /// Its values, and how deep tuples lie in tuples in it.
  case tuple([PickleValue], depth: Int)
  case list(PickleList)
  case dictionary(PickleDictionary)
  /// A name that the pickle may call, if it is one that is known.
  case global(String)
  // Large and few: a number in a list should not take their room.
  indirect case storage(TorchStorage)
  indirect case tensor(TorchTensor)
  /// A type of numpy's.
  case type(PickleType)
  /// A reference, too: numpy makes arrays empty and fills them.
  case array(PickleArray)

  /// What errors call it.
  var noun: String {
    switch self {
    case .none: "None"
    case .bool: "a boolean"
    case .int: "an integer"
    case .float: "a float"
    case .string: "a string"
    case .bytes: "bytes"
    case .tuple: "a tuple"
    case .list: "a list"
    case .dictionary: "a dictionary"
    case .global(let name): name
    case .storage: "a storage"
    case .tensor: "a tensor"
    case .type: "a type"
    case .array: "an array"
    }
  }

  var int: Int? { if case .int(let value) = self { value } else { nil } }
  /// Whether it is numbers of its own, or has values in it.
  var holdsOthers: Bool {
    switch self {
    case .tensor, .array, .list, .dictionary, .tuple: true
    default: false
    }
  }

  var number: Double? {
    switch self {
    case .int(let value): Double(value)
    case .float(let value): value
    default: nil
    }
  }
  var string: String? { if case .string(let value) = self { value } else { nil } }
  var tuple: [PickleValue]? { if case .tuple(let values, _) = self { values } else { nil } }
  var ints: [Int]? {
    guard let tuple else { return nil }
    let ints = tuple.compactMap(\.int)
    return ints.count == tuple.count ? ints : nil
  }
}

final class PickleList {
  var values: [PickleValue] = []
}

/// Holds every list, dictionary and array of a pickle, and empties them one by one at its end: however deep one lies in another,
/// or in itself, letting go of the first does not go down the whole chain.
final class PickleArena {
  private var lists: [PickleList] = []
  private var dictionaries: [PickleDictionary] = []
  private var arrays: [PickleArray] = []

  func list() -> PickleValue {
    lists.append(PickleList())
    return .list(lists[lists.count - 1])
  }

  func dictionary() -> PickleValue {
    dictionaries.append(PickleDictionary())
    return .dictionary(dictionaries[dictionaries.count - 1])
  }

  func array() -> PickleValue {
    arrays.append(PickleArray())
    return .array(arrays[arrays.count - 1])
  }

  deinit {
    for array in arrays { array.removeAll() }
    for list in lists { list.values = [] }
    for dictionary in dictionaries { dictionary.removeAll() }
  }
}

/// In the order of insertion, as Python's.
final class PickleDictionary {
  private(set) var entries: [(key: PickleValue, value: PickleValue)] = []
  private var places: [String: Int] = [:]

  func set(_ key: PickleValue, _ value: PickleValue) {
    guard let name = key.string ?? key.int.map({ "\u{0}\($0)" }) else {
      entries.append((key, value))
      return
    }
    if let place = places[name] {
      entries[place].value = value
    } else {
      places[name] = entries.count
      entries.append((key, value))
    }
  }

  fileprivate func removeAll() {
    entries = []
    places = [:]
  }

  subscript(name: String) -> PickleValue? { places[name].map { entries[$0].value } }
}

/// The numbers behind one or several tensors.
struct TorchStorage {
  var key: String
  var elementType: ElementType
  /// Elements.
  var count: Int
}
