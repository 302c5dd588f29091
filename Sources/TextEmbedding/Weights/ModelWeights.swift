import Formats
import Vectors

/// The tensors of a model directory: `model.safetensors`, its shards by `model.safetensors.index.json`, or the older
/// `pytorch_model.bin`.
struct ModelWeights {
  /// The directory or file, for errors.
  let source: String
  let names: Set<String>
  private let read: (String) throws -> NumericArray
  private let pool: ThreadPool

  /// - Throws: `InputError` of kind `missing` that names the file that is not there.
  init(in directory: String, pool: ThreadPool) throws {
    self.pool = pool
    let single = directory + "/model.safetensors", index = single + ".index.json"
    let torch = directory + "/pytorch_model.bin"
    if ModelFiles.exists(single) {
      let file = try SafetensorsFile(path: single)
      source = single
      names = Set(file.names)
      read = { try file.tensor($0) }
    } else if ModelFiles.exists(index) {
      let map = try Self.shards(index)
      var files: [String: SafetensorsFile] = [:]
      for name in Set(map.values).sorted() {
        let path = directory + "/" + name
        guard ModelFiles.exists(path) else {
          throw InputError(
            .missing, index, at: "key weight_map", expected: "the shard \(name) beside it", found: "no such file",
            remedy: "copy all files of the model")
        }
        files[name] = try SafetensorsFile(path: path)
      }
      source = index
      names = Set(map.keys)
      read = { name in
        guard let file = map[name].flatMap({ files[$0] }) else {
          throw InputError(.missing, index, expected: "a tensor \(name)", found: "no such tensor")
        }
        return try file.tensor(name)
      }
    } else if ModelFiles.exists(torch) {
      let file = try TorchFile(path: torch)
      source = torch
      names = Set(file.names)
      read = { try file.array($0) }
    } else {
      throw InputError(
        .missing, directory, expected: "model.safetensors, model.safetensors.index.json or pytorch_model.bin",
        found: "none of them", remedy: "copy the model's weights into the directory")
    }
  }

  /// The file of each tensor.
  private static func shards(_ index: String) throws -> [String: String] {
    let fields = try JSONFields(file: index)
    guard let map = try fields.fields("weight_map") else { throw fields.missing("weight_map", "an object") }
    return try map.members.mapValues { value in
      guard case .string(let name) = value, !name.contains("/"), name != "..", name != ".", !name.isEmpty else {
        throw fields.fault("weight_map", expected: "names of files beside it", found: value.spelling)
      }
      return name
    }
  }

  func has(_ name: String) -> Bool { names.contains(name) }

  func array(_ name: String) throws -> NumericArray {
    guard has(name) else {
      let near = names.sorted().prefix(8).joined(separator: ", ")
      throw InputError(
        .missing, source, expected: "a tensor \(name)", found: names.isEmpty ? "no tensors" : "\(near), …")
    }
    return try read(name)
  }

  /// The numbers of a tensor, as 32-bit floats.
  ///
  /// - Throws: `InputError`, before anything is allocated, when the tensor has another shape than its configuration says.
  func floats(_ name: String, _ shape: Int...) throws -> Buffer<Float> {
    let array = try array(name)
    guard array.shape == shape else {
      throw InputError(
        .mismatch, source, at: "tensor \(name)", expected: "shape \(shape), as the configuration says",
        found: "\(array.shape)")
    }
    return try array.floats(pool: pool)
  }

  func matrix(_ name: String, _ rows: Int, _ columns: Int) throws -> Matrix {
    Matrix(rows: rows, columns: columns, values: try floats(name, rows, columns))
  }

  /// A table of a tensor of two dimensions whose number of rows nobody has said.
  func table(_ name: String, columns: Int? = nil) throws -> Matrix {
    let array = try array(name)
    guard array.shape.count == 2, array.shape[0] > 0, array.shape[1] > 0, columns.map({ $0 == array.shape[1] }) ?? true
    else {
      throw InputError(
        .mismatch, source, at: "tensor \(name)", expected: "rows × \(columns.map { "\($0)" } ?? "columns")",
        found: "shape \(array.shape)")
    }
    return Matrix(rows: array.shape[0], columns: array.shape[1], values: try array.floats(pool: pool))
  }

  /// The first of `prefixes` under which the model has the tensor `name`.
  func prefix(_ prefixes: [String], of name: String) throws -> String {
    guard let prefix = prefixes.first(where: { has($0 + name) }) else {
      _ = try array(name)
      return ""
    }
    return prefix
  }
}
