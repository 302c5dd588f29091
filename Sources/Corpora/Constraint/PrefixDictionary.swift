import Formats
import Vectors

/// The constraint as a dictionary, for `prefix_allowed_tokens_fn` of Hugging Face's `generate`.
extension DecodingConstraint {
  /// Writes JSON: `allowed` leads from what was written, token numbers joined by `-`, to the tokens that may follow.
  ///
  ///     constraint = json.load(open("prefixes.json"))
  ///     def prefix_allowed_tokens_fn(batch, tokens):
  ///         written = tokens[prompt_length:].tolist()
  ///         while "-".join(map(str, written)) not in constraint["allowed"] and written[-1] in constraint["padding"]:
  ///             written.pop()
  ///         return constraint["allowed"]["-".join(map(str, written))]
  ///
  /// The tokens before and behind an ID belong to what was written. A prefix that is not there raises a `KeyError`:
  /// nothing is ever allowed by default.
  public func write(prefixes path: String) throws {
    try AtomicFile.write(to: path) { file in
      let padding = tokens.padding.map(String.init).joined(separator: ", ")
      try file.write("{\"vocabulary_size\": \(vocabularySize), \"padding\": [\(padding)], \"allowed\": {")
      var isFirst = true
      func entry(_ key: String, _ allowed: [Int32]) throws {
        try file.write((isFirst ? "\n" : ",\n") + "\"\(key)\": [\(allowed.map(String.init).joined(separator: ", "))]")
        isFirst = false
      }
      func joined(_ key: String, _ token: Int32) -> String { key.isEmpty ? String(token) : "\(key)-\(token)" }

      // Behind an ID: the rest of its end, then the padding, whose own tokens a reader takes off.
      func behind(_ id: String) throws {
        var key = id
        for index in tokens.end.indices {
          key = joined(key, tokens.end[index])
          let allowed = index + 1 < tokens.end.count ? [tokens.end[index + 1]] : tokens.padding.sorted()
          if !allowed.isEmpty { try entry(key, allowed) }
        }
      }
      func walk(_ key: String, _ depth: Int, _ index: Int) throws {
        let state = State(firsts[depth] + index)
        let allowed = allowed(after: state)
        if !allowed.isEmpty { try entry(key, allowed) }
        if tree.isID(depth: depth, index: index) {
          try behind(key)
          // Without a token of its own for the end, padding is what tells an ID from the longer ones it begins.
          if tokens.end.isEmpty, !tree.children(depth: depth, index: index).isEmpty {
            for token in tokens.padding { try entry(joined(key, token), tokens.padding.sorted()) }
          }
        }
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
