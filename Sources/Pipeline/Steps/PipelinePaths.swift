/// The names in the folder of results.
enum PipelinePaths {
  static let prepared = "prepared"
  static let embeddings = "embeddings/items.npy"
  static let embeddingIDs = "embeddings/items.ids.json"
  static func model(_ tokenizer: String) -> String { "models/\(tokenizer)" }
  static func codes(_ tokenizer: String) -> String { "codes/\(tokenizer).parquet" }
  static func ids(_ tokenizer: String) -> String { "ids/\(tokenizer).parquet" }
  static func registry(_ tokenizer: String) -> String { "registries/\(tokenizer).db" }
  static func index(_ tokenizer: String) -> String { "indexes/\(tokenizer)" }
  static func corpus(_ tokenizer: String, _ name: String) -> String { "corpora/\(tokenizer)/\(name)" }
  static func evaluation(_ name: String) -> String { "evaluation/\(name)" }
  static let report = "report.html"
  static let manifest = "manifest.json"
}
