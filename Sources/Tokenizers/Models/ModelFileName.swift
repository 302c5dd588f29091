/// The names of the files in a model's directory.
enum ModelFileName {
  /// What the files say they are.
  static let format = "swift-semantic-id"
  static let configuration = "config.json"
  static let weights = "model.safetensors"
  /// What training measured epoch by epoch, one object per line; neural models only.
  static let history = "history.jsonl"
  /// Where the weights' metadata have the digest of the history.
  static let historyDigest = "history"
}
