import Vectors

/// A file that may hold vectors and ids, as `EmbeddingSet` reads it.
protocol VectorFile {
  /// What is in it, by name.
  var contents: NamedArrays { get }

  /// The vectors under a name of `contents`, or that the user gave.
  func vectors(_ name: String, pool: ThreadPool) throws -> NamedVectors

  /// The ids under a name of `contents`, or that the user gave; not checked for repeats.
  func ids(_ name: String) throws -> StringColumn
}

extension VectorFile {
  /// What to say where a file's vectors have no name, and it holds nothing else.
  func nameless(_ what: String, _ name: String) -> InputError {
    InputError(
      .usage, contents.source, expected: "a file that holds \(what) under a name",
      found: "one array without, and \(name)",
      remedy: what == "ids" ? "give the ids as a file of their own" : "leave out --vectors")
  }
}

struct NamedVectors {
  var matrix: Matrix
  /// Where the vectors lie each under its own name, those names.
  var ids: StringColumn?
  /// How they are stored, where that is worth telling.
  var detail: String?

  init(_ matrix: Matrix, ids: StringColumn? = nil, detail: String? = nil) {
    self.matrix = matrix
    self.ids = ids
    self.detail = detail
  }
}

/// The rows of several matrices of one width, one after another.
extension Matrix {
  init(joining parts: [Matrix]) {
    guard parts.count != 1 else {
      self = parts[0]
      return
    }
    let columns = parts.first?.columns ?? 0
    let rows = parts.reduce(0) { $0 + $1.rows }
    let values = Buffer<Float>(count: rows * columns) { target in
      var start = 0
      for part in parts {
        part.withUnsafeBufferPointer { values in
          guard !values.isEmpty else { return }
          _ = UnsafeMutableBufferPointer(rebasing: target[start..<start + values.count]).update(fromContentsOf: values)
          start += values.count
        }
      }
    }
    self.init(rows: rows, columns: columns, values: values)
  }
}

extension StringColumn {
  init(joining parts: [StringColumn]) {
    guard parts.count != 1 else {
      self = parts[0]
      return
    }
    var builder = StringColumnBuilder(
      rows: parts.reduce(0) { $0 + $1.count }, bytes: parts.reduce(0) { $0 + $1.bytes.count })
    for part in parts {
      for row in part.indices {
        part.withUTF8(at: row) { builder.bytes.append(contentsOf: $0) }
        builder.endRow()
      }
    }
    self = builder.column()
  }
}
