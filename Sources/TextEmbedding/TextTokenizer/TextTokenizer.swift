import Vectors

/// A tokenizer of a language model: text to token ids, as the `tokenizers` library of Hugging Face makes them.
///
/// The steps are those of a `tokenizer.json`: added tokens are cut out, the rest is normalized, split into pieces and
/// spelt in subwords; special tokens go around. Neither the truncation nor the padding that the file may ask for is
/// heeded: they are what somebody's program had set when it wrote the file.
package struct TextTokenizer: Sendable {
  let normalizer: TextNormalizer?
  let splitter: TextSplitter?
  let model: any SubwordModel
  let special: SpecialTokens
  /// Looked for in the text as it is.
  let plain: AddedTokens
  /// Looked for in the normalized text.
  let normalized: AddedTokens
  /// Ids of the tokens that are marked special.
  package let specialIDs: Set<Int32>
  /// One more than the largest id that it can give.
  package let size: Int

  init(
    normalizer: TextNormalizer?, splitter: TextSplitter?, model: any SubwordModel, special: SpecialTokens,
    added: [AddedTokens.Token], specialIDs: Set<Int32>
  ) {
    self.normalizer = normalizer
    self.splitter = splitter
    self.model = model
    self.special = special
    self.specialIDs = specialIDs
    plain = AddedTokens(added.filter { !$0.isNormalized })
    normalized = AddedTokens(
      added.filter(\.isNormalized).map { token in
        var token = token
        if let normalizer { token.content = normalizer.apply(token.content) }
        return token
      })
    let ids = added.map(\.id) + special.before + special.after
    size = max(model.size, ids.map { Int($0) + 1 }.max() ?? 0)
  }

  /// Tokens that stand around every text.
  package var specialCount: Int { special.count }

  /// The id of a token by its text; nil for what is no token.
  package func id(_ token: String) -> Int32? {
    model.id(token)
  }

  /// The token ids of a text.
  ///
  /// - Parameters:
  ///   - limit: the most ids, special ones included; the end of the text is left out beyond it.
  ///   - addsSpecialTokens: whether the special tokens go around.
  package func encode(_ text: String, limit: Int? = nil, addsSpecialTokens: Bool = true) -> [Int32] {
    encodeTelling(text, limit: limit, addsSpecialTokens: addsSpecialTokens).ids
  }

  /// As `encode`, also telling whether the end was left out.
  package func encodeTelling(
    _ text: String, limit: Int? = nil, addsSpecialTokens: Bool = true
  ) -> (ids: [Int32], isCut: Bool) {
    let around = addsSpecialTokens ? special : SpecialTokens()
    var ids = around.before
    append(Array(text.unicodeScalars), to: &ids)
    var isCut = false
    if let limit, ids.count + around.after.count > limit {
      ids.removeLast(min(ids.count - around.before.count, ids.count + around.after.count - limit))
      isCut = true
    }
    return (ids + around.after, isCut)
  }

  /// This tokenizer, which lowers every text first.
  func lowering() -> TextTokenizer {
    TextTokenizer(
      normalizer: normalizer.map { .sequence([.lowercase, $0]) } ?? .lowercase, splitter: splitter, model: model,
      special: special, added: plain.all + normalized.all, specialIDs: specialIDs)
  }

  private func append(_ text: [Unicode.Scalar], to ids: inout [Int32]) {
    guard !plain.isEmpty else { return append(text, beginsText: true, to: &ids) }
    for part in plain.parts(of: text) {
      if let id = part.id {
        ids.append(id)
      } else {
        append(Array(text[part.range]), beginsText: part.range.lowerBound == 0, to: &ids)
      }
    }
  }

  private func append(_ text: [Unicode.Scalar], beginsText: Bool, to ids: inout [Int32]) {
    let text = normalizer?.apply(text) ?? text
    guard !text.isEmpty else { return }
    var pieces: [TextPiece] = []
    func flush() {
      for piece in splitter?.split(pieces) ?? pieces { model.append(piece.text, to: &ids) }
      pieces.removeAll(keepingCapacity: true)
    }
    if normalized.isEmpty {
      pieces = [TextPiece(text: text[...], beginsText: beginsText)]
    } else {
      for part in normalized.parts(of: text) {
        if let id = part.id {
          flush()
          ids.append(id)
        } else {
          pieces.append(TextPiece(text: text[part.range], beginsText: beginsText && part.range.lowerBound == 0))
        }
      }
    }
    flush()
  }
}
