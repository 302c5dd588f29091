import Formats
import Foundation
package import Vectors

/// Vectors in the making, in a folder beside the output: pieces that a kill does not lose.
///
/// Each piece is a file with its own digest. The manifest says for which texts, model and options the pieces are, by a
/// digest; other pieces are never mixed in. The folder goes when the output stands.
package struct EmbeddingRun {
  private struct Manifest: Codable, Equatable {
    var format = "swift-semantic-id"
    var type = "embedding-run"
    var version = 1
    var binding: String
    var rows: Int
    var dimension: Int
  }

  /// A piece that is done.
  private struct Piece {
    var rows: Range<Int>
    var vectors: Matrix
  }

  package let folder: String
  private let manifest: Manifest
  private var pieces: [Piece] = []

  private static let manifestName = "run.json"

  /// Where the pieces of an output lie.
  package static func folder(of output: String) -> String { output + ".parts" }

  /// Rows that were there when the run was opened.
  package private(set) var resumedRows = 0

  /// Opens the folder of an output, or makes it.
  ///
  /// - Parameters:
  ///   - binding: the digest of everything that decides the vectors.
  ///   - restarts: removes pieces of before first.
  /// - Throws: `InputError` of kind `mismatch` when there are pieces of another run.
  package init(output: String, binding: String, rows: Int, dimension: Int, restarts: Bool = false) throws {
    folder = Self.folder(of: output)
    manifest = Manifest(binding: binding, rows: rows, dimension: dimension)
    if restarts, ModelFiles.isDirectory(folder) {
      try checkOwn()
      try remove()
    }
    if ModelFiles.isDirectory(folder) {
      try resume()
    } else {
      _ = try FolderHandle.make(folder)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      let text = String(decoding: try encoder.encode(manifest), as: UTF8.self) + "\n"
      try AtomicFile.write(text, to: path(Self.manifestName))
    }
  }

  /// - Throws: `InputError` where the folder holds what no run has made: nothing of it is removed then.
  private func checkOwn() throws {
    for entry in try FolderHandle(opening: folder).entries()
    where entry.kind != .file || (entry.name != Self.manifestName && !Self.isPiece(entry.name)) {
      throw InputError(
        .cannotCreate, folder, expected: "nothing but the pieces of a run", found: "\"\(entry.name)\"",
        remedy: "move it away")
    }
  }

  private func path(_ name: String) -> String { folder + "/" + name }

  private static func name(first: Int) -> String {
    let digits = "\(first)"
    return "part-" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits + ".safetensors"
  }

  private static func isPiece(_ name: String) -> Bool {
    name.hasPrefix("part-") && name.hasSuffix(".safetensors") && name.dropFirst(5).dropLast(12).allSatisfy(\.isNumber)
  }

  private mutating func resume() throws {
    let remedy = "run with the options of before, or begin anew with --restart"
    guard ModelFiles.exists(path(Self.manifestName)) else {
      throw InputError(
        .cannotCreate, folder, expected: "pieces of a run, with \(Self.manifestName)", found: "a folder without it",
        remedy: "move it away")
    }
    let found = try JSONFile.decode(Manifest.self, path: path(Self.manifestName))
    guard found == manifest else {
      throw InputError(
        .mismatch, folder, expected: "pieces of these texts, with this model and these options",
        found: "pieces of another run", remedy: remedy)
    }
    for entry in try FolderHandle(opening: folder).entries() where Self.isPiece(entry.name) && entry.kind == .file {
      // A piece that was damaged is made again.
      if let piece = try? read(entry.name) { pieces.append(piece) }
    }
    pieces.sort { $0.rows.lowerBound < $1.rows.lowerBound }
    // Where two overlap, the first stays: both hold the same vectors.
    var end = 0
    pieces.removeAll { piece in
      defer { end = max(end, piece.rows.upperBound) }
      return piece.rows.lowerBound < end
    }
    resumedRows = pieces.reduce(0) { $0 + $1.rows.count }
  }

  private func read(_ name: String) throws -> Piece {
    let file = try SafetensorsFile(path: path(name))
    let vectors = try file.tensor("vectors").matrix()
    guard file.metadata["binding"] == manifest.binding, let first = file.metadata["first"].flatMap({ Int($0) }),
      first >= 0, first <= manifest.rows - vectors.rows, vectors.columns == manifest.dimension,
      file.metadata["sha256"] == Self.digest(vectors), name == Self.name(first: first)
    else { throw InputError(.mismatch, path(name), expected: "a piece of this run", found: "another") }
    return Piece(rows: first..<first + vectors.rows, vectors: vectors)
  }

  private static func digest(_ vectors: Matrix) -> String {
    var digest = SHA256()
    vectors.withUnsafeBufferPointer { digest.update(UnsafeRawBufferPointer($0)) }
    return digest.hexDigest()
  }

  /// Rows between pieces, of which none is there yet, in order.
  package var missing: [Range<Int>] {
    var gaps: [Range<Int>] = []
    var end = 0
    for piece in pieces {
      if piece.rows.lowerBound > end { gaps.append(end..<piece.rows.lowerBound) }
      end = piece.rows.upperBound
    }
    if end < manifest.rows { gaps.append(end..<manifest.rows) }
    return gaps
  }

  /// Keeps the vectors of some rows.
  package mutating func add(_ vectors: Matrix, first: Int) throws {
    var writer = SafetensorsWriter(metadata: [
      "binding": manifest.binding, "first": "\(first)", "sha256": Self.digest(vectors),
    ])
    writer.add("vectors", vectors)
    let name = Self.name(first: first)
    try writer.write(to: path(name))
    // Mapped from here on: a catalogue's vectors may be more than fits in memory.
    pieces.append(try read(name))
    pieces.sort { $0.rows.lowerBound < $1.rows.lowerBound }
  }

  /// Embeds what is missing, piece by piece: a piece ends after `seconds`, and has so many rows at most.
  ///
  /// - Parameters:
  ///   - rows: how many are asked for first; then as many as take about a second.
  ///   - embed: gives the vectors of some rows.
  package mutating func fill(
    rows: Int = 256, most: Int = 16_384, seconds: Double = 10, _ embed: (Range<Int>) throws -> Matrix
  ) throws {
    var step = min(rows, most)
    for gap in missing {
      var start = gap.lowerBound
      while start < gap.upperBound {
        let clock = ContinuousClock.now
        var parts: [Matrix] = []
        var end = start
        repeat {
          let next = min(end + step, gap.upperBound)
          let stepClock = ContinuousClock.now
          parts.append(try embed(end..<next))
          end = next
          switch (ContinuousClock.now - stepClock) / .seconds(1) {
          case ..<0.5: step = min(step * 2, most)
          case 5...: step = max(step / 2, min(32, most))
          default: break
          }
        } while end < gap.upperBound && end - start < most && (ContinuousClock.now - clock) / .seconds(1) < seconds
        try add(Self.joined(parts), first: start)
        start = end
      }
    }
  }

  private static func joined(_ parts: [Matrix]) -> Matrix {
    guard parts.count > 1 else { return parts[0] }
    return Matrix(rows: parts.reduce(0) { $0 + $1.rows }, columns: parts[0].columns) { target in
      var place = 0
      for part in parts {
        part.withUnsafeBufferPointer { source in
          for value in source {
            target[place] = value
            place += 1
          }
        }
      }
    }
  }

  /// Calls `body` with the vectors in order, some rows at a time.
  ///
  /// - Precondition: nothing is missing.
  package func forEachPiece(_ body: (Range<Int>, Matrix) throws -> Void) rethrows {
    precondition(missing.isEmpty, "all rows are there")
    for piece in pieces { try body(piece.rows, piece.vectors) }
  }

  /// Removes the pieces and the folder, but for what is not the run's.
  package func remove() throws {
    let handle = try FolderHandle(opening: folder)
    for entry in try handle.entries()
    where entry.kind == .file && (entry.name == Self.manifestName || Self.isPiece(entry.name)) {
      _ = handle.removeFile(entry.name)
    }
    let url = URL(fileURLWithPath: folder)
    _ = try FolderHandle(opening: url.deletingLastPathComponent().path).removeEmptyFolder(url.lastPathComponent)
  }
}
