import ArgumentParser
import SemanticID

/// Where embeddings come from: an argument and the options that pick one thing of a file that holds several.
struct InputOptions: ParsableArguments {
  @Argument(help: "Embeddings: .npy, .npz, .safetensors, .pt, .h5, .hdf5 or .parquet.", completion: .file())
  var input: String

  @Option(
    help: ArgumentHelp(
      "Array, tensor, dataset or column with the vectors, where the file has several.", valueName: "name"))
  var vectors: String?

  @Option(
    help: ArgumentHelp(
      "File with the items' ids (.json, .txt, .npy); by default looked for beside the vectors.", valueName: "file"),
    completion: .file())
  var ids: String?

  @Option(help: ArgumentHelp("Dataset or column of the input with the items' ids.", valueName: "name"))
  var idColumn: String?

  func open(_ console: Console, readsIDs: Bool = true) throws -> EmbeddingSet {
    try EmbeddingSet(
      opening: input,
      options: .init(vectors: vectors, ids: idColumn, idsPath: ids, readsIDs: readsIDs), pool: console.pool)
  }
}
