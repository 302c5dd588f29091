public import Vectors

/// Turns texts into vectors of one space, in which texts about the same thing are close.
public protocol TextEmbedder: Sendable {
  /// Length of the vectors.
  var dimension: Int { get }

  /// One unit vector per text: rows × `dimension`. A text without a feature that the embedder knows gets a row of
  /// zeros.
  ///
  /// - Parameter fields: the parts of each text; all have as many elements as there are texts.
  /// - Throws: `InputError` when there is no field, or when their lengths differ.
  func embed(fields: [TextField], pool: ThreadPool) throws -> Matrix
}

extension TextEmbedder {
  /// Embeds plain texts, such as queries.
  ///
  /// - Throws: as `embed(fields:pool:)`.
  public func embed(texts: some Collection<String>, pool: ThreadPool) throws -> Matrix {
    try embed(fields: [TextField(StringColumn(texts))], pool: pool)
  }
}

/// One part of every text (the titles, the tags), and the weight of its words relative to those of the other parts.
public struct TextField: Sendable {
  /// One text per item.
  public var texts: StringColumn
  /// The weight of the field's words, above 0 and at most 1e6.
  public var weight: Float

  /// A field of weight 1 unless another weight is given.
  public init(_ texts: StringColumn, weight: Float = 1) {
    self.texts = texts
    self.weight = weight
  }

  /// The number of texts that `fields` describe.
  ///
  /// - Throws: `InputError` when there is no field, when lengths differ or when a weight is out of range.
  static func count(of fields: [TextField]) throws -> Int {
    guard let first = fields.first else {
      throw InputError(.usage, "texts", expected: "at least one field", found: "none")
    }
    for (index, field) in fields.enumerated() {
      guard field.texts.count == first.texts.count else {
        throw InputError(
          .mismatch, "texts", at: "field \(index)", expected: "\(first.texts.count) texts, as in field 0",
          found: "\(field.texts.count)")
      }
      guard field.weight > 0, field.weight <= 1e6 else {
        throw InputError(
          .usage, "texts", at: "field \(index)", expected: "a weight above 0, at most 1e6", found: "\(field.weight)")
      }
    }
    return first.texts.count
  }
}
