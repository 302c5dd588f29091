import Vectors

/// A table that lies in several Parquet files: a directory of parts, as Spark, Dask and pyarrow write them, with folders
/// for the values of columns in it (`category=kitchen`) or without.
package enum ParquetParts {
  /// Folders in folders, at most.
  private static let deepest = 16

  /// Whether `path` names several files: a directory, or a pattern such as `items/*.parquet`.
  package static func isTable(_ path: String) -> Bool {
    switch try? FileSystem.entry(at: path) {
    case .directory: true
    case .absent: path.contains("*") && path.lowercased().hasSuffix(".parquet")
    default: false
    }
  }

  /// The files of a table, by name: folder after folder, in the order of bytes, which is that of pyarrow and pandas.
  ///
  /// - Parameter path: a file, which is its own only part; a directory; or a pattern, of which `*` stands for any text in
  ///   the last component. Names that start with `.` or `_` are none of the table's.
  /// - Throws: `InputError` when there is no such file, or the directory holds none.
  package static func paths(at path: String) throws -> [String] {
    guard isTable(path) else { return [path] }
    var found: [String] = []
    if case .directory = try FileSystem.entry(at: path) {
      try collect(path, 0, &found)
    } else {
      let (folder, pattern) = FileSystem.split(path)
      guard case .directory = try FileSystem.entry(at: folder) else {
        throw InputError(.missing, path, expected: "a directory \(folder)", found: "none")
      }
      let prefix = path.contains("/") ? (folder == "/" ? "/" : folder + "/") : ""
      found = try FileSystem.names(in: folder).filter { Glob.matches($0, pattern) }.map { prefix + $0 }
    }
    guard !found.isEmpty else {
      throw InputError(.missing, path, expected: "files of type .parquet", found: "none")
    }
    return found
  }

  private static func collect(_ folder: String, _ depth: Int, _ found: inout [String]) throws {
    guard depth < deepest else {
      throw InputError(.unsupported, folder, expected: "folders at most \(deepest) deep", found: "deeper ones")
    }
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    for name in try FileSystem.names(in: folder).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    where !name.hasPrefix(".") && !name.hasPrefix("_") {
      switch try FileSystem.entry(at: prefix + name) {
      case .directory: try collect(prefix + name, depth + 1, &found)
      case .file where name.lowercased().hasSuffix(".parquet"): found.append(prefix + name)
      default: break
      }
    }
  }
}
