import Vectors

extension CodeTrie {
  /// The trie of the items of a mask alone: the IDs that a filter leaves.
  ///
  /// Its rows number the items that are left, in the order of their rows here. O(nodes + items).
  package func filtered(by mask: ItemMask) -> CodeTrie {
    precondition(mask.capacity == count, "a mask of this trie's positions")
    let kept = mask.positions()
    // Rows of the items that are left, so that ranks among them are their new numbers.
    let left = ItemMask(capacity: positions.count, positions: kept.lazy.map { Int(rows[$0]) })
    let newRows = kept.map { UInt32(truncatingIfNeeded: left.count(in: 0..<Int(rows[$0]))) }
    let length = levelSizes.count
    let newCodes = Buffer<UInt16>(count: kept.count * length) { target in
      codes.withUnsafeBufferPointer { codes in
        for (place, position) in kept.enumerated() {
          for level in 0..<length { target[place * length + level] = codes[position * length + level] }
        }
      }
    }
    let newPositions = Buffer<UInt32>(count: kept.count) { target in
      for (position, row) in newRows.enumerated() { target[Int(row)] = UInt32(truncatingIfNeeded: position) }
    }
    return CodeTrie(
      levelSizes: levelSizes, codes: newCodes, rows: Buffer(newRows), positions: newPositions,
      levels: filteredLevels(by: mask))
  }

  private func filteredLevels(by mask: ItemMask) -> [Level] {
    // From the last level up: how many nodes of the level below are left before each.
    var below: [UInt32] = []
    var made: [Level] = []
    for level in levels.indices.reversed() {
      let old = levels[level]
      var codes: [UInt16] = []
      var starts: [UInt32] = []
      var children: [UInt32] = []
      var before: [UInt32] = [0]
      before.reserveCapacity(old.count + 1)
      var items = 0
      for node in 0..<old.count {
        let left = mask.count(in: self.items(of: Node(level: level, index: node)))
        if left > 0 {
          codes.append(old.codes[node])
          starts.append(UInt32(truncatingIfNeeded: items))
          if !below.isEmpty { children.append(below[Int(old.children[node])]) }
          items += left
        }
        before.append(UInt32(truncatingIfNeeded: codes.count))
      }
      starts.append(UInt32(truncatingIfNeeded: items))
      if let last = below.last { children.append(last) }
      made.append(Level(codes: Buffer(codes), starts: Buffer(starts), children: Buffer(children)))
      below = before
    }
    return made.reversed()
  }
}
