/// Which tokens of a language model stand for codes, and which surround an ID.
///
///     // <|sid_begin|> is token 151,700, the codes follow from 151,702 on, level after level.
///     var tokens = ConstraintTokens(.offset(from: 151_702), vocabularySize: 152_000)
///     tokens.begin = [151_700]
///     tokens.end = [151_701]
public struct ConstraintTokens: Hashable, Sendable {
  /// Which token of the model's vocabulary stands for each code of each level.
  public enum CodeTokens: Hashable, Sendable {
    /// The token of a code is the code itself, at every level. A mask covers one level. For models with one head per
    /// level.
    case codes
    /// One run of numbers over all levels: first + sizes of the levels before + code.
    case offset(from: Int)
    /// The token of every code of every level.
    case table([[Int32]])
  }

  /// Which token stands for each code.
  public var codes: CodeTokens
  /// Number of tokens that the model scores, including those that only fill up its table: the bits of a mask. nil: as
  /// many as are needed.
  public var vocabularySize: Int?
  /// Tokens that are written before the first code, in this order.
  public var begin: [Int32] = []
  /// Tokens that are written behind the last code, in this order. Where one ID is the beginning of another, the first
  /// of them ends the shorter one.
  public var end: [Int32] = []
  /// Tokens that may follow an ID and its end, any number of times. They fill beams that are done.
  public var padding: [Int32] = []
  /// Tokens behind which an ID begins, anywhere in a text. Empty: an ID begins with the first token that is written.
  ///
  /// Until a trigger is written, and again behind `end`, every token of the vocabulary may follow. Padding has no
  /// meaning then.
  public var triggers: [Int32] = []

  /// The tokens of codes, with no tokens around an ID, no padding and no triggers.
  public init(_ codes: CodeTokens = .codes, vocabularySize: Int? = nil) {
    self.codes = codes
    self.vocabularySize = vocabularySize
  }

  /// The largest size of a vocabulary.
  package static let largestVocabulary = 1 << 24
}
