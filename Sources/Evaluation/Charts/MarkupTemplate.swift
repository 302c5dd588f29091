import Mustache
import Vectors

/// A page or an image as a Mustache template.
///
/// Values are put in as they are. A value from outside must go through `Markup.escape` first. (Mustache's own escaping looks
/// at whole characters, so "<" with a combining mark behind it would pass.)
struct MarkupTemplate: Sendable {
  let source: String

  func render(_ values: [String: Any]) throws -> String {
    do {
      return try MustacheTemplate(string: "{{% CONTENT_TYPE:TEXT}}" + source).render(values)
    } catch {
      throw InputError(.unsupported, "template", expected: "a Mustache template", found: "\(error)")
    }
  }
}
