import Foundation
import Formats

/// The contents of a model's `config.json`, except the fingerprint, as they were written.
///
/// They belong to the model as the weights do, since the fingerprint covers both. A model of an earlier version keeps
/// the text of that version, and so stays the same model wherever it is copied.
struct ModelRecord: Hashable, Sendable {
  private let fields: JSONValue

  private static let fingerprint = "fingerprint"

  init(_ configuration: some Encodable) throws {
    self.init(try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(configuration)))
  }

  init(_ fields: JSONValue) {
    guard case .object(var members) = fields else {
      self.fields = fields
      return
    }
    members[Self.fingerprint] = nil
    self.fields = .object(members)
  }

  /// The text that the fingerprint covers: keys sorted, no spaces.
  func bytes() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(fields))
  }

  /// The text of `config.json`.
  func text(fingerprint: String) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    let all = fields.overlaid(by: .object([Self.fingerprint: .string(fingerprint)]))
    return String(decoding: try encoder.encode(all), as: UTF8.self) + "\n"
  }
}

/// The options of a kind of model.
protocol ModelOptions: Codable, Sendable {
  /// The values of options that a model's configuration does not name: how models were made before these options
  /// existed.
  static var ofOldModels: Self { get }
}
