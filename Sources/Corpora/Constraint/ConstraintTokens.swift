/// Which tokens of a language model stand for codes, and which surround an ID.
///
///     // <|sid_begin|> is token 151,700, the codes follow from 151,702 on, level after level.
///     var tokens = ConstraintTokens(.offset(from: 151_702), vocabularySize: 152_000)
///     tokens.begin = [151_700]
///     tokens.end = [151_701]
public struct ConstraintTokens: Hashable, Sendable {
  /// Which token of the model's vocabulary stands for each code of each level.
  public enum CodeTokens: Hashable, Sendable {
    /// The token of a code is the code, whatever its level: masks over the level only, for models with a head per level.
    case codes
    /// A run of numbers over all levels: first + sizes of the levels before + code.
    case offset(from: Int)
    /// The token of every code of every level.
    case table([[Int32]])
  }

  /// Which token stands for each code.
  public var codes: CodeTokens
  /// Tokens that the model scores, those among them that only fill its table up, and so the bits of a mask; nil: no more
  /// than are needed.
  public var vocabularySize: Int?
  /// Tokens to be written before the first code, in this order.
  public var begin: [Int32] = []
  /// Tokens to be written behind the last code, in this order. Where one ID is the beginning of another, the first of them
  /// tells that the shorter one is meant.
  public var end: [Int32] = []
  /// Tokens that may follow an ID and its end, any number of times; they hold the place of beams that are done.
  public var padding: [Int32] = []
  /// Tokens behind one of which an ID begins, wherever it stands in a text; empty: an ID begins where writing does.
  ///
  /// Until one is written, and again behind `end`, every token of the vocabulary may follow; padding has no meaning then.
  public var triggers: [Int32] = []

  /// The tokens of codes, with no tokens around an ID, no padding and no triggers.
  public init(_ codes: CodeTokens = .codes, vocabularySize: Int? = nil) {
    self.codes = codes
    self.vocabularySize = vocabularySize
  }

  /// Tokens that a vocabulary may have here.
  package static let largestVocabulary = 1 << 24
}
