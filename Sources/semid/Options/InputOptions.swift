import ArgumentParser
import SemanticID

/// Where embeddings come from: an argument and the options that pick one thing of a file that holds several.
struct InputOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Embeddings: .npy, .npz, .safetensors, .pt, .h5, .hdf5, .parquet, .csv or .tsv, the last two also as .gz; or a "
        + "directory of .parquet files."),
    completion: .file())
  var input: String

  @OptionGroup var selection: InputSelection

  /// What is read: the input, and what `--ids` names, which may be no file.
  var paths: [String] { [input] + [selection.ids].compactMap(\.self) }

  func open(_ console: Console, readsIDs: Bool = true) throws -> EmbeddingSet {
    try selection.open(input, console, readsIDs: readsIDs)
  }
}

/// What is read of a file that holds several things.
struct InputSelection: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Array, tensor, dataset or column with the vectors; 'emb_*' for one column per dimension. By default a known "
        + "name or the only one there.", valueName: "name"))
  var vectors: String?

  @Option(
    help: ArgumentHelp(
      "The items' ids: a file (.json, .txt, .npy, …), or a dataset or column of the input; none for row numbers. By "
        + "default a known name in the input, or ids.json beside it.", valueName: "file or name"),
    completion: .file())
  var ids: String?

  @Option(
    help: ArgumentHelp(
      "Dataset or column with the items' ids, of the input or, with --ids FILE, of that file; by default a known name.",
      valueName: "name"))
  var idColumn: String?

  /// Opens the embeddings and tells what was taken of them.
  func open(_ input: String, _ console: Console, readsIDs: Bool = true) throws -> EmbeddingSet {
    let set = try EmbeddingSet(opening: input, options: options(readsIDs: readsIDs), pool: console.pool)
    console.tell(set.input)
    return set
  }

  private func options(readsIDs: Bool) -> EmbeddingSet.Options {
    // With a name beside it, --ids can only be the file.
    idColumn == nil
      ? .init(vectors: vectors, idsSource: ids, readsIDs: readsIDs)
      : .init(vectors: vectors, ids: idColumn, idsPath: ids, readsIDs: readsIDs)
  }
}
