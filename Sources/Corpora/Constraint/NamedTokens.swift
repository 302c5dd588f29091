import Formats
import Vectors

/// The tokens to which a tokenizer's folder gives a role: the end of a text, and padding.
package struct NamedTokens: Hashable, Sendable {
  /// The file that names them.
  package let source: String
  package let end: String?
  package let padding: String?

  /// Reads the `tokenizer_config.json`, or else the `special_tokens_map.json`, beside a `tokenizer.json`; nil where neither
  /// is there or names any.
  init?(beside path: String) throws {
    let path = TokenizerPath(path)
    for name in ["tokenizer_config.json", "special_tokens_map.json"] {
      guard let path = path.neighbor(name) else { continue }
      let parts = try JSONFile.decode(Parts.self, path: path)
      guard parts.end != nil || parts.padding != nil else { continue }
      (source, end, padding) = (path, parts.end?.text, parts.padding?.text)
      return
    }
    return nil
  }

  private struct Parts: Decodable {
    var end: Name?
    var padding: Name?

    enum CodingKeys: String, CodingKey {
      case end = "eos_token"
      case padding = "pad_token"
    }
  }

  /// A token's text, or an object with it.
  private struct Name: Decodable {
    var text: String

    init(from decoder: any Decoder) throws {
      if let text = try? decoder.singleValueContainer().decode(String.self) {
        self.text = text
      } else {
        text = try decoder.container(keyedBy: Key.self).decode(String.self, forKey: .content)
      }
    }

    enum Key: String, CodingKey { case content }
  }
}
