package import Tokenizers
package import Vectors

extension CodeTrie {
  /// Number of items per piece of a parallel pass. A constant, so that nothing depends on the number of threads.
  private static let piece = 1 << 15

  /// Sorts the items by code and finds the nodes of every level: linear in items × levels.
  ///
  /// - Throws: `InputError` when there are more items than positions can number.
  package init(_ source: Codes, pool: ThreadPool = ThreadPool()) throws {
    guard source.count <= Self.maximumCount else {
      throw InputError(
        .unsupported, "codes", expected: "at most \(Self.maximumCount) items in one index", found: "\(source.count)",
        remedy: "split the catalogue")
    }
    self.init(ordered: source, pool)
  }

  /// Sorts items that have row numbers of their own, ascending, below `rowLimit`; rows between them have no position.
  init(sorting source: Codes, rows: [UInt32], rowLimit: Int, pool: ThreadPool) {
    let dense = CodeTrie(ordered: source, pool)
    self.init(
      levelSizes: dense.levelSizes, codes: dense.codes,
      rows: Buffer(count: dense.count) { target in
        for position in target.indices { target[position] = rows[Int(dense.rows[position])] }
      },
      positions: Buffer(count: rowLimit) { target in
        target.update(repeating: .max)
        for (item, row) in rows.enumerated() { target[Int(row)] = dense.positions[item] }
      }, levels: dense.levels)
  }

  private init(ordered source: Codes, _ pool: ThreadPool) {
    let rows = CodeOrder.rows(sorting: source, pool: pool)
    let codes = Self.gather(source, rows, pool)
    let positions = Self.inverted(rows, pool)
    self.init(
      levelSizes: source.levelSizes, codes: codes, rows: rows, positions: positions,
      levels: Self.levels(of: codes, count: source.count, levels: source.levels, pool))
  }

  private static func gather(_ source: Codes, _ rows: Buffer<UInt32>, _ pool: ThreadPool) -> Buffer<UInt16> {
    let levels = source.levels
    return Buffer(count: source.values.count) { target in
      source.values.withUnsafeBufferPointer { values in
        rows.withUnsafeBufferPointer { rows in
          pool.run(over: rows.count, inPiecesOf: piece) { range in
            for position in range {
              let row = Int(rows[position])
              for level in 0..<levels { target[position * levels + level] = values[row * levels + level] }
            }
          }
        }
      }
    }
  }

  private static func inverted(_ rows: Buffer<UInt32>, _ pool: ThreadPool) -> Buffer<UInt32> {
    Buffer(count: rows.count) { positions in
      rows.withUnsafeBufferPointer { rows in
        pool.run(over: rows.count, inPiecesOf: piece) { range in
          for position in range { positions[Int(rows[position])] = UInt32(truncatingIfNeeded: position) }
        }
      }
    }
  }

  /// The nodes of sorted codes. An item starts a node at every level from the first at which it differs from the item
  /// before it; two passes, one that counts and one that writes.
  private static func levels(of codes: Buffer<UInt16>, count: Int, levels: Int, _ pool: ThreadPool) -> [Level] {
    codes.withUnsafeBufferPointer { codes in
      let pieces = (count + piece - 1) / piece
      // before[p * levels + l]: nodes of level l that start in the pieces before p.
      var before = [Int](repeating: 0, count: (pieces + 1) * levels)
      before.withUnsafeMutableBufferPointer { before in
        pool.run(over: count, inPiecesOf: piece) { range in
          let base = (range.lowerBound / piece + 1) * levels
          for position in range {
            for level in firstDifference(codes, position, levels)..<levels { before[base + level] += 1 }
          }
        }
      }
      for index in levels..<before.count { before[index] += before[index - levels] }
      let totals = Array(before.suffix(levels))

      var nodeCodes: [UnsafeMutableBufferPointer<UInt16>] = []
      var starts: [UnsafeMutableBufferPointer<UInt32>] = []
      var children: [UnsafeMutableBufferPointer<UInt32>] = []
      let storage = totals.indices.map { level in
        (
          Buffer<UInt16>(count: totals[level]) { nodeCodes.append($0) },
          Buffer<UInt32>(count: totals[level] + 1) { starts.append($0) },
          Buffer<UInt32>(count: level + 1 < levels ? totals[level] + 1 : 0) { children.append($0) }
        )
      }
      // The buffers outlive these writes, and nobody else has them yet.
      withExtendedLifetime(storage) {
        pool.run(over: count, inPiecesOf: piece) { range in
          var next = Array(before[range.lowerBound / piece * levels..<(range.lowerBound / piece + 1) * levels])
          for position in range {
            for level in firstDifference(codes, position, levels)..<levels {
              let node = next[level]
              nodeCodes[level][node] = codes[position * levels + level]
              starts[level][node] = UInt32(truncatingIfNeeded: position)
              if level + 1 < levels { children[level][node] = UInt32(truncatingIfNeeded: next[level + 1]) }
              next[level] = node + 1
            }
          }
        }
        for level in 0..<levels {
          starts[level][totals[level]] = UInt32(truncatingIfNeeded: count)
          if level + 1 < levels { children[level][totals[level]] = UInt32(truncatingIfNeeded: totals[level + 1]) }
        }
      }
      return storage.map { Level(codes: $0.0, starts: $0.1, children: $0.2) }
    }
  }

  /// The first level at which the item at `position` differs from the one before it; `levels` when it does not.
  private static func firstDifference(_ codes: UnsafeBufferPointer<UInt16>, _ position: Int, _ levels: Int) -> Int {
    guard position > 0 else { return 0 }
    let start = position * levels
    var level = 0
    while level < levels && codes[start + level] == codes[start - levels + level] { level += 1 }
    return level
  }
}
