import Vectors

extension SegmentArrays {
  /// Checks, at every opening, that no number of the segment points outside the array it is an index of.
  func checkBounds(folder: SegmentFolder, pool: ThreadPool) throws {
    var checks: [() throws -> Void] = []
    func add(_ name: String, _ expected: String, _ holds: @escaping () -> Bool) {
      checks.append {
        guard holds() else { throw folder.damaged(name, expected) }
      }
    }
    let count = trie.count
    let sizes = trie.levelSizes
    // Cut, so that the largest arrays share the threads.
    let piece = 1 << 18
    for start in stride(from: 0, to: count, by: piece) {
      let range = start..<min(count, start + piece)
      let codes = trie.codes[slice: range.lowerBound * sizes.count..<range.upperBound * sizes.count]
      add(SegmentFile.codes, "codes within their codebooks") { Self.areBelow(codes, sizes) }
      let rows = trie.rows[slice: range]
      add(SegmentFile.rows, "rows below \(count)") { Self.areBelow(rows, count) }
      let positions = trie.positions[slice: range]
      add(SegmentFile.positions, "positions below \(count)") { Self.areBelow(positions, count) }
    }
    for (level, nodes) in trie.levels.enumerated() {
      add(SegmentFile.nodeCodes(level), "codes below \(sizes[level])") { Self.areBelow(nodes.codes, [sizes[level]]) }
      add(SegmentFile.starts(level), "ascending positions from 0 to \(count)") {
        Self.divides(nodes.starts, count, strictly: true)
      }
      if level + 1 < trie.levels.count {
        let below = trie.levels[level + 1].count
        add(SegmentFile.children(level), "ascending nodes from 0 to \(below)") {
          Self.divides(nodes.children, below, strictly: true)
        }
      }
      let list = lists.levels[level]
      add(SegmentFile.listStarts(level), "ascending numbers from 0 to \(nodes.count)") {
        Self.divides(list.starts, nodes.count, strictly: false)
      }
      add(SegmentFile.listNodes(level), "nodes below \(nodes.count)") { Self.areBelow(list.nodes, nodes.count) }
    }
    if let ids {
      add(SegmentFile.idTable, "rows below \(count)") {
        // The mark of an empty slot plus one is 0, and rows shift up by one: one comparison for both.
        ids.table.withUnsafeBufferPointer { slots in
          var largest: UInt32 = 0
          for slot in slots { largest = max(largest, slot &+ 1) }
          return Int(largest) <= count
        }
      }
    }
    try pool.run(tasks: checks.count, throwing: { try checks[$0]() })
  }

  /// Cells that are not empty, and hold no item more than twice.
  func checkBounds(ofSketchStarts starts: Buffer<UInt32>, folder: SegmentFolder) throws {
    let total = Int(starts[starts.count - 1])
    guard Self.divides(starts, total, strictly: true), total <= 2 * trie.count else {
      throw folder.damaged(SegmentFile.sketchStarts, "ascending numbers from 0 to \(2 * trie.count) at most")
    }
  }

  /// Needs a trie whose bounds have been checked.
  func checkBounds(of blocks: SketchBlocks, _ layout: SketchLayout, folder: SegmentFolder, pool: ThreadPool) throws {
    let bound = max(trie.count, 1)
    let piece = 1 << 13
    try blocks.bytes.withUnsafeBufferPointer { bytes in
      let bytes = UnsafeRawBufferPointer(bytes)
      try pool.run(
        tasks: (layout.leafCount + piece - 1) / piece,
        throwing: { task in
          var largest: UInt32 = 0
          for leaf in task * piece..<min(layout.leafCount, (task + 1) * piece) {
            let first = blocks.form.position(leaf * SketchLayout.blockSize)
            for place in 0..<SketchLayout.blockSize {
              largest = max(largest, bytes.load(fromByteOffset: first + 4 * place, as: UInt32.self))
            }
          }
          guard Int(largest) < bound else {
            throw folder.damaged(SegmentFile.sketchBlocks, "positions below \(bound)", found: "\(largest)")
          }
        })
    }
  }

  private static func areBelow(_ values: Buffer<UInt32>, _ bound: Int) -> Bool {
    values.withUnsafeBufferPointer { values in
      var largest: UInt32 = 0
      for value in values { largest = max(largest, value) }
      return values.isEmpty || Int(largest) < bound
    }
  }

  /// Codes of items, level after level, each below its level's bound.
  private static func areBelow(_ values: Buffer<UInt16>, _ bounds: [Int]) -> Bool {
    values.withUnsafeBufferPointer { values in
      guard Set(bounds).count > 1 else {
        var largest: UInt16 = 0
        for value in values { largest = max(largest, value) }
        return values.isEmpty || Int(largest) < bounds[0]
      }
      var fits = true
      for index in values.indices { fits = fits && Int(values[index]) < bounds[index % bounds.count] }
      return fits
    }
  }

  /// Whether `starts` cut `0..<total` into ranges, none of them empty when `strictly`.
  private static func divides(_ starts: Buffer<UInt32>, _ total: Int, strictly: Bool) -> Bool {
    starts.withUnsafeBufferPointer { starts in
      guard let first = starts.first, let last = starts.last, first == 0, Int(last) == total else { return false }
      var descends = false
      if strictly {
        for index in 1..<max(starts.count, 1) { descends = descends || starts[index - 1] >= starts[index] }
      } else {
        for index in 1..<max(starts.count, 1) { descends = descends || starts[index - 1] > starts[index] }
      }
      return !descends
    }
  }
}
