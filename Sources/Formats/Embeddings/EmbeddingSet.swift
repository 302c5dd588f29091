public import Vectors

/// Item embeddings: N vectors of d numbers, and the items' ids where the source has them.
///
/// The one way in for every file format. One rule says what is read: a name that is given, else a known name, else the
/// only candidate; never one of several. All values are finite, N and d are at least 1, and there is one id per row.
public struct EmbeddingSet: Sendable {
  /// N×d; mapped where the file holds aligned float32.
  public let vectors: Matrix
  /// One id per row; nil when the source has none, and items are known by their row numbers.
  public let ids: StringColumn?
  /// The name of the file, for errors.
  public let source: String
  /// What was read as vectors and ids; empty for embeddings from memory.
  public let input: InputSummary

  /// N, the number of items.
  public var count: Int { vectors.rows }
  /// d, the length of the vectors.
  public var dimension: Int { vectors.columns }

  /// What to read from a file that holds several things.
  public struct Options: Hashable, Sendable {
    /// The name of the array, tensor, dataset or column with the vectors, or a pattern such as `emb_*` for one column
    /// per dimension. nil takes a known name (`KnownNames.vectors`), or the only candidate.
    public var vectors: String?
    /// The name of the array, dataset or column with the ids; nil takes a known name (`KnownNames.itemIDs`).
    public var ids: String?
    /// A file with the ids; `ids` then is a name in that file. nil looks inside the vectors' file, then beside it for
    /// `STEM.ids.json` (`.txt`, `.npy`), `ids.json`, `ids.txt` and `ids.npy`.
    public var idsPath: String?
    /// In the words of a user: a file of ids, a name in the vectors' file, or `none`.
    package var idsSource: String?
    /// Whether ids are read at all.
    public var readsIDs: Bool

    /// Names what to read. By default both vectors and ids are found by their known names.
    public init(
      vectors: String? = nil, ids: String? = nil, idsPath: String? = nil, idsSource: String? = nil,
      readsIDs: Bool = true
    ) {
      self.vectors = vectors
      self.ids = ids
      self.idsPath = idsPath
      self.idsSource = idsSource
      self.readsIDs = readsIDs
    }
  }

  /// Takes vectors and ids from memory.
  ///
  /// - Throws: `InputError` naming the first row and column (from 0) that hold NaN or an infinity; when there is no row or
  ///   no column; when ids and rows differ in number.
  package init(
    vectors: Matrix, ids: StringColumn? = nil, source: String, idsSource: String? = nil,
    pool: ThreadPool = ThreadPool()
  ) throws {
    try self.init(vectors, ids, source, idsSource ?? source, InputSummary(), pool)
  }

  private init(
    _ vectors: Matrix, _ ids: StringColumn?, _ source: String, _ idsSource: String, _ input: InputSummary,
    _ pool: ThreadPool
  ) throws {
    guard vectors.rows > 0, vectors.columns > 0 else {
      throw InputError(
        .malformed, source, expected: "at least one vector of at least one number",
        found: "shape \(text([vectors.rows, vectors.columns]))")
    }
    if let ids, ids.count != vectors.rows {
      throw InputError(
        .mismatch, idsSource, expected: "\(vectors.rows) ids, one for each row of \(source)", found: "\(ids.count) ids",
        remedy: "name other ids with --ids, or --ids none for row numbers")
    }
    try vectors.checkFinite(source: source, pool: pool)
    self.vectors = vectors
    self.ids = ids
    self.source = source
    self.input = input
  }

