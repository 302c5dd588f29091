import Vectors

/// Items that an update deletes, by segment.
struct Deletions {
  private let index: SemanticIndex
  /// Positions, of each segment.
  private var positions: [Set<Int>]

  init(_ index: SemanticIndex) {
    self.index = index
    positions = Array(repeating: [], count: index.segments.count)
  }

  var isEmpty: Bool { positions.allSatisfy(\.isEmpty) }

  /// Deletes the items with these ids; an id that comes twice counts once.
  ///
  /// - Throws: `InputError` naming the first id that no item has.
  mutating func add(_ ids: [String], ignoresUnknown: Bool, _ report: inout UpdateReport) throws {
    for id in ids {
      guard let (segment, position) = place(of: id) else {
        guard ignoresUnknown else {
          throw InputError(
            .mismatch, index.path, expected: "an item with the id \"\(id)\"", found: "none",
            remedy: "leave it out, or pass over what is unknown (--ignore-unknown)")
        }
        report.unknown += 1
        continue
      }
      if positions[segment].insert(position).inserted { report.deleted += 1 }
    }
  }

  /// Deletes the items that new items of the same ids replace.
  ///
  /// - Throws: `InputError` naming the first id that an item has, unless replacing is allowed.
  mutating func replace(_ ids: StringColumn, isAllowed: Bool, _ report: inout UpdateReport) throws {
    for row in ids.indices {
      // An item that the same update deletes is gone already.
      guard let (segment, position) = place(of: ids[row]), !positions[segment].contains(position) else {
        report.added += 1
        continue
      }
      guard isAllowed else {
        throw InputError(
          .mismatch, "ids", at: "row \(row)", expected: "ids that no item of \(index.path) has",
          found: "\"\(ids[row])\"", remedy: "leave it out, or let it take the other's place (--replace)")
      }
      positions[segment].insert(position)
      report.replaced += 1
    }
  }

  /// Writes the marks of segments that lose items.
  func write(to directory: IndexDirectory, _ manifest: inout IndexManifest) throws {
    for (number, positions) in positions.enumerated() where !positions.isEmpty {
      let segment = index.segments[number]
      let lost = ItemMask(capacity: segment.count, positions: positions)
      let deleted = segment.live.map { $0.inverted.union(lost) } ?? lost
      // A segment without items leaves the manifest, and its marks with it, unless it is the only one.
      manifest.segments[number].deleted = try directory.add(deleted)
    }
  }

  private func place(of id: String) -> (segment: Int, position: Int)? {
    for number in index.segments.indices.reversed() {
      if let position = index.segments[number].position(ofID: id) { return (number, position) }
    }
    return nil
  }
}
