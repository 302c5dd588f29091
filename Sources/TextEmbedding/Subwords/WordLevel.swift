import Vectors

/// Whole pieces as tokens.
struct WordLevel: SubwordModel {
  private let vocabulary: TokenVocabulary
  private let unknown: Int32?

  init(_ vocabulary: TokenVocabulary, _ fields: JSONFields) throws {
    self.vocabulary = vocabulary
    unknown = vocabulary.id(try fields.text("unk_token") ?? "<unk>")
  }

  var size: Int { vocabulary.size }

  var unknownID: Int32? { unknown }

  func id(_ token: String) -> Int32? { vocabulary.id(token) }

  func append(_ piece: ArraySlice<Unicode.Scalar>, to ids: inout [Int32]) {
    if let id = UTF8Piece(piece).bytes.withUnsafeBufferPointer(vocabulary.id) ?? unknown { ids.append(id) }
  }
}
