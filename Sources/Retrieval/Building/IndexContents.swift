public import Tokenizers
public import Vectors

/// What an index is made of; row i of everything is the same item.
public struct IndexContents: Sendable {
  /// N×L.
  public var codes: Codes
  /// N×d, the vectors that were encoded; under cosine the builder scales them to length 1. Without them nothing can be
  /// reranked.
  public var vectors: Matrix?
  /// Whether the largest code of the last level stands for the end of an ID that is one level shorter: see `IDShape`.
  package var mayEndEarly = false
  /// N ids, all different. Without them items are known by their row numbers.
  public var ids: StringColumn?
  /// Codebooks whose codewords add up to the vectors, or to the tokenizer's latents. Without them the index answers by
  /// ID, not by vector.
  public var codebooks: Codebooks?
  /// Fingerprint of the model that made the codes.
  public var model: String?
  /// Attributes by which searches may filter, joined to the items by id. Items that the table does not name have none.
  public var attributes: AttributeTable?
  /// The model itself. The index keeps a copy. It needs the model to search by vector where codes are of latents.
  public var tokenizer: (any Tokenizer)?

  /// Codes, and what the index should know beside them. Without vectors and codebooks it answers by ID alone.
  public init(
    codes: Codes, vectors: Matrix? = nil, ids: StringColumn? = nil, codebooks: Codebooks? = nil, model: String? = nil
  ) {
    self.codes = codes
    self.vectors = vectors
    self.ids = ids
    self.codebooks = codebooks
    self.model = model
  }

  /// - Parameter tokenizer: the model that made the codes.
  public init(codes: Codes, vectors: Matrix? = nil, ids: StringColumn? = nil, tokenizer: any Tokenizer) {
    self.init(
      codes: codes, vectors: vectors, ids: ids, codebooks: tokenizer.additiveCodebooks, model: tokenizer.fingerprint)
    self.tokenizer = tokenizer
  }

  /// Codes of a file, whose IDs may differ in length by one level.
  ///
  /// - Parameters:
  ///   - vectors: of the items, in the order of the codes.
  ///   - tokenizer: the model that made the codes.
  /// - Throws: `InputError` as `CodesTable.stored`.
  package init(_ table: CodesTable, vectors: Matrix? = nil, tokenizer: (any Tokenizer)? = nil) throws {
    let (codes, shape) = try table.stored()
    if let tokenizer {
      self.init(codes: codes, vectors: vectors, ids: table.ids, tokenizer: tokenizer)
    } else {
      self.init(codes: codes, vectors: vectors, ids: table.ids)
    }
    mayEndEarly = shape.mayEndEarly
  }

  /// Length of the latent vectors that were quantized; nil where the vectors themselves were.
  var latentDimension: Int? {
    tokenizer?.hasLatents == true ? codebooks?.dimension : nil
  }
}