  /// Opens a file by its extension, one of `fileTypes`, or a directory of `.parquet` files, as one table.
  ///
  /// - Throws: `InputError`; see `init(vectors:ids:source:)`, `NamedArrays` for what is taken, and each format.
  public init(opening path: String, options: Options = Options(), pool: ThreadPool = ThreadPool()) throws {
    let file = try Self.open(path, pool)
    var input = InputSummary()
    let contents = file.contents
    let choice = try contents.vectors(options.vectors)
    let found = try file.vectors(choice.name, pool: pool)
    let rows = found.matrix.rows
    let details = ["\(rows) × \(found.matrix.columns)", found.detail, choice.reason].compactMap(\.self)
    let name = choice.name.isEmpty ? FileSystem.split(path).name : choice.name
    input.use(.vectors, name, detail: details.joined(separator: ", "))
    guard options.readsIDs else {
      try self.init(found.matrix, nil, path, path, input, pool)
      return
    }
    let asked = try IDChoice(options, contents)
    switch asked {
    case .rowNumbers:
      input.use(.itemIDs, "row numbers")
      try self.init(found.matrix, nil, path, path, input, pool)
    case .file(let other):
      let ids = try Self.readIDs(other, options.ids)
      input.use(.itemIDs, other)
      try self.init(found.matrix, ids, path, other, input, pool)
    case .named, .known:
      let inside: String? = if case .named(let name) = asked { name } else { nil }
      if inside == nil, let ids = found.ids {
        try Identifiers.check(ids, source: path)
        input.use(.itemIDs, "their names")
        try self.init(found.matrix, ids, path, path, input, pool)
      } else if let name = try contents.ids(inside, of: choice.name, rows: rows) {
        let ids = try file.ids(name)
        try Identifiers.check(ids, source: path)
        input.use(.itemIDs, name)
        try self.init(found.matrix, ids, path, path, input, pool)
      } else if let beside = Self.idsBeside(path) {
        let ids = try Self.readIDs(beside, nil)
        input.use(.itemIDs, "\(FileSystem.split(beside).name) (beside \(FileSystem.split(path).name))")
        try self.init(found.matrix, ids, path, beside, input, pool)
      } else {
        input.use(.itemIDs, "row numbers")
        if let missed = contents.missedIDs(rows: rows) { input.warn(missed) }
        try self.init(found.matrix, nil, path, path, input, pool)
      }
    }
  }

  /// The extensions that are read.
  package static let fileTypes = [
    ".npy", ".npz", ".safetensors", ".pt", ".pth", ".pkl", ".pickle", ".h5", ".hdf5", ".parquet", ".csv", ".tsv",
    ".csv.gz", ".tsv.gz", ".fvecs", ".bvecs", ".ivecs",
  ]

  private static func open(_ path: String, _ pool: ThreadPool) throws -> any VectorFile {
    if ParquetParts.isTable(path) { return try ParquetVectorFile(path: path, pool: pool) }
    if CSVFile.isNamed(path) { return CSVVectorFile(try CSVFile(path: path)) }
    let (_, name) = FileSystem.split(path)
    switch name.split(separator: ".", omittingEmptySubsequences: false).last?.lowercased() {
    case "npy": return NPYVectorFile(array: try NPYArray(path: path))
    case "npz": return try NPZVectorFile(path: path)
    case "safetensors": return try SafetensorsVectorFile(path: path)
    case "pt", "pth", "pkl", "pickle": return try TorchVectorFile(path: path)
    case "h5", "hdf5": return try HDF5VectorFile(path: path)
    case "parquet": return try ParquetVectorFile(path: path, pool: pool)
    case let type?:
      if let elementType = VecsFile.elementTypes[type] {
        return try VecsVectorFile(path: path, elementType: elementType)
      }
      fallthrough
    default:
      throw InputError(
        .unsupported, path, expected: "a file of type \(fileTypes.joined(separator: ", ")), or a directory of .parquet",
        found: "another extension")
    }
  }

  /// The ids in a file of their own; `name` is the column or dataset where that file is a table.
  private static func readIDs(_ path: String, _ name: String?) throws -> StringColumn {
    if CSVFile.isNamed(path) { return try Identifiers.read(CSVFile(path: path), column: name) }
    return switch path.lowercased().split(separator: ".").last {
    case "parquet" where !ParquetParts.isTable(path): try Identifiers.read(ParquetFile(path: path), column: name)
    case "h5", "hdf5": try Identifiers.read(HDF5File(path: path), dataset: name)
    default: try Identifiers.read(path: path)
    }
  }

