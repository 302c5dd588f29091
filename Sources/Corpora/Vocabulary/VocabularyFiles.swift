import Formats
import Vectors

extension TokenVocabulary {
  /// Writes one token per line, in the vocabulary's order.
  public func write(text path: String) throws {
    try AtomicFile.write(to: path) { file in
      for index in 0..<count { try file.write(self[index] + "\n") }
    }
  }

  /// Writes the list that a `tokenizer.json` has under `added_tokens`, with ids from `firstID` on.
  public func write(addedTokens path: String, firstID: Int) throws {
    try Self.check(firstID: firstID)
    try AtomicFile.write(to: path) { file in
      for index in 0..<count {
        try file.write((index == 0 ? "[\n  " : ",\n  ") + addedToken(index, id: firstID + index))
      }
      try file.write("\n]\n")
    }
  }

  /// Writes an object of tokens and their ids, as the `added_tokens.json` beside older tokenizers.
  package func write(addedTokenIDs path: String, firstID: Int) throws {
    try Self.check(firstID: firstID)
    try AtomicFile.write(to: path) { file in
      for index in 0..<count {
        try file.write((index == 0 ? "{\n  " : ",\n  ") + jsonString(self[index]) + ": \(firstID + index)")
      }
      try file.write("\n}\n")
    }
  }

  /// How a tokenizer cuts text at a token.
  ///
  /// Tokens of codes are not `special`: a decoder that skips special tokens must still write IDs. None is `normalized`,
  /// so that each is found as it is spelt, before any lower-casing.
  func flags(_ index: Int) -> AddedTokenFlags { AddedTokenFlags(special: index >= semanticCount) }

  /// One entry of `added_tokens`.
  func addedToken(_ index: Int, id: Int) -> String {
    flags(index).addedToken(self[index], id: id)
  }

  private static func check(firstID: Int) throws {
    guard (0...(1 << 31)).contains(firstID) else {
      throw InputError(.usage, "first token id", expected: "0 to 2³¹", found: "\(firstID)")
    }
  }
}
