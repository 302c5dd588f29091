extension ModelFolder {
  /// The model.
  ///
  /// - Throws: `InputError` naming the file and what is wrong with it.
  package func tokenizer() throws -> any Tokenizer {
    switch try Self.kind(in: file(ModelFileName.configuration)) {
    case .rqKMeans: return try RQKMeansFiles.read(self)
    case let kind: return try RQVAEFiles(kind: kind).read(self)
    }
  }
}
