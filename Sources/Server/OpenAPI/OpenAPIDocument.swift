import Foundation
import Vectors
import Yams

/// The description of the API, OpenAPI 3.1.
enum OpenAPIDocument {
  /// The document as it is served.
  static func json() throws -> [UInt8] {
    guard var document = try Yams.load(yaml: yaml) as? [String: Any], var info = document["info"] as? [String: Any]
    else {
      throw InputError(.malformed, "OpenAPI document", expected: "a mapping", found: "something else")
    }
    info["version"] = EngineVersion.current
    document["info"] = info
    return Array(try JSONSerialization.data(withJSONObject: document, options: [.sortedKeys, .withoutEscapingSlashes]))
  }
}
