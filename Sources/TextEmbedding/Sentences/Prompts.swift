/// The prompts of `config_sentence_transformers.json`: texts by name that are written before a text.
struct Prompts: Sendable {
  var texts: [String: String] = [:]
  /// The name of the one that plain texts get.
  var standard: String?

  init() {}

  init(_ fields: JSONFields) throws {
    if let prompts = try fields.fields("prompts") {
      for name in prompts.members.keys where prompts.has(name) { texts[name] = try prompts.text(name) }
    }
    standard = try fields.text("default_prompt_name")
    if let standard, texts[standard] == nil {
      throw fields.fault(
        "default_prompt_name", expected: "the name of one of the prompts", found: "\"\(standard.prefix(60))\"")
    }
  }
}