  /// The file of ids beside `path`; nil when there is none.
  package static func idsBeside(_ path: String) -> String? {
    let (folder, name) = FileSystem.split(path)
    let unpacked = CSVFile.isNamed(name) && name.lowercased().hasSuffix(".gz") ? String(name.dropLast(3)) : name
    let stem = unpacked.lastIndex(of: ".").map { String(unpacked[..<$0]) } ?? unpacked
    let prefix = path.contains("/") ? (folder == "/" ? "/" : folder + "/") : ""
    return ["\(stem).ids.json", "\(stem).ids.txt", "\(stem).ids.npy", "ids.json", "ids.txt", "ids.npy"]
      .map { prefix + $0 }
      .first { $0 != path && (try? FileSystem.entry(at: $0)) == .file }
  }
}

/// Where a user wants the ids from.
private enum IDChoice {
  case file(String)
  case named(String)
  case known
  case rowNumbers

  init(_ options: EmbeddingSet.Options, _ contents: NamedArrays) throws {
    if let path = options.idsPath {
      self = .file(path)
    } else if let name = options.ids {
      self = .named(name)
    } else if let text = options.idsSource {
      self = try Self.resolve(text, contents)
    } else {
      self = .known
    }
  }

  private static func resolve(_ text: String, _ contents: NamedArrays) throws -> IDChoice {
    if text == "none" { return .rowNumbers }
    let inside = contents.arrays.first { $0.name == text || "/" + $0.name == text }?.name
    let isFile = (try? FileSystem.entry(at: text)).map { $0 != .absent } ?? false
    switch (isFile, inside) {
    case (true, nil): return .file(text)
    case (false, let name?): return .named(name)
    case (true, _?):
      throw InputError(
        .usage, "--ids", expected: "a file, or a \(contents.noun) of \(contents.source)",
        found: "\(text), which is both",
        remedy: "--ids ./\(text) for the file, --id-column \(text) for the \(contents.noun)")
    case (false, nil):
      throw InputError(
        .missing, "--ids", expected: "a file, one of the \(contents.noun)s of \(contents.source), or none", found: text,
        remedy: contents.listing)
    }
  }
}

extension Matrix {
  /// - Parameter firstRow: the number, in the source, of this matrix's first row.
  func checkFinite(source: String, firstRow: Int = 0, pool: ThreadPool) throws {
    guard let (row, column) = firstNonFinite(pool: pool) else { return }
    throw InputError(
      .malformed, source, at: "row \(firstRow + row), column \(column) (from 0)", expected: "a finite number",
      found: "\(self[row, column])", remedy: "remove or repair that row")
  }

  /// The first row and column that hold NaN or an infinity. Runs at the speed of memory.
  func firstNonFinite(pool: ThreadPool) -> (row: Int, column: Int)? {
    let pieces = (values.count + 0x3FFFF) >> 18
    let found: [Int] = withUnsafeBufferPointer { values in
      [Int](unsafeUninitializedCapacity: pieces) { found, count in
        pool.run(tasks: pieces) { piece in
          let range = piece << 18..<min(values.count, (piece + 1) << 18)
          // All exponent bits set: at least this, as an integer, with the sign away.
          var largest: UInt32 = 0
          for index in range { largest = max(largest, values[index].bitPattern & 0x7FFF_FFFF) }
          let first = largest < 0x7F80_0000 ? nil : range.first { !values[$0].isFinite }
          found.baseAddress?.advanced(by: piece).initialize(to: first ?? -1)
        }
        count = pieces
      }
    }
    return found.first { $0 >= 0 }.map { ($0 / columns, $0 % columns) }
  }
}
