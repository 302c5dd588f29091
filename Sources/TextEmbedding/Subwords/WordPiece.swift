/// WordPiece: the longest token that a word begins with, then the longest `##` token that the rest begins with, and so on;
/// a word that cannot be spelt is one unknown token.
struct WordPiece: SubwordModel {
  var vocabulary: TokenVocabulary
  var unknown: Int32
  var prefix = Array("##".utf8)
  /// In characters; a longer word is unknown.
  var longestWord = 100

  init(vocabulary: TokenVocabulary, unknown: Int32) {
    self.vocabulary = vocabulary
    self.unknown = unknown
  }

  init(_ vocabulary: TokenVocabulary, _ fields: JSONFields) throws {
    self.vocabulary = vocabulary
    let token = try fields.text("unk_token") ?? "[UNK]"
    guard let id = vocabulary.id(token) else {
      throw fields.fault("unk_token", expected: "a token of the vocabulary", found: "\"\(token.prefix(60))\"")
    }
    unknown = id
    prefix = Array((try fields.text("continuing_subword_prefix") ?? "##").utf8)
    longestWord = try fields.count("max_input_chars_per_word") ?? 100
  }

  var size: Int { vocabulary.size }

  var unknownID: Int32? { unknown }

  func id(_ token: String) -> Int32? { vocabulary.id(token) }

  func append(_ piece: ArraySlice<Unicode.Scalar>, to ids: inout [Int32]) {
    guard piece.count <= longestWord else { return ids.append(unknown) }
    let word = UTF8Piece(piece)
    let before = ids.count
    var start = 0
    // What is left of the word, behind the prefix where it is not all of it.
    var key: [UInt8] = []
    while start < piece.count {
      key.removeAll(keepingCapacity: true)
      if start > 0 { key += prefix }
      let shift = key.count - word.starts[start]
      key += word.bytes[word.starts[start]...]
      var end = piece.count
      var found: Int32?
      key.withUnsafeBufferPointer { key in
        while end > start {
          found = vocabulary.id(UnsafeBufferPointer(rebasing: key[..<(word.starts[end] + shift)]))
          if found != nil { break }
          end -= 1
        }
      }
      guard let found else {
        ids.removeSubrange(before...)
        return ids.append(unknown)
      }
      ids.append(found)
      start = end
    }
  }
}
