import Formats
import Interactions
import Vectors

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A corpus that is being written: a hidden directory that is published whole, with its manifest.
final class CorpusDirectory {
  static let manifestName = "manifest.json"

  let staged: StagedDirectory
  let pool: ThreadPool
  var manifest: CorpusManifest

  private init(_ staged: StagedDirectory, _ manifest: CorpusManifest, _ pool: ThreadPool) {
    self.staged = staged
    self.manifest = manifest
    self.pool = pool
  }

  /// Has `body` write a corpus, then publishes it at `path`. A corpus that stands there is replaced in one step; any
  /// other directory is left alone.
  static func write(
    to path: String, _ manifest: CorpusManifest, pool: ThreadPool, _ body: (CorpusDirectory) throws -> Void
  ) throws -> CorpusManifest {
    try AtomicDirectory.write(to: path, replacing: .corpus) { staged in
      let directory = CorpusDirectory(staged, manifest, pool)
      try body(directory)
      try staged.write(directory.manifest.encoded(), to: manifestName)
      return directory.manifest
    }
  }

  /// Records a file that some library wrote at `staged.file(name)`.
  func record(_ name: String, split: Split? = nil, rows: Int) throws {
    let file = try MappedFile(path: staged.file(name))
    manifest.files.append(
      .init(
        name: name, split: split, rows: rows, bytes: file.count, sha256: try SHA256.hexDigest(ofFile: file.path)))
  }

  /// Makes a folder inside the corpus.
  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: staged.file(name), withIntermediateDirectories: true)
  }

  /// Appends to one file, and records it.
  func write(_ name: String, split: Split? = nil, _ body: (HashingWriter) throws -> Int) throws {
    let file = try staged.write(name) { writer in
      let hashing = HashingWriter(writer)
      let rows = try body(hashing)
      return CorpusManifest.File(
        name: name, split: split, rows: rows, bytes: writer.position, sha256: hashing.hexDigest())
    }
    manifest.files.append(file)
  }

  /// Rows that one task renders at a time.
  private static let chunkRows = 1024

  /// Writes `rows` rows, rendered side by side, as `train.jsonl`, or in shards as `train-00000-of-00003.jsonl`.
  ///
  /// - Parameters:
  ///   - header: what each file begins with.
  ///   - render: appends one row, its line end included. Of several failures the first row's is thrown.
  func writeRows(
    _ stem: String, extension suffix: String = "jsonl", split: Split?, rows: Int, shardRows: Int?, header: String = "",
    progress: (Int) throws -> Void, render: (Int, inout [UInt8]) throws -> Void
  ) throws {
    let shards = try Self.shards(of: rows, atMost: shardRows)
    for (shard, range) in shards.enumerated() {
      let name = Self.name(stem, shard: shard, of: shards.count, suffix)
      try write(name, split: split) { writer in
        try writer.write(Array(header.utf8))
        try writeChunks(range, to: writer, progress: progress, render: render)
        return range.count
      }
    }
  }

  /// The allowed rows per file.
  static let shardRange = 1...1 << 40

  /// The rows of every file, at least one file.
  ///
  /// - Throws: `InputError` when no file may have a row.
  static func shards(of rows: Int, atMost size: Int?) throws -> [Range<Int>] {
    try InputError.check("rows of a file", size, in: shardRange)
    let size = max(1, min(size ?? rows, rows))
    return rows == 0 ? [0..<0] : stride(from: 0, to: rows, by: size).map { $0..<min($0 + size, rows) }
  }

  /// `train.jsonl`, or `train-00000-of-00003.jsonl`, the form that Hugging Face's `datasets` knows.
  static func name(_ stem: String, shard: Int, of shards: Int, _ suffix: String) -> String {
    shards == 1 ? "\(stem).\(suffix)" : "\(stem)-\(digits(shard))-of-\(digits(shards)).\(suffix)"
  }

  private static func digits(_ number: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, 5 - text.utf8.count)) + text
  }

  /// Renders chunk after chunk in batches. While one batch is rendered, the one before is hashed and written.
  private func writeChunks(
    _ range: Range<Int>, to writer: HashingWriter, progress: (Int) throws -> Void,
    render: (Int, inout [UInt8]) throws -> Void
  ) throws {
    let width = pool.threads * 4
    var ready = [[UInt8]](repeating: [], count: width)
    var making = ready
    var first = range.lowerBound
    var readyCount = 0
    while first < range.upperBound || readyCount > 0 {
      let rest = range.upperBound - first
      let chunks = min(width, (rest + Self.chunkRows - 1) / Self.chunkRows)
      try making.withUnsafeMutableBufferPointer { making in
        try pool.run(
          tasks: chunks + 1,
          throwing: { task in
            guard task > 0 else {
              for chunk in ready[..<readyCount] { try writer.write(chunk) }
              return
            }
            let start = first + (task - 1) * Self.chunkRows
            var text: [UInt8] = []
            swap(&text, &making[task - 1])
            text.removeAll(keepingCapacity: true)
            for row in start..<min(start + Self.chunkRows, range.upperBound) { try render(row, &text) }
            making[task - 1] = text
          })
      }
      swap(&ready, &making)
      readyCount = chunks
      first = min(range.upperBound, first + chunks * Self.chunkRows)
      try progress(first - range.lowerBound)
    }
  }
}

/// Appends to a file and digests what it appends.
final class HashingWriter {
  private let writer: FileWriter
  private var digest = SHA256()

  init(_ writer: FileWriter) { self.writer = writer }

  func write(_ bytes: [UInt8]) throws {
    digest.update(bytes)
    try writer.write(bytes)
  }

  func write(_ text: String) throws { try write(Array(text.utf8)) }

  func write<Element>(_ elements: [Element]) throws where Element: BitwiseCopyable {
    try elements.withUnsafeBytes { bytes in
      digest.update(bytes)
      try writer.write(bytes)
    }
  }

  func hexDigest() -> String { digest.hexDigest() }
}
