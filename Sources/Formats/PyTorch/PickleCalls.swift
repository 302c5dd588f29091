import Vectors

/// The calls that a pickle of tensors and arrays makes, done by hand: nothing else is.
enum PickleCalls {
  typealias Fault = (_ expected: String, _ found: String) -> InputError

  private static let elementTypes: [String: ElementType] = [
    "torch.FloatStorage": .float32, "torch.DoubleStorage": .float64, "torch.HalfStorage": .float16,
    "torch.BFloat16Storage": .bfloat16, "torch.LongStorage": .int64, "torch.IntStorage": .int32,
    "torch.ShortStorage": .int16, "torch.CharStorage": .int8, "torch.ByteStorage": .uint8, "torch.BoolStorage": .bool,
  ]

  /// A persistent id: `('storage', type, key, location, count)`, in old files with a view behind it.
  static func storage(_ id: PickleValue, _ fault: Fault) throws -> TorchStorage {
    guard let parts = id.tuple, parts.count == 5 || parts.count == 6, parts[0].string == "storage",
      case .global(let type) = parts[1], let key = parts[2].string, let count = parts[4].int, count >= 0
    else { throw fault("the name of a storage", id.noun) }
    guard let elementType = elementTypes[type] else { throw fault("a storage of numbers", type) }
    return TorchStorage(key: key, elementType: elementType, count: count)
  }

  static func call(
    _ function: PickleValue, _ arguments: PickleValue, _ arena: PickleArena, _ fault: Fault
  ) throws -> PickleValue {
    guard case .global(let name) = function, let arguments = arguments.tuple else {
      throw fault("a call", "\(function.noun) called")
    }
    switch name {
    case "collections.OrderedDict" where arguments.isEmpty: return arena.dictionary()
    case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor":
      return .tensor(try tensor(arguments, fault))
    case "torch._utils._rebuild_parameter":
      guard case .tensor(let tensor)? = arguments.first else { throw fault("a parameter's tensor", "none") }
      return .tensor(tensor)
    case "torch.Size":
      guard let first = arguments.first, arguments.count == 1, first.ints != nil else {
        throw fault("a size", "something else")
      }
      return first
    case "torch.device": return .none
    default:
      if let value = try numpy(name, arguments, arena, fault) { return value }
      throw fault("tensors, arrays, numbers, text, lists and dictionaries", "a call of \(name), which is not made")
    }
  }

  private static func tensor(_ arguments: [PickleValue], _ fault: Fault) throws -> TorchTensor {
    guard arguments.count >= 4, case .storage(let storage) = arguments[0], let offset = arguments[1].int,
      let shape = arguments[2].ints, let strides = arguments[3].ints, shape.count == strides.count, shape.count <= 64,
      offset >= 0, shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 })
    else { throw fault("a tensor's storage, offset, size and strides", "something else") }
    // The last element it reaches, and how many it has, against what the storage holds.
    var last = offset
    var count = 1
    for (length, stride) in zip(shape, strides) where length != 1 {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      let (reach, far) = max(length - 1, 0).multipliedReportingOverflow(by: stride)
      let (end, beyond) = last.addingReportingOverflow(reach)
      guard !overflow, !far, !beyond else { throw fault("a tensor within its storage", "shape \(text(shape))") }
      (count, last) = (product, end)
    }
    guard count == 0 || last < storage.count, count <= storage.count else {
      throw fault(
        "a tensor within its storage of \(storage.count)",
        "shape \(text(shape)), strides \(text(strides)), offset \(offset)")
    }
    return TorchTensor(storage: storage, offset: offset, shape: shape, strides: strides)
  }
}
