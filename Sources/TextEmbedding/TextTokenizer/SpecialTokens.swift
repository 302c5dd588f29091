import Formats
import Vectors

/// The tokens that a post-processor puts around a text: `[CLS]` and `[SEP]`, or an end token.
struct SpecialTokens: Sendable {
  var before: [Int32] = []
  var after: [Int32] = []

  var count: Int { before.count + after.count }

  static let supported = "TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel or Sequence"

  init(before: [Int32] = [], after: [Int32] = []) {
    self.before = before
    self.after = after
  }

  init(_ fields: JSONFields, depth: Int = 0) throws {
    guard let type = try fields.text("type") else { throw fields.missing("type", Self.supported) }
    guard depth < 16 else { throw fields.fault("type", expected: "at most 16 levels", found: "more") }
    switch type {
    case "TemplateProcessing": try self.init(template: fields)
    case "BertProcessing", "RobertaProcessing":
      self.init(before: [try Self.pair(fields, "cls")], after: [try Self.pair(fields, "sep")])
    case "ByteLevel":
      // It changes the places of tokens alone.
      self.init()
    case "Sequence":
      self.init()
      for inner in try fields.objects("processors") ?? [] {
        let tokens = try SpecialTokens(inner, depth: depth + 1)
        before = tokens.before + before
        after += tokens.after
      }
    default:
      throw fields.fault("type", .unsupported, expected: Self.supported, found: "\"\(type)\"")
    }
  }

  private init(template fields: JSONFields) throws {
    self.init()
    var isAfter = false
    for part in try fields.objects("single") ?? [] {
      if part.has("Sequence") {
        guard !isAfter else { throw part.fault("Sequence", .unsupported, expected: "one text", found: "two") }
        isAfter = true
      } else if let name = try part.fields("SpecialToken")?.text("id") {
        let ids = try fields.fields("special_tokens")?.fields(name)?.list("ids") ?? []
        let numbers = ids.compactMap { $0.whole.flatMap { Int32(exactly: $0) } }
        guard !numbers.isEmpty, numbers.count == ids.count, numbers.allSatisfy({ $0 >= 0 }) else {
          throw fields.fault("special_tokens.\(name).ids", expected: "token ids", found: "none, or other values")
        }
        if isAfter { after += numbers } else { before += numbers }
      }
    }
    guard isAfter else { throw fields.fault("single", .unsupported, expected: "a sequence A", found: "none") }
  }

  /// `["[SEP]", 102]`.
  private static func pair(_ fields: JSONFields, _ key: String) throws -> Int32 {
    guard let list = try fields.list(key), list.count == 2,
      let id = list[1].whole.flatMap({ Int32(exactly: $0) }), id >= 0
    else {
      throw fields.fault(key, expected: "a token and its id", found: fields.value(key)?.spelling ?? "no such key")
    }
    return id
  }
}
