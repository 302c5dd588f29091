import CSemid
import Foundation
import SemanticID

/// Options that come as a JSON object, laid over defaults.
enum CallOptions {
  /// - Throws: `InputError` naming an option that is not known, or whose value is of another type.
  static func decode<Options: Codable>(_ text: semid_text, over defaults: Options, _ source: String) throws -> Options {
    guard let text = try text.string(source), !text.isEmpty else { return defaults }
    let given = try object(text, source)
    let before = try JSONSerialization.jsonObject(with: try JSONEncoder().encode(defaults)) as? [String: Any] ?? [:]
    let merged = try merge(given, into: before, like: defaults, source, place: [])
    do {
      return try JSONDecoder().decode(Options.self, from: try JSONSerialization.data(withJSONObject: merged))
    } catch let error as DecodingError {
      throw fault(error, source)
    }
  }

  static func object(_ text: String, _ source: String) throws -> [String: Any] {
    guard let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else {
      throw InputError(.usage, source, expected: "a JSON object", found: "another text")
    }
    return object
  }

  private static func merge(
    _ given: [String: Any], into before: [String: Any], like value: Any, _ source: String, place: [String]
  ) throws -> [String: Any] {
    let known = Dictionary(
      Mirror(reflecting: value).children.compactMap { child in child.label.map { ($0, child.value) } },
      uniquingKeysWith: { first, _ in first })
    var merged = before
    for (key, new) in given {
      guard let default_ = known[key] else {
        throw InputError(
          .usage, source, at: (place + [key]).joined(separator: "."),
          expected: "one of " + known.keys.sorted().joined(separator: ", "), found: "an unknown option")
      }
      if let inner = new as? [String: Any], let old = before[key] as? [String: Any] {
        merged[key] = try merge(inner, into: old, like: default_, source, place: place + [key])
      } else if new is NSNull {
        merged[key] = nil
      } else {
        merged[key] = new
      }
    }
    return merged
  }

  private static func fault(_ error: DecodingError, _ source: String) -> InputError {
    func place(_ context: DecodingError.Context) -> String? {
      let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
      return path.isEmpty ? nil : path
    }
    switch error {
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      return InputError(.usage, source, at: place(context), expected: "\(type)", found: "another type")
    case .keyNotFound(let key, let context):
      return InputError(.usage, source, at: place(context), expected: "\(key.stringValue)", found: "null")
    case .dataCorrupted(let context):
      return InputError(.usage, source, at: place(context), found: context.debugDescription)
    @unknown default: return InputError(.usage, source, found: "\(error)")
    }
  }

  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
