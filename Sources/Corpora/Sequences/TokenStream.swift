import Interactions
import Tokenizers
import Vectors

/// Histories as one flat run of integers for each part, one document after another, each closed by the end token.
///
/// A document is a user's history of one part, cut into pieces of at most H + 1 items. Documents of validation and test
/// hold the held-out items alone. With `HeldOutDocuments.history` each held-out item stands behind the H items before
/// it, with a `.mask` beside: one byte per token, 1 where the token is of the held-out item or ends the document.
/// `train.bin`, `val.bin` and `test.bin` hold uint16 or, where the vocabulary is 65,500 or more, four bytes per id,
/// which read as uint32 and int32 alike.
///
/// Each has an `.idx` in Megatron-LM's indexed-dataset format, version 1: `MMIDIDX` and two zero bytes, the version as
/// 8 bytes, the type of elements as one (8: uint16, 4: int32), the numbers of sequences and of document boundaries as 8
/// bytes each, then lengths (int32), byte offsets (int64) and boundaries (int64, from 0), all little-endian. One
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

  /// - Parameter heldOut: windows of validation and test, where their documents are to hold the items before targets;
  ///   otherwise nil.
  func write(_ heldOut: [Split: [Window]]?, audit: LeakageAudit?, into directory: CorpusDirectory) throws {
    for split in Split.allCases {
      let documents = split == .train ? nil : heldOut?[split]
      let rows = documents ?? histories.documents(split, options, fewestItems: 1)
      guard !rows.isEmpty || split == .train else { continue }
      if split == .train, let audit {
        var report = AuditReport()
        try audit.check(windows: rows, report: &report)
        directory.manifest.audit = report
      }
      let stem = split == .valid ? "val" : split.rawValue
      let lengths = try writeTokens(rows, stem, split, into: directory)
      try directory.write(stem + ".idx", split: split) { writer in
        try writeIndex(lengths, to: writer)
        return rows.count
      }
      guard split != .train else { continue }
      try tell(rows, stem, split, hasContext: documents != nil, lengths, into: directory)
    }
  }

  /// - Returns: the tokens of each document, its end included.
  private func writeTokens(
    _ documents: [Window], _ stem: String, _ split: Split, into directory: CorpusDirectory
  ) throws -> [Int32] {
    var lengths: [Int32] = []
    try directory.write(stem + ".bin", split: split) { writer in
      var ids: [Int32] = []
      for document in documents {
        let first = ids.count
        for event in Int(document.first)...Int(document.target) { append(event, to: &ids) }
        ids.append(Int32(integers.endID))
        lengths.append(Int32(ids.count - first))
        if ids.count > 1 << 18 { try flush(&ids, to: writer) }
      }
      try flush(&ids, to: writer)
      return documents.count
    }
    return lengths
  }

  /// Says in the manifest how much of a file is held out and, where not all of it is, which file masks its tokens.
  private func tell(
    _ documents: [Window], _ stem: String, _ split: Split, hasContext: Bool, _ lengths: [Int32],
    into directory: CorpusDirectory
  ) throws {
    var report = HeldOutReport(file: stem + ".bin", hasContext ? .history : .targets)
    var context: [Int] = []
    if hasContext {
      context = documents.map { document in document.history.reduce(0) { $0 + length(ofEvent: $1) } }
      report.mask = stem + ".mask"
      try directory.write(stem + ".mask", split: split) { writer in
        for (length, context) in zip(lengths, context) {
          try writer.write(
            [UInt8](repeating: 0, count: context) + [UInt8](repeating: 1, count: Int(length) - context))
        }
        return documents.count
      }
      report.contextItems = documents.reduce(0) { $0 + $1.count }
      report.targetItems = documents.count
    } else {
      report.targetItems = documents.reduce(0) { $0 + $1.count + 1 }
    }
    let tokens = lengths.reduce(0) { $0 + Int($1) }
    let contextTokens = context.reduce(0, +)
    report.contextTokens = contextTokens
    report.targetTokens = tokens - contextTokens
    directory.manifest.heldOut = (directory.manifest.heldOut ?? []) + [report]
  }

  private func length(ofEvent event: Int) -> Int {
    items.lengths.map { Int($0[Int(histories.items[event])]) } ?? items.codes.levels
  }

  private func append(_ event: Int, to ids: inout [Int32]) {
    let item = Int(histories.items[event])
    let first = item * items.codes.levels
    for level in 0..<length(ofEvent: event) {
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
