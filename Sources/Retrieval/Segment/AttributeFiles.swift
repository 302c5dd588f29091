import Formats
import Vectors

/// The files of the attributes of a segment, numbered as the manifest lists them.
enum AttributeFiles {
  /// What the manifest says of the columns.
  static func entries(_ columns: [AttributeColumn]) -> [IndexManifest.Attribute]? {
    if columns.isEmpty { return nil }
    return columns.map { column in
      var bytes: Int?
      if case .texts(let texts) = column.values { bytes = texts.bytes.count }
      return IndexManifest.Attribute(
        name: column.name, kind: column.kind, values: column.valueCount, items: column.itemCount,
        entries: column.kind == .list ? column.positions.count : nil, textBytes: bytes)
    }
  }

  static func write(_ columns: [AttributeColumn], in directory: StagedDirectory) throws -> [String: IndexManifest.File]
  {
    var files: [String: IndexManifest.File] = [:]
    func write<Element: ArrayElement>(_ name: String, _ elements: Buffer<Element>) throws {
      files[name] = try ArrayFile.write(elements, shape: [elements.count], to: name, in: directory)
    }
    for (index, column) in columns.enumerated() {
      try write(SegmentFile.attributeStarts(index), column.starts)
      try write(SegmentFile.attributePositions(index), column.positions)
      switch column.values {
      case .texts(let texts):
        try write(SegmentFile.attributeOffsets(index), texts.offsets)
        try write(SegmentFile.attributeBytes(index), texts.bytes)
      case .integers(let numbers): try write(SegmentFile.attributeValues(index), numbers)
      case .floats(let numbers): try write(SegmentFile.attributeValues(index), numbers)
      }
    }
    return files
  }

  /// Maps the columns, and checks that no number in them points outside an array.
  static func map(_ folder: SegmentFolder, _ segment: IndexManifest.Segment) throws -> [AttributeColumn] {
    try (segment.attributes ?? []).enumerated().map { index, entry in
      func map<Element: ArrayElement>(_ name: String, _ type: Element.Type, _ count: Int) throws -> Buffer<Element> {
        try folder.array(name, type, shape: [count])
      }
      func require(_ holds: Bool, _ name: String, _ expected: String) throws {
        guard holds else { throw folder.damaged(name, expected) }
      }
      let starts = try map(SegmentFile.attributeStarts(index), UInt32.self, entry.values + 1)
      let entries = entry.entries ?? entry.items
      let positions = try map(SegmentFile.attributePositions(index), UInt32.self, entries)
      try require(
        starts.withUnsafeBufferPointer { starts in
          starts.first == 0 && starts.last.map(Int.init) == entries
            && zip(starts, starts.dropFirst()).allSatisfy { $0 <= $1 }
        }, SegmentFile.attributeStarts(index), "ascending numbers from 0 to \(entries)")
      try require(
        positions.withUnsafeBufferPointer { $0.allSatisfy { $0 < segment.count } },
        SegmentFile.attributePositions(index),
        "positions below \(segment.count)")
      let values: AttributeColumn.Values
      switch entry.kind {
      case .string, .list:
        guard
          let texts = StringColumn(
            offsets: try map(SegmentFile.attributeOffsets(index), UInt64.self, entry.values + 1),
            bytes: try map(SegmentFile.attributeBytes(index), UInt8.self, entry.textBytes ?? 0))
        else { throw folder.damaged(SegmentFile.attributeOffsets(index), "ascending offsets") }
        values = .texts(texts)
      case .float: values = .floats(try map(SegmentFile.attributeValues(index), Double.self, entry.values))
      case .integer, .boolean, .time:
        values = .integers(try map(SegmentFile.attributeValues(index), Int64.self, entry.values))
      }
      return AttributeColumn(
        name: entry.name, kind: entry.kind, values: values, starts: starts, positions: positions,
        itemCount: entry.items)
    }
  }

  /// Checks what a filter relies on: values in order, no item with two of them, and no item twice under one element of
  /// its list.
  static func verify(_ columns: [AttributeColumn], count: Int, folder: SegmentFolder) throws {
    for (index, column) in columns.enumerated() {
      func require(_ holds: Bool, _ name: String, _ expected: String) throws {
        guard holds else { throw folder.damaged(name, expected) }
      }
      let places = 0..<max(column.valueCount - 1, 0)
      switch column.values {
      case .texts(let texts):
        try require(
          places.allSatisfy { place in
            texts.withUTF8(at: place) { a in texts.withUTF8(at: place + 1) { AttributeColumn.order(a, $0) < 0 } }
          }, SegmentFile.attributeBytes(index), "texts in ascending order")
      case .integers(let numbers):
        try require(
          places.allSatisfy { numbers[$0] < numbers[$0 + 1] }, SegmentFile.attributeValues(index),
          "numbers in ascending order")
      case .floats(let numbers):
        try require(
          places.allSatisfy { numbers[$0] < numbers[$0 + 1] }, SegmentFile.attributeValues(index),
          "numbers in ascending order")
      }
      let mask = column.mask(of: [0..<column.valueCount], capacity: count)
      try require(
        mask.count == column.itemCount, SegmentFile.attributePositions(index),
        "the positions of \(column.itemCount) items")
      let ascends = column.positions.withUnsafeBufferPointer { positions in
        (0..<column.valueCount).allSatisfy { value in
          let run = positions[Int(column.starts[value])..<Int(column.starts[value + 1])]
          return zip(run, run.dropFirst()).allSatisfy { $0 < $1 }
        }
      }
      try require(ascends, SegmentFile.attributePositions(index), "ascending positions of each value")
    }
  }
}
