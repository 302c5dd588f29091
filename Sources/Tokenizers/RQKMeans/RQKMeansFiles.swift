import Vectors

enum RQKMeansFiles {
  static func fingerprint(codebooks: Codebooks, options: RQKMeansOptions) throws -> String { "" }
}
