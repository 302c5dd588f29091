import ArgumentParser
import SemanticID

struct ModelConvert: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Write a model in our form, or in that of the Python package semantic-id.",
    discussion: """
      Examples:
        semid model convert their-rqvae --output model
        semid model convert model --output for-python --semantic-id-format
      """)

  @Argument(help: "Model directory, or a codebooks.npz.", completion: .file())
  var model: String
  @Option(name: .shortAndLong, help: ArgumentHelp("Directory to write.", valueName: "directory"))
  var output: String
  @Flag(help: "Write semantic-id's metadata.json and its weights.")
  var semanticIDFormat = false
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    try Output.check([.directory(output, semanticIDFormat ? .semanticIDPackage : .tokenizer)], reading: [model])
    let tokenizer = try TokenizerModel.open(model)
    if !semanticIDFormat {
      try tokenizer.write(to: output)
    } else if let kMeans = tokenizer as? RQKMeans {
      try kMeans.writeSemanticID(to: output)
    } else if let vae = tokenizer as? RQVAE {
      try vae.writeSemanticID(to: output)
    }
    try console.print(ModelInfo.Summary(output, tokenizer)) {
      "wrote \(tokenizer.kind.rawValue) to \(output)\(semanticIDFormat ? " for semantic-id" : "")"
    }
  }
}
