import Foundation
import Tokenizers
public import Vectors

extension SemanticIndex {
  /// Checks everything: the digest of every file; every array, against the one that indexing the codes again gives;
  /// that no two items that are not deleted have one id; and that nothing else stands in the directory. O(size of the
  /// index).
  ///
  /// It checks the state that is open, in the files that it has mapped, so writers at work do not disturb it. The
  /// digests of the manifest and of the marks of deleted items were checked when they were read.
  ///
  /// - Returns: what verification found of an index that is whole.
  /// - Throws: `InputError` naming the first file that is wrong.
  @discardableResult
  public func verify(pool: ThreadPool = ThreadPool()) throws -> IndexCheck {
    if let model {
      for (name, file) in manifest.modelFiles ?? [:] {
        let found = model.folder.files[name].map { SHA256.hexDigest(of: $0) }
        guard found == file.sha256 else {
          throw InputError(
            .malformed, model.folder.path + "/" + name, expected: "SHA-256 \(file.sha256)", found: found,
            remedy: "build the index again")
        }
      }
      _ = try model.open()
    }
    for (entry, segment) in zip(manifest.segments, segments) {
      // The marks of deleted items are not among them: their digest was checked when they were read.
      let folder = segment.folder
      let files = entry.files.sorted { $0.key < $1.key }
      try pool.run(
        tasks: files.count,
        throwing: { task in
          let (name, file) = files[task]
          let found = SHA256.hexDigest(of: try folder.file(name))
          try Self.require(found == file.sha256, folder, name, "SHA-256 \(file.sha256)", found)
        })
      try verifyStructure(of: segment, folder, pool)
    }
    try verifyIDs()
    return IndexCheck(hasDigest: manifest.hasDigest, leftovers: try IndexCheck.leftovers(beside: manifest, at: path))
  }

  /// Checks that no two items that are not deleted have one id.
  private func verifyIDs() throws {
    guard segments.count > 1 else { return }
    for (number, segment) in segments.enumerated() {
      guard let ids = segment.ids else { continue }
      for row in 0..<segment.count where segment.live?.contains(Int(segment.trie.positions[row])) != false {
        let id = ids.column[row]
        guard let other = segments[..<number].first(where: { $0.position(ofID: id) != nil }) else { continue }
        throw InputError(
          .malformed, path, at: "segment \(segment.name), row \(row)", expected: "ids that differ",
          found: "\"\(id)\", which is also in segment \(other.name)", remedy: "build the index again")
      }
    }
  }

  private func verifyStructure(
    of segment: IndexSegment, _ folder: SegmentFolder, _ pool: ThreadPool
  ) throws {
    let trie = segment.trie
    let count = segment.count
    func same<Element: Equatable>(_ a: Buffer<Element>, _ b: Buffer<Element>, _ name: String) throws {
      let equal = a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { b in a.elementsEqual(b) } }
      try Self.require(equal, folder, name, "what the codes give", "something else")
    }
    let levels = trie.levelSizes.count
    // Back into the order of rows, from which a build starts: this needs `rows` to be a permutation.
    let seen = Buffer<UInt8>(count: count) { seen in for position in 0..<count { seen[Int(trie.rows[position])] = 1 } }
    try Self.require(
      seen.withUnsafeBufferPointer { $0.allSatisfy { $0 == 1 } }, folder, SegmentFile.rows, "every row once", "others")
    let byRow = Buffer<UInt16>(count: count * levels) { target in
      trie.codes.withUnsafeBufferPointer { codes in
        trie.rows.withUnsafeBufferPointer { rows in
          for position in rows.indices {
            for level in 0..<levels { target[Int(rows[position]) * levels + level] = codes[position * levels + level] }
          }
        }
      }
    }
    let codes = try Codes(levelSizes: trie.levelSizes, values: byRow, source: folder.path + "/" + SegmentFile.codes)
    let again = try CodeTrie(codes, pool: pool)
    try same(again.codes, trie.codes, SegmentFile.codes)
    try same(again.rows, trie.rows, SegmentFile.rows)
    try same(again.positions, trie.positions, SegmentFile.positions)
    let lists = InvertedLists(again, pool: pool)
    for level in 0..<levels {
      try same(again.levels[level].codes, trie.levels[level].codes, SegmentFile.nodeCodes(level))
      try same(again.levels[level].starts, trie.levels[level].starts, SegmentFile.starts(level))
      try same(again.levels[level].children, trie.levels[level].children, SegmentFile.children(level))
      try same(lists.levels[level].starts, segment.lists.levels[level].starts, SegmentFile.listStarts(level))
      try same(lists.levels[level].nodes, segment.lists.levels[level].nodes, SegmentFile.listNodes(level))
    }
    try AttributeFiles.verify(segment.attributes, count: count, folder: folder)
    if let ids = segment.ids { try same(try ItemIDs(ids.column).table, ids.table, SegmentFile.idTable) }
    if let sketch = segment.arrays.sketch {
      var cells = [UInt8](repeating: 0, count: count)
      var isTwice = false
      for cell in 0..<sketch.layout.cellCount {
        let items = sketch.blocks.positions(sketch.layout.slots(cell))
        isTwice = isTwice || Set(items).count < items.count
        for item in items { cells[Int(item)] = min(cells[Int(item)] + 1, 3) }
      }
      try Self.require(
        !isTwice && cells.allSatisfy { (1...2).contains($0) }, folder, SegmentFile.sketchBlocks,
        "every item in one cell or two", "others")
    }
    if let bytes = segment.arrays.byteVectors, case .flat(let vectors) = segment.store {
      try Self.require(
        bytes.areRounded(of: vectors, pool: pool), folder, SegmentFile.byteVectors, "the vectors, rounded", "others")
    }
    if let norms = segment.arrays.norms, let codebooks {
      let measured = PrefixNorms(again, codebooks: codebooks, pool: pool)
      try same(measured.items, norms.items, SegmentFile.itemNorms)
      for (level, values) in norms.nodes.enumerated() {
        try same(measured.nodes[level], values, SegmentFile.nodeNorms(level))
      }
      // Scales of latents need the vectors as they were encoded, and the index has scaled copies. Their digest was
      // checked.
      if let scales = norms.scales, manifest.latentDimension == nil, case .flat(let vectors) = segment.store {
        let lengths = measured.scales(pool: pool) { position in
          metric == .cosine
            ? 1 : UnitVector.length(vectors.vector(at: position), count: vectors.dimension)
        }
        try same(lengths, scales, SegmentFile.itemScales)
      }
      guard measured.means == norms.means else {
        throw InputError(
          .malformed, path + "/" + IndexManifest.fileName, at: "segment \(segment.name)",
          expected: "the prefix norms' means", found: "others", remedy: "build the index again")
      }
    }
  }

  private static func require(
    _ condition: Bool, _ folder: SegmentFolder, _ name: String, _ expected: @autoclosure () -> String,
    _ found: @autoclosure () -> String
  ) throws {
    guard condition else { throw folder.damaged(name, expected(), found: found()) }
  }
}
