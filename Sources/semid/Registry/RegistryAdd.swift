import ArgumentParser
import SemanticID

struct RegistryAdd: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Give every item of a catalogue its ID: the one it has, or a free one.",
    discussion: """
      Example: semid registry add ids.db embeddings.npy --model model --output codes.npy

      The registry is made when there is none. Items that are there keep their IDs, removed ones get theirs back, and new \
      ones get free IDs near their codes. The output holds the IDs of all rows, in their order: what semid index build \
      takes as --codes.
      """)

  @OptionGroup var registry: RegistryOptions
  @OptionGroup var input: InputOptions
  @Option(name: .shortAndLong, help: ArgumentHelp("Model directory.", valueName: "directory"))
  var model: String
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("File to write: .npy, .parquet or .jsonl; by default none.", valueName: "file"))
  var output: String?
  @Option(
    help: ArgumentHelp("The most items an ID; by default as the registry has it, 1 in a new one.", valueName: "n"))
  var capacity: Int?
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--capacity", capacity, in: CollisionOptions.capacityRange)
  }

  func execute(_ console: Console) async throws {
    let form = try output.map(CodesForm.init)
    try Output.check([output].compactMap(\.self).map { .file($0) }, reading: input.paths + [model] + registry.files)
    let model = try TokenizerModel.open(model)
    let set = try input.open(console)
    guard let ids = set.ids else {
      throw InputError(
        .missing, set.source, expected: "ids of the items, which a registry keeps IDs for", found: "vectors alone",
        remedy: "give them with --ids FILE")
    }
    let (registration, seconds) = try await console.step("adding", unit: "items") { _ in
      try await timed {
        try await registry.with(.create) { registry in
          try registry.register(
            ids: ids, vectors: set.vectors, tokenizer: model, capacity: capacity, pool: console.pool,
            source: set.source)
        }
      }
    }
    if let output { try form?.write(registration.codes, ids: ids, to: output) }
    try console.print(Summary(registry.registry, registration, output: output, seconds: seconds)) {
      """
      \(registry.registry): \(Text.count(registration.added)) new, \(Text.count(registration.known)) known, \
      \(Text.count(registration.restored)) restored in \(Text.duration(seconds: seconds)); generation \
      \(Text.count(registration.generation.number)) has \(Text.count(registration.generation.items, "item")) of \
      \(Text.figure(registration.generation.possibleIDs)) possible IDs
      of the new, \(Text.count(registration.displaced)) got another ID than their codes, since that was taken, and \
      \(Text.count(registration.spilled)) left a full prefix
      """
    }
  }

  struct Summary: Encodable {
    var registry: String
    var output: String?
    var generation: Generation
    var added: Int
    var known: Int
    var restored: Int
    var displaced: Int
    var spilled: Int
    var possibleIDs: Double
    /// Encoding, resolving and storing, without reading the vectors and writing the output.
    var seconds: Double

    init(_ path: String, _ registration: Registration, output: String?, seconds: Double) {
      registry = path
      self.output = output
      generation = registration.generation
      added = registration.added
      known = registration.known
      restored = registration.restored
      displaced = registration.displaced
      spilled = registration.spilled
      possibleIDs = registration.generation.possibleIDs
      self.seconds = seconds
    }
  }
}
