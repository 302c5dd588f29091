public import Vectors

/// Item embeddings: N vectors of d numbers, and the items' ids where the source has them.
///
/// One way in for every file format. All values are finite and N and d at least 1; ids are as many as rows.
public struct EmbeddingSet: Sendable {
  /// N×d; mapped where the file holds aligned float32.
  public let vectors: Matrix
  /// One id a row; nil when the source has none, and rows go by their number.
  public let ids: StringColumn?
  /// The file, for errors.
  public let source: String

  public var count: Int { vectors.rows }
  public var dimension: Int { vectors.columns }

  /// What to read from a file that holds several things.
  public struct Options: Hashable, Sendable {
    /// The key of an `.npz`, tensor of a `.safetensors`, dataset of an `.h5` or column of a `.parquet` with the vectors;
    /// nil takes the only one there, or the best known name.
    public var vectors: String?
    /// The key of an `.npz`, dataset of an `.h5` or column of a `.parquet` with the ids; nil takes a well-known name.
    public var ids: String?
    /// A file with the ids, in which `ids` then names what to read; nil looks inside the vectors' file, then beside it
    /// for `STEM.ids.json` (`.txt`, `.npy`), `ids.json`, `ids.txt` and `ids.npy`.
    public var idsPath: String?
    /// Whether to look for ids at all.
    public var readsIDs: Bool

    public init(vectors: String? = nil, ids: String? = nil, idsPath: String? = nil, readsIDs: Bool = true) {
      self.vectors = vectors
      self.ids = ids
      self.idsPath = idsPath
      self.readsIDs = readsIDs
    }
  }

  /// Takes vectors and ids from memory.
  ///
  /// - Throws: `InputError` naming the first row and column (from 0) that hold NaN or an infinity; when there is no row or
  ///   no column; when ids and rows differ in number.
  public init(
    vectors: Matrix, ids: StringColumn? = nil, source: String, idsSource: String? = nil,
    pool: ThreadPool = ThreadPool()
  ) throws {
    guard vectors.rows > 0, vectors.columns > 0 else {
      throw InputError(
        .malformed, source, expected: "at least one vector of at least one number",
        found: "shape \(text([vectors.rows, vectors.columns]))")
    }
    if let ids, ids.count != vectors.rows {
      throw InputError(
        .mismatch, idsSource ?? source, expected: "\(vectors.rows) ids, one for each row of \(source)",
        found: "\(ids.count)")
    }
    try vectors.checkFinite(source: source, pool: pool)
    self.vectors = vectors
    self.ids = ids
    self.source = source
  }

  /// Opens a file by its extension: `.npy`, `.npz`, `.safetensors`, `.pt`, `.pth`, `.h5`, `.hdf5` or `.parquet`.
  ///
  /// - Throws: `InputError`; see `init(vectors:ids:source:)` and each format.
  public init(opening path: String, options: Options = Options(), pool: ThreadPool = ThreadPool()) throws {
    let (vectors, inside) = try Self.read(path, options, pool)
    var ids = inside
    var idsSource = path
    if options.readsIDs, ids == nil, let found = options.idsPath ?? Self.idsBeside(path) {
      ids = try Self.readIDs(found, options)
      idsSource = found
    }
    try self.init(vectors: vectors, ids: ids, source: path, idsSource: idsSource, pool: pool)
  }

  private static func read(
    _ path: String, _ options: Options, _ pool: ThreadPool
  ) throws -> (vectors: Matrix, ids: StringColumn?) {
    let (_, name) = FileSystem.split(path)
    switch name.split(separator: ".", omittingEmptySubsequences: false).last?.lowercased() {
    case "npy":
      try refuseNamedIDs(options, in: path)
      return (try NPYArray(path: path).matrix(pool: pool), nil)
    case "npz":
      let file = try NPZFile(path: path)
      return (try matrix(in: file, options.vectors, pool), try ids(in: file, options))
    case "safetensors":
      try refuseNamedIDs(options, in: path)
      return (try matrix(in: SafetensorsFile(path: path), options.vectors, pool), nil)
    case "pt", "pth":
      let file = try TorchFile(path: path)
      return (try matrix(in: file, options.vectors, pool), try ids(in: file, options))
    case "h5", "hdf5": return try readHDF5(path, options)
    case "parquet": return try readParquet(path, options)
    default:
      throw InputError(
        .unsupported, path, expected: "a file of type .npy, .npz, .safetensors, .pt, .h5, .hdf5 or .parquet",
        found: "another extension")
    }
  }

  private static func refuseNamedIDs(_ options: Options, in path: String) throws {
    guard options.idsPath == nil, let ids = options.ids else { return }
    throw InputError(
      .usage, path, expected: "a file that can hold ids under a name", found: "one that cannot, and the name \(ids)",
      remedy: "give the ids as a file of their own")
  }

  /// The file of ids beside `path`; nil when there is none.
  static func idsBeside(_ path: String) -> String? {
    let (folder, name) = FileSystem.split(path)
    let stem = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    let prefix = path.contains("/") ? (folder == "/" ? "/" : folder + "/") : ""
    return ["\(stem).ids.json", "\(stem).ids.txt", "\(stem).ids.npy", "ids.json", "ids.txt", "ids.npy"]
      .map { prefix + $0 }
      .first { $0 != path && (try? FileSystem.entry(at: $0)) == .file }
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
