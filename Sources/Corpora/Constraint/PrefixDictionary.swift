import Formats
import Vectors

/// The constraint as a dictionary, for `prefix_allowed_tokens_fn` of Hugging Face's `generate`.
extension DecodingConstraint {
  /// Writes JSON. Token numbers that follow each other are joined by `-`.
  ///
  /// - `allowed`: from the tokens that were written to those that may follow. The tokens before and behind an ID are
  ///   among the written ones.
  /// - `begin`, `end`: the tokens before and behind an ID.
  /// - `trigger`, where there are some: tokens behind which an ID begins, anywhere in the text.
  /// - `padding`: tokens that may follow the end; where the constraint has none, the last token of the end again.
  /// - `length`: number of tokens of the longest ID, with those around it.
  /// - `vocabulary_size`.
  ///
  /// `example` reads it, or `triggerExample`. A prefix that is not in it raises a `KeyError`: nothing is allowed by
  /// default.
  ///
  /// - Throws: `InputError` when no token ends an ID. Without one, `generate` would go on past the last level.
  package func write(prefixes path: String) throws {
    let end = tokens.end.map(String.init).joined(separator: "-")
    guard let last = tokens.end.last else {
      throw InputError(
        .usage, "decoding constraint", expected: "a token that ends an ID, for a dictionary of prefixes", found: "none",
        remedy: "name the token that ends a text in your model (semid corpus constraint --end \"</s>\")")
    }
    guard !tokens.begin.containsRun(tokens.end) else {
      throw InputError(
        .usage, "decoding constraint", expected: "an end that does not stand before an ID too", found: "\(tokens.end)")
    }
    let padding = tokens.padding.isEmpty ? [last] : tokens.padding.sorted()
    try AtomicFile.write(to: path) { file in
      let length = tokens.begin.count + levelSizes.count + tokens.end.count
      try file.write("{\"vocabulary_size\": \(vocabularySize), \"length\": \(length), ")
      let begin = tokens.begin.map(String.init).joined(separator: "-")
      // A reader without triggers must fail, and not find no trigger and allow everything.
      if !tokens.triggers.isEmpty {
        try file.write("\"trigger\": [\(tokens.triggers.map(String.init).joined(separator: ", "))], ")
      }
      try file.write("\"begin\": \"\(begin)\", \"end\": \"\(end)\", ")
      let list = padding.map(String.init).joined(separator: ", ")
      try file.write("\"padding\": [\(list)], \"allowed\": {")
      var isFirst = true
      func entry(_ key: String, _ allowed: [Int32]) throws {
        try file.write((isFirst ? "\n" : ",\n") + "\"\(key)\": [\(allowed.map(String.init).joined(separator: ", "))]")
        isFirst = false
      }
      func joined(_ key: String, _ token: Int32) -> String { key.isEmpty ? String(token) : "\(key)-\(token)" }

      // Behind an ID: the rest of its end, then the padding.
      func behind(_ id: String) throws {
        var key = id
        for index in tokens.end.indices {
          key = joined(key, tokens.end[index])
          try entry(key, index + 1 < tokens.end.count ? [tokens.end[index + 1]] : padding)
        }
      }
      func walk(_ key: String, _ depth: Int, _ index: Int) throws {
        try entry(key, allowed(after: State(firsts[depth] + index)))
        if tree.isID(depth: depth, index: index) { try behind(key) }
        for child in tree.children(depth: depth, index: index) {
          try walk(joined(key, levelTokens[depth].token(of: tree.levels[depth].codes[child])), depth + 1, child)
        }
      }
      var key = ""
      for token in tokens.begin {
        try entry(key, [token])
        key = joined(key, token)
      }
      try walk(key, 0, 0)
      try file.write("\n}}\n")
    }
  }
}
