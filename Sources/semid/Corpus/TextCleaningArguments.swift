import ArgumentParser
import SemanticID

/// How the texts of items are made fit for a corpus.
struct TextCleaningArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A tokenizer.json, or the folder of one: its special tokens inside texts are broken up by a space, as the tokens of "
        + "IDs are; by default those of common chat templates (<|im_end|>, </s>, [INST], <bos> and others).",
      valueName: "file"), completion: .file())
  var tokenizer: String?
  @Flag(
    inversion: .prefixedNo,
    help: "Make character references of HTML in texts (&amp;, &#39;, also escaped twice) the characters they stand for."
  )
  var htmlEntities = true

  func options() throws -> TextCleaningOptions {
    var options = TextCleaningOptions()
    if let tokenizer { options.chatTokens = try ChatTokens.read(tokenizer: tokenizer) }
    options.decodesEntities = htmlEntities
    return options
  }
}
