import Foundation
package import Vectors

/// A small JSON file of the engine's own, decoded whole.
package enum JSONFile {
  /// - Throws: `InputError` naming the key and what was expected there.
  package static func decode<Value: Decodable>(_ type: Value.Type, path: String) throws -> Value {
    try decode(type, file: MappedFile(path: path))
  }

  /// - Throws: `InputError` naming the key and what was expected there.
  package static func decode<Value: Decodable>(_ type: Value.Type, file: MappedFile) throws -> Value {
    do {
      return try JSONDecoder().decode(type, from: withExtendedLifetime(file) { Data(file.bytes) })
    } catch let error as DecodingError {
      throw InputError(error, source: file.path)
    }
  }
}

extension InputError {
  /// The fault of a JSON document, with the path of keys that leads to it.
  package init(_ error: DecodingError, source: String) {
    func keys(_ context: DecodingError.Context) -> String? {
      context.codingPath.isEmpty ? nil : "key " + context.codingPath.map(\.stringValue).joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, let context):
      self.init(.malformed, source, at: keys(context), expected: "the key \"\(key.stringValue)\"", found: "none")
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      self.init(
        .malformed, source, at: keys(context), expected: "a value of type \(type)", found: context.debugDescription)
    case .dataCorrupted(let context):
      self.init(.malformed, source, at: keys(context), expected: "JSON", found: context.debugDescription)
    @unknown default:
      self.init(.malformed, source, expected: "JSON", found: "\(error)")
    }
  }
}
