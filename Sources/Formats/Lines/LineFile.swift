package import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file of lines, plain or gzip, that is read once from its start to its end by blocks of whole lines.
///
/// Blocks are parsed on all threads of a pool, the next ones are read meanwhile, and results come in the order of the
/// file. Memory is that of a few blocks, whatever the size of the file.
package struct LineFile: Sendable {
  /// What was read of a file.
  package struct Account: Hashable, Sendable, Codable {
    package var path: String
    /// Of the file itself, packed where it is.
    package var bytes: Int
    package var sha256: String
    package var lines: Int

    package init(path: String, bytes: Int, sha256: String, lines: Int) {
      self.path = path
      self.bytes = bytes
      self.sha256 = sha256
      self.lines = lines
    }
  }

  package let path: String
  /// The size that blocks have, but for a longer line.
  package var blockBytes = 1 << 20
  /// Whether the first line is a header, which was read before.
  package var skipsFirstLine = false
  /// A longer line is no line of data: a file of something else, without line ends.
  package static let longestLine = 1 << 28

  package init(_ path: String) { self.path = path }

  /// The first line that is not blank, without a byte order mark; nil where there is none.
  package func firstLine() throws -> [UInt8]? {
    var found: [UInt8]?
    try firstLines { line, _ in
      if LineBlock.isData(line) { found = [UInt8](line) }
      return found == nil
    }
    return found
  }

  /// Calls `body` with lines and their numbers (from 0) until it has seen enough and returns false.
  package func firstLines(_ body: (UnsafeRawBufferPointer, Int) throws -> Bool) throws {
    let reader = try BlockReader(self)
    var first = 0
    var goesOn = true
    while goesOn, let block = try reader.next() {
      first += try block.forEachLine { number, line in
        if goesOn { goesOn = try body(line, first + number) }
      }
    }
  }

  /// Reads the whole file.
  ///
  /// - Parameters:
  ///   - progress: told how many bytes of the file itself have been read.
  ///   - parse: makes something of a block, on any thread.
  ///   - merge: takes what `parse` made, in the order of the file, with the number (from 1) of the block's first line.
  /// - Throws: what `merge` throws; `InputError` when the file cannot be read, is damaged, or has a line beyond
  ///   `longestLine`. What stands before the damage has been merged by then.
  package func read<Parsed>(
    pool: ThreadPool, progress: (Int) -> Void = { _ in }, parse: (LineBlock) -> (parsed: Parsed, lines: Int),
    merge: (Parsed, _ firstLine: Int) throws -> Void
  ) throws -> Account {
    let reader = try BlockReader(self)
    var line = 1
    func batch() -> Result<[LineBlock], any Error> {
      Result {
        var blocks: [LineBlock] = []
        while blocks.count < pool.threads * 2, let block = try reader.next() { blocks.append(block) }
        return blocks
      }
    }
    var current = try batch().get()
    while !current.isEmpty {
      // What has been read when the next blocks fail is not lost: it is merged first.
      let (next, parsed) = try pool.beside(batch) { Self.parsed(current, pool, parse) }
      for (result, lines) in parsed {
        try merge(result, line)
        line += lines
      }
      progress(reader.source.position)
      current = try next.get()
    }
    return Account(path: path, bytes: reader.source.position, sha256: reader.source.hexDigest(), lines: line - 1)
  }

  private static func parsed<Parsed>(
    _ blocks: [LineBlock], _ pool: ThreadPool, _ parse: (LineBlock) -> (parsed: Parsed, lines: Int)
  ) -> [(Parsed, Int)] {
    [(Parsed, Int)](unsafeUninitializedCapacity: blocks.count) { results, count in
      let results = results
      pool.run(tasks: blocks.count) { task in
        (results.baseAddress.unsafelyUnwrapped + task).initialize(to: parse(blocks[task]))
      }
      count = blocks.count
    }
  }
}

/// Cuts a file into blocks of whole lines.
private final class BlockReader {
  let source: ByteSource
  private let blockBytes: Int
  /// The beginning of a line whose end has not been read.
  private var rest: [UInt8] = []
  private var isFirst = true
  private var skipsFirstLine: Bool
  private var isAtEnd = false

  init(_ file: LineFile) throws {
    source = try ByteSource(path: file.path)
    // A byte order mark is in the first block, whole.
    blockBytes = max(3, file.blockBytes)
    skipsFirstLine = file.skipsFirstLine
  }

  /// nil at the end.
  func next() throws -> LineBlock? {
    while !isAtEnd {
      let kept = rest.count
      guard kept <= LineFile.longestLine else {
        throw InputError(
          .malformed, source.path, expected: "lines of at most \(LineFile.longestLine) bytes", found: "a longer one")
      }
      // A long line is not copied for each block that it reaches into: what is read grows with it.
      let wanted = max(blockBytes, kept)
      var added = 0
      var block = try [UInt8](unsafeUninitializedCapacity: kept + wanted) { target, count in
        _ = target[..<kept].update(fromContentsOf: rest)
        count = kept
        added = try source.read(
          into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: target[kept...])))
        count += added
      }
      isAtEnd = added < wanted
      if isFirst {
        isFirst = false
        if block.starts(with: [0xEF, 0xBB, 0xBF]) { block.removeFirst(3) }
      }
      if skipsFirstLine, let end = block.withUnsafeBytes(\.firstNewline) ?? (isAtEnd ? block.count : nil) {
        // Emptied, not removed: lines keep their numbers.
        block.removeFirst(end)
        skipsFirstLine = false
      }
      if isAtEnd { return block.isEmpty ? nil : LineBlock(block) }
      if let last = block.withUnsafeBytes(\.lastNewline) {
        rest = Array(block[(last + 1)...])
        block.removeLast(block.count - last - 1)
        return LineBlock(block)
      }
      rest = block
    }
    return nil
  }
}

extension UnsafeRawBufferPointer {
  package var firstNewline: Int? {
    guard let baseAddress, let found = memchr(baseAddress, 0x0A, count) else { return nil }
    return UnsafeRawPointer(found) - baseAddress
  }

  fileprivate var lastNewline: Int? { lastIndex(of: 0x0A) }
}
