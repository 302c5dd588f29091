import Tokenizers
import Vectors

/// Histories as one flat run of integers for each part, a document after another, each closed by the end token.
///
/// A training document is a user's training history, cut into pieces of at most H + 1 items; one of validation or test is
/// a target with the H items before it. `train.bin`, `val.bin` and `test.bin` hold uint16, or, where the vocabulary is
/// 65,500 or more, four bytes an id, which read as uint32 and int32 alike.
///
/// Each has an `.idx` in Megatron-LM's indexed-dataset format, version 1: `MMIDIDX` and two zero bytes, the version as
/// 8 bytes, the type of elements as one (8: uint16, 4: int32), the numbers of sequences and of document boundaries as
/// 8 bytes each, then lengths (int32), byte offsets (int64) and boundaries (int64, from 0), all little-endian. One
/// sequence is one document.
struct TokenStream {
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
    for (split, rows) in windows where !rows.isEmpty || split == .train {
      let documents = split == .train ? trainingDocuments() : rows.map { Int($0.first)..<Int($0.target) + 1 }
      let stem = split == .valid ? "val" : split.rawValue
      var lengths: [Int32] = []
      try directory.write(stem + ".bin", split: split) { writer in
        var ids: [Int32] = []
        for document in documents {
          let first = ids.count
          for event in document { append(event, to: &ids) }
          ids.append(Int32(integers.endID))
          lengths.append(Int32(ids.count - first))
          if ids.count > 1 << 18 { try flush(&ids, to: writer) }
        }
        try flush(&ids, to: writer)
        return documents.count
      }
      try directory.write(stem + ".idx", split: split) { writer in
        try writeIndex(lengths, to: writer)
        return documents.count
      }
    }
  }

  private func trainingDocuments() -> [Range<Int>] {
    let size = options.maximumHistory + 1
    return histories.users.indices.flatMap { user in
      let all = histories.range(of: user, .train)
      return stride(from: all.lowerBound, to: all.upperBound, by: size).map { $0..<min($0 + size, all.upperBound) }
    }
  }

  private func append(_ event: Int, to ids: inout [Int32]) {
    let item = Int(histories.items[event])
    let first = item * items.codes.levels
    for level in 0..<(items.lengths.map { Int($0[item]) } ?? items.codes.levels) {
      ids.append(integers.id(level: level, code: items.codes.values[first + level]))
    }
  }

  private func flush(_ ids: inout [Int32], to writer: HashingWriter) throws {
    if integers.isNarrow {
      try writer.write(ids.map { UInt16(truncatingIfNeeded: $0).littleEndian })
    } else {
      try writer.write(ids.map(\.littleEndian))
    }
    ids.removeAll(keepingCapacity: true)
  }

  private func writeIndex(_ lengths: [Int32], to writer: HashingWriter) throws {
    try writer.write(Array("MMIDIDX".utf8) + [0, 0])
    try writer.write([UInt64(1).littleEndian])
    try writer.write([UInt8(integers.isNarrow ? 8 : 4)])
    try writer.write([UInt64(lengths.count).littleEndian, UInt64(lengths.count + 1).littleEndian])
    try writer.write(lengths.map(\.littleEndian))
    let width = Int64(integers.isNarrow ? 2 : 4)
    var offset: Int64 = 0
    try writer.write(
      lengths.map { length in
        defer { offset += Int64(length) * width }
        return offset.littleEndian
      })
    try writer.write((0...Int64(lengths.count)).map(\.littleEndian))
  }
}
