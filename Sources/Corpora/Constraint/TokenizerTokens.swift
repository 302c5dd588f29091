import Foundation
import Formats
public import Tokenizers
import Vectors

/// The tokens that a text tokenizer has for codes, read from its `tokenizer.json`.
public struct TokenizerTokens: Sendable {
  /// Token numbers by their text.
  private let numbers: [String: Int]
  private let source: String
  /// Tokens of the vocabulary: the largest number and one.
  public let vocabularySize: Int

  /// Reads `tokenizer.json` of Hugging Face's tokenizers, or an object of tokens and their numbers, such as
  /// `added_tokens.json`.
  ///
  /// - Throws: `InputError` when it is neither.
  public init(path: String) throws {
    let file = try JSONFile.decode(Contents.self, path: path)
    numbers = file.numbers
    source = path
    guard let largest = numbers.values.max(), numbers.values.allSatisfy({ $0 >= 0 }) else {
      throw InputError(.malformed, path, expected: "tokens and their numbers", found: "none")
    }
    vocabularySize = largest + 1
  }

  /// - Throws: `InputError` when the tokenizer has no such token.
  public func number(of token: String) throws -> Int32 {
    guard let number = numbers[token].flatMap(Int32.init(exactly:)) else {
      throw InputError(
        .mismatch, source, expected: "the token \"\(token)\"", found: "none",
        remedy: "add the tokens of semantic IDs to the tokenizer first")
    }
    return number
  }

  /// The tokens of every code of every level.
  ///
  /// - Parameter spelling: the text of a level's code.
  /// - Throws: `InputError` naming the first token that is not there.
  public func tokens(
    levelSizes: [Int], spelling: (_ level: Int, _ code: UInt16) -> String = TokenFormat.token(level:code:)
  ) throws -> ConstraintTokens {
    let table = try levelSizes.enumerated().map { level, size in
      try (0..<size).map { try number(of: spelling(level, UInt16($0))) }
    }
    return ConstraintTokens(.table(table), vocabularySize: vocabularySize)
  }

  /// Either form, of which nothing but tokens is read.
  private struct Contents: Decodable {
    var numbers: [String: Int] = [:]

    init(from decoder: any Decoder) throws {
      if let flat = try? decoder.singleValueContainer().decode([String: Int].self) {
        numbers = flat
        return
      }
      let file = try decoder.container(keyedBy: Key.self)
      if let model = try? file.nestedContainer(keyedBy: Key.self, forKey: .model) {
        if let vocabulary = try? model.decode([String: Int].self, forKey: .vocabulary) {
          numbers = vocabulary
        } else if let pieces = try? model.decode([Piece].self, forKey: .vocabulary) {
          for (number, piece) in pieces.enumerated() { numbers[piece.text] = number }
        }
      }
      for token in try file.decode([Added].self, forKey: .added) { numbers[token.content] = token.id }
    }

    private enum Key: String, CodingKey {
      case model
      case vocabulary = "vocab"
      case added = "added_tokens"
    }

    private struct Added: Decodable {
      var id: Int
      var content: String
    }

    /// `["▁the", -3.2]`, whose number is its place.
    private struct Piece: Decodable {
      var text: String

      init(from decoder: any Decoder) throws {
        var values = try decoder.unkeyedContainer()
        text = try values.decode(String.self)
      }
    }
  }
}
