import Formats
import Tokenizers
import Vectors

/// The arrays of one segment, to be written or mapped.
struct SegmentArrays: Sendable {
  var lists: InvertedLists
  var ids: ItemIDs?
  var codebooks: Codebooks?
  /// All codewords, level after level, as one matrix, for the products with queries.
  var codewords: Matrix?
  var norms: PrefixNorms?
  /// The sketches that searches by vector scan; nil without vectors.
  var sketch: Sketch?
  /// The vectors rounded to bytes, by which candidates are compared before their vectors are read; for Flat vectors,
  /// where the index keeps them.
  var byteVectors: ByteVectors?
  /// The attributes by which filters choose items.
  var attributes: [AttributeColumn] = []

  var trie: CodeTrie { lists.trie }

  /// Writes every array that is not there yet, one file per task.
  func write(
    in directory: StagedDirectory, except present: Set<String> = [], pool: ThreadPool
  ) throws -> [String: IndexManifest.File] {
    var writers: [(name: String, write: (String) throws -> IndexManifest.File)] = []
    func add<Element: ArrayElement>(_ name: String, _ elements: Buffer<Element>, _ shape: [Int]? = nil) {
      if present.contains(name) { return }
      writers.append(
        (name, { try ArrayFile.write(elements, shape: shape ?? [elements.count], to: $0, in: directory) }))
    }
    add(SegmentFile.codes, trie.codes, [trie.count, trie.levelSizes.count])
    add(SegmentFile.rows, trie.rows)
    add(SegmentFile.positions, trie.positions)
    for (level, nodes) in trie.levels.enumerated() {
      add(SegmentFile.nodeCodes(level), nodes.codes)
      add(SegmentFile.starts(level), nodes.starts)
      if level + 1 < trie.levels.count { add(SegmentFile.children(level), nodes.children) }
      add(SegmentFile.listStarts(level), lists.levels[level].starts)
      add(SegmentFile.listNodes(level), lists.levels[level].nodes)
    }
    if let ids {
      add(SegmentFile.idOffsets, ids.column.offsets)
      add(SegmentFile.idBytes, ids.column.bytes)
      add(SegmentFile.idTable, ids.table)
    }
    if let norms, let codewords {
      add(SegmentFile.itemNorms, norms.items)
      if let scales = norms.scales { add(SegmentFile.itemScales, scales) }
      for (level, values) in norms.nodes.enumerated() { add(SegmentFile.nodeNorms(level), values) }
      add(SegmentFile.codewords, codewords.values, [codewords.rows, codewords.columns])
    }
    if let sketch {
      let size = sketch.blocks.form.size
      add(SegmentFile.sketchStarts, sketch.layout.starts)
      add(SegmentFile.sketchBlocks, sketch.blocks.bytes, [sketch.blocks.bytes.count / size, size])
      add(SegmentFile.sketchCenters, sketch.centers.values, [sketch.centers.rows, sketch.centers.columns])
    }
    var files = [IndexManifest.File?](repeating: nil, count: writers.count)
    try files.withUnsafeMutableBufferPointer { files in
      try pool.run(tasks: writers.count, throwing: { files[$0] = try writers[$0].write(writers[$0].name) })
    }
    let written = zip(writers, files).compactMap { writer, file in file.map { (writer.name, $0) } }
    return Dictionary(uniqueKeysWithValues: written)
  }

