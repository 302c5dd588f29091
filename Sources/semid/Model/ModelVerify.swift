import ArgumentParser
import SemanticID

struct ModelVerify: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check every byte of a model.",
    discussion: """
      Example: semid model verify model

      Every verb that opens a model checks what it encodes with. This one also checks how config.json is spelt, and \
      history.jsonl, which no verb reads. The forms of other programs have no digests: their files are read, no more.
      """)

  @Argument(help: "Model directory, or a codebooks.npz.", completion: .file())
  var model: String
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    let found = try TokenizerModel.verify(model)
    let summary = Summary(
      model: model, type: found.model.kind.rawValue, fingerprint: found.model.fingerprint,
      hasDigests: found.hasDigests, hasHistory: found.hasHistory)
    try console.print(summary) {
      guard found.hasDigests else {
        return "\(model): readable; this form has no digests to check it by (semid model convert writes one that has)"
      }
      let history = found.hasHistory == false ? "; its history.jsonl has no digest" : ""
      return "\(model): whole (\(summary.type), fingerprint \(summary.fingerprint))\(history)"
    }
  }

  struct Summary: Encodable {
    var model: String
    var type: String
    var fingerprint: String
    /// Whether the files could be checked by digests.
    var hasDigests: Bool
    /// Whether the record of the training is the one that was written; false where it has no digest, absent where there
    /// is none.
    var hasHistory: Bool?
  }
}
