import Foundation
import SemanticID

/// Whole directories: what opens them reads many files that have to agree.
extension FuzzTarget {
  static let directories = [
    directory("index", { try Seeds.index.get() }, readIndex),
    directory("model", { try Seeds.model.get() }, readModel),
    directory("neural-model", { try Seeds.neuralModel.get() }, readModel),
    directory("semantic-id-model", { try Seeds.package.get() }, readModel),
    directory("semantic-id-neural-model", { try Seeds.neuralPackage.get() }, readModel),
    directory("registry", { try Seeds.registry.get() }, readRegistry),
  ]

  /// Made when they are first asked for: a run of the fuzzer has one target.
  private enum Seeds {
    static let index = Result { try DirectorySeed(writeIndex) }
    static let model = Result { try DirectorySeed { try kMeans().write(to: $0) } }
    static let neuralModel = Result { try DirectorySeed { try neural().write(to: $0) } }
    static let package = Result { try DirectorySeed { try kMeans().writeSemanticID(to: $0) } }
    static let neuralPackage = Result { try DirectorySeed { try neural().writeSemanticID(to: $0) } }
    static let registry = Result { try DirectorySeed(writeRegistry) }
  }

  /// A target whose input is a list of changes to a valid directory.
  private static func directory(
    _ name: String, _ seed: @escaping @Sendable () throws -> DirectorySeed,
    _ read: @escaping @Sendable (_ path: String) throws -> Void
  ) -> FuzzTarget {
    FuzzTarget("directory-" + name) {
      try seed().seeds
    } run: { input in
      let path = inMemory + "semid-fuzz-\(getpid()).\(name)"
      try? FileManager.default.removeItem(atPath: path)
      defer { try? FileManager.default.removeItem(atPath: path) }
      try seed().write(input, to: path)
      if let flags = input.first, flags & DirectorySeed.repairs != 0 {
        try DirectorySeed.repairing(path) { try read(path) }
      } else {
        try read(path)
      }
    }
  }

  // MARK: What is read

  private static func readIndex(_ path: String) throws {
    let index = try SemanticIndex(opening: path)
    if index.count > 0 {
      _ = index.id(ofRow: 0)
      _ = index.rows(prefix: [0])
      _ = try index.search([1, 0, 0, 0], options: SearchOptions(k: 3, candidates: 8))
      _ = try index.candidates(around: [0, 0, 0], by: .hamming(1), budget: 10)
    }
    try index.verify()
  }

  private static func readModel(_ path: String) throws {
    let model = try TokenizerModel.verify(path).model
    guard model.dimension <= 64 else { return }
    let codes = try model.encode(
      Matrix(rows: 2, columns: model.dimension, values: Array(repeating: 0.5, count: 2 * model.dimension)),
      pool: ThreadPool(threads: 1))
    _ = try model.decode(codes, pool: ThreadPool(threads: 1))
  }

  private static func readRegistry(_ path: String) throws {
    let registry = try Registry(opening: path + "/ids.db", access: .read)
    do {
      _ = try registry.generations()
      _ = try registry.snapshot()
      _ = try registry.lookup(StringColumn(["item 1"]))
      _ = try registry.items(withPrefix: [0])
      try registry.verify()
    } catch {
      try? registry.close()
      throw error
    }
    try registry.close()
  }

  // MARK: What is written

  private static func vectors() -> Matrix {
    var random = CounterRandom(seed: 1)
    return Matrix(rows: 40, columns: 4, values: (0..<160).map { _ in Float(random.normals().0) })
  }

  private static let ids = StringColumn((0..<40).map { "item \($0)" })

  private static func kMeans() throws -> RQKMeans {
    let vectors = vectors()
    return try RQKMeans(
      codebooks: Codebooks(levels: [vectors[rows: 0..<4], vectors[rows: 4..<8], vectors[rows: 8..<16]]))
  }

  private static func neural() throws -> RQVAE {
    var options = RQVAEOptions(kind: .rqVAE, rows: 40)
    options.levelSizes = [4, 4]
    options.network.hidden = [6]
    options.network.codeDimension = 3
    options.network.hasBatchNorm = true
    options.schedule.epochs = 1
    return try RQVAE.train(vectors(), kind: .rqVAE, options: options).model
  }

  /// Two segments, one of them with a deleted item.
  private static func writeIndex(_ path: String) throws {
    let (model, vectors) = (try kMeans(), vectors())
    let first = vectors[rows: 0..<30]
    try IndexBuilder().build(
      IndexContents(
        codes: try model.encode(first), vectors: first, ids: StringColumn(ids.prefix(30)), tokenizer: model),
      at: path)
    let live = try LiveIndex(opening: path, options: .init(merging: nil))
    try live.update(
      IndexChanges(
        added: .init(ids: StringColumn(ids.dropFirst(30)), vectors: vectors[rows: 30..<40]), deleted: ["item 3"]))
  }

  private static func writeRegistry(_ path: String) throws {
    let registry = try Registry(opening: path + "/ids.db")
    let model = try kMeans()
    _ = try registry.register(ids: ids, vectors: vectors(), tokenizer: model)
    _ = try registry.remove(StringColumn(["item 3"]))
    _ = try registry.register(ids: ids, vectors: vectors(), tokenizer: model)
    try registry.close()
  }
}
