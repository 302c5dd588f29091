/// The names of the files in a model's directory.
enum ModelFileName {
  /// The format that the files name.
  static let format = "swift-semantic-id"
  static let configuration = "config.json"
  static let weights = "model.safetensors"
  /// What training measured epoch by epoch, one object per line; neural models only.
  static let history = "history.jsonl"
  /// The key of the history's digest in the weights' metadata.
  static let historyDigest = "history"
}