  /// Maps every array at the shape that the manifest gives it, and checks that no number in it points outside another.
  ///
  /// After this, code that follows these numbers stays inside the arrays. Linear in the items, at the speed of memory.
  init(
    mapping folder: SegmentFolder, _ segment: IndexManifest.Segment, of manifest: IndexManifest, pool: ThreadPool
  ) throws {
    func map<Element: ArrayElement>(_ name: String, _ type: Element.Type, _ shape: Int...) throws -> Buffer<Element> {
      try folder.array(name, type, shape: shape)
    }
    let sizes = manifest.levelSizes
    let count = segment.count
    let levels = try sizes.indices.map { level in
      CodeTrie.Level(
        codes: try map(SegmentFile.nodeCodes(level), UInt16.self, segment.nodes[level]),
        starts: try map(SegmentFile.starts(level), UInt32.self, segment.nodes[level] + 1),
        children: level + 1 < sizes.count
          ? try map(SegmentFile.children(level), UInt32.self, segment.nodes[level] + 1) : Buffer([]))
    }
    let trie = CodeTrie(
      levelSizes: sizes, codes: try map(SegmentFile.codes, UInt16.self, count, sizes.count),
      rows: try map(SegmentFile.rows, UInt32.self, count),
      positions: try map(SegmentFile.positions, UInt32.self, count), levels: levels)
    let lists = try sizes.indices.map { level in
      InvertedLists.Level(
        starts: try map(SegmentFile.listStarts(level), UInt32.self, sizes[level] + 1),
        nodes: try map(SegmentFile.listNodes(level), UInt32.self, segment.nodes[level]))
    }
    self.lists = InvertedLists(trie: trie, levels: lists)
    if let bytes = segment.idBytes {
      guard
        let column = StringColumn(
          offsets: try map(SegmentFile.idOffsets, UInt64.self, count + 1),
          bytes: try map(SegmentFile.idBytes, UInt8.self, bytes))
      else { throw folder.damaged(SegmentFile.idOffsets, "ascending offsets") }
      let size = ItemIDs.tableSize(count: count)
      ids = ItemIDs(column: column, table: try map(SegmentFile.idTable, UInt32.self, size))
    }
    if manifest.hasCodebooks {
      let width = manifest.latentDimension ?? manifest.dimension
      let all = Matrix(
        rows: sizes.reduce(0, +), columns: width,
        values: try map(SegmentFile.codewords, Float.self, sizes.reduce(0, +), width))
      var first = 0
      codebooks = try Codebooks(
        levels: sizes.map { size in
          defer { first += size }
          return all[rows: first..<first + size]
        }, source: folder.path + "/" + SegmentFile.codewords)
      codewords = all
      norms = PrefixNorms(
        nodes: try sizes.indices.dropLast().map {
          try map(SegmentFile.nodeNorms($0), Float.self, segment.nodes[$0])
        }, items: try map(SegmentFile.itemNorms, Float.self, count), means: segment.prefixNorms ?? [],
        scales: manifest.faiss == nil ? nil : try map(SegmentFile.itemScales, Float.self, count))
    }
    try checkBounds(folder: folder, pool: pool)
    attributes = try AttributeFiles.map(folder, segment)
    if segment.files[SegmentFile.byteVectors] != nil {
      let grid = ByteVectors.Grid(values: try map(SegmentFile.byteGrid, Float.self, manifest.dimension + 2))
      let width = ByteVectors.width(dimension: manifest.dimension)
      byteVectors = ByteVectors(grid: grid, codes: try map(SegmentFile.byteVectors, UInt8.self, count, width))
    }
    if manifest.faiss != nil {
      let starts = try map(SegmentFile.sketchStarts, UInt32.self, (segment.cells ?? 0) + 1)
      try checkBounds(ofSketchStarts: starts, folder: folder)
      let layout = SketchLayout(starts: starts)
      let form = SketchBlockForm(dimension: manifest.dimension)
      let blocks = SketchBlocks(
        form: form,
        bytes: try folder.array(
          SegmentFile.sketchBlocks, UInt8.self, shape: [layout.blockCount, form.size],
          alignment: MemoryLayout<Float>.alignment))
      try checkBounds(of: blocks, layout, folder: folder, pool: pool)
      sketch = Sketch(
        rotation: FastRotation(dimension: manifest.dimension), layout: layout,
        centers: Matrix(
          rows: layout.cellCount + 1, columns: manifest.dimension,
          values: try map(SegmentFile.sketchCenters, Float.self, layout.cellCount + 1, manifest.dimension)),
        blocks: blocks)
    }
  }

  init(lists: InvertedLists, ids: ItemIDs?, codebooks: Codebooks?, norms: PrefixNorms?, sketch: Sketch?) {
    self.sketch = sketch
    self.lists = lists
    self.ids = ids
    self.codebooks = codebooks
    self.norms = norms
    codewords = codebooks.map { codebooks in
      let rows = codebooks.levelSizes.reduce(0, +)
      return Matrix(rows: rows, columns: codebooks.dimension) { target in
        var next = target.startIndex
        for level in codebooks.levels {
          level.withUnsafeBufferPointer { next = target[next...].update(fromContentsOf: $0) }
        }
      }
    }
  }
}
