import Vectors

extension RQKMeans {
  /// Opens a model as `TokenizerModel.open` does.
  ///
  /// - Throws: `InputError` also when the model is not residual k-means.
  public init(opening path: String) throws {
    let model = try TokenizerModel.open(path)
    guard let model = model as? RQKMeans else {
      throw InputError(
        .unsupported, path, expected: "a model of type \(TokenizerKind.rqKMeans.rawValue)",
        found: model.kind.rawValue)
    }
    self = model
  }
}
