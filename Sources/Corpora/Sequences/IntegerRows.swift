import Formats
import Interactions
import Tokenizers
import Vectors

/// Windows as padded integer arrays in one `.npz`:
///
/// - `train_history` int32 [n, H·L]: the items before the target, oldest first, then padding;
/// - `train_lengths` int32 [n]: the number of those items;
/// - `train_targets` int32 [n, L], `train_users` int32 [n]: the user's place in `users.json`;
/// - the same for `valid` and `test`, and `level_offsets` int32 [L], `pad_id`, `end_id`, `vocabulary_size` int32 [1].
struct IntegerRows {
  private let histories: Histories
  private let items: ItemCodes
  private let integers: IntegerVocabulary
  private let options: WindowOptions

  init(_ histories: Histories, _ items: ItemCodes, _ integers: IntegerVocabulary, _ options: WindowOptions) {
    self.histories = histories
    self.items = items
    self.integers = integers
    self.options = options
  }

  func write(_ windows: [(split: Split, rows: [Window])], into directory: CorpusDirectory) throws {
    guard items.lengths == nil else {
      throw InputError(
        .unsupported, items.source, expected: "IDs of one length", found: "IDs of several",
        remedy: "write .bin, or resolve collisions with a strategy that gives every ID the same levels")
    }
    let levels = items.codes.levels
    let width = options.maximumHistory * levels
    var archive = NPZWriter()
    for (split, rows) in windows {
      let name = split.rawValue
      let (cells, overflow) = rows.count.multipliedReportingOverflow(by: width)
      guard !overflow, cells <= 1 << 34 else {
        throw InputError(
          .unsupported, directory.staged.source, expected: "arrays of at most 2³⁴ numbers",
          found: "\(rows.count) rows of \(width)", remedy: "write .bin, or shorter histories")
      }
      let history = Buffer<Int32>(count: cells) { target in
        target.update(repeating: Int32(integers.padID))
        directory.pool.run(over: rows.count, inPiecesOf: 4096) { piece in
          for row in piece {
            var column = row * width
            for event in rows[row].history { put(event, &column, target) }
          }
        }
      }
      let targets = Buffer<Int32>(count: rows.count * levels) { target in
        for row in rows.indices {
          var column = row * levels
          put(Int(rows[row].target), &column, target)
        }
      }
      archive.add("\(name)_history", history, shape: [rows.count, width])
      archive.add("\(name)_lengths", Buffer(rows.map { Int32($0.count) }), shape: [rows.count])
      archive.add("\(name)_targets", targets, shape: [rows.count, levels])
      archive.add("\(name)_users", Buffer(rows.map { Int32(bitPattern: $0.user) }), shape: [rows.count])
    }
    archive.add("level_offsets", Buffer(integers.levelOffsets.map { Int32($0) }), shape: [levels])
    for (name, value) in [
      ("pad_id", integers.padID), ("end_id", integers.endID), ("vocabulary_size", integers.size),
    ] { archive.add(name, Buffer([Int32(value)]), shape: [1]) }
    try archive.write(to: directory.staged.file("sequences.npz"))
    try directory.record("sequences.npz", rows: windows.reduce(0) { $0 + $1.rows.count })
    try Identifiers.write(histories.users, json: directory.staged.file("users.json"))
    try directory.record("users.json", rows: histories.users.count)
  }

  private func put(_ event: Int, _ column: inout Int, _ target: UnsafeMutableBufferPointer<Int32>) {
    let first = Int(histories.items[event]) * items.codes.levels
    for level in 0..<items.codes.levels {
      target[column] = integers.id(level: level, code: items.codes.values[first + level])
      column += 1
    }
  }
}
