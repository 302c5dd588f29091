import CKernels
import Foundation
import Formats
import Tokenizers
import Vectors

/// Makes one segment: of a new index, of added items, or of merged segments.
struct SegmentBuilder {
  let builder: IndexBuilder
  let codebooks: Codebooks?
  let tokenizer: (any Tokenizer)?
  /// A file of the same codewords in another segment of the index.
  var codewords: (path: String, file: IndexManifest.File)?

  init(_ builder: IndexBuilder, codebooks: Codebooks?, tokenizer: (any Tokenizer)?) {
    self.builder = builder
    self.codebooks = codebooks
    self.tokenizer = tokenizer
  }

  typealias Progress = (IndexBuilder.Stage, _ done: Int, _ total: Int) -> Void

  /// Sorts and measures the items in memory. All faults of the items are found here.
  func prepare(_ items: SegmentItems, pool: ThreadPool, _ progress: Progress = { _, _, _ in }) throws -> SegmentArrays {
    progress(.sorting, 0, items.codes.count)
    let ids = try items.ids.map { try ItemIDs($0) }
    let trie = try CodeTrie(items.codes, pool: pool)
    let lists = InvertedLists(trie, pool: pool)
    progress(.measuring, 0, items.codes.count)
    var norms = codebooks.map { PrefixNorms(trie, codebooks: $0, pool: pool) }
    if let measured = norms { norms?.scales = try scales(measured, trie, items, pool) }
    var segment = SegmentArrays(lists: lists, ids: ids, codebooks: codebooks, norms: norms, sketch: nil)
    segment.attributes = items.attributes?.columns(over: trie, pool: pool) ?? []
    return segment
  }

  private func scales(
    _ norms: PrefixNorms, _ trie: CodeTrie, _ items: SegmentItems, _ pool: ThreadPool
  ) throws -> Buffer<Float>? {
    if let known = items.scales {
      return Buffer(count: trie.count) { scales in
        for position in scales.indices { scales[position] = known[Int(trie.rows[position])] }
      }
    }
    guard let vectors = items.vectors else { return nil }
    if let tokenizer, tokenizer.hasLatents, codebooks != nil, let matrix = vectors.matrix {
      let latents = try tokenizer.latents(of: matrix, pool: pool, source: "vectors")
      return VectorRows(latents).withRows { row in
        norms.scales(pool: pool) { UnitVector.length(row(Int(trie.rows[$0])), count: latents.columns) }
      }
    }
    if builder.metric == .cosine { return norms.scales(pool: pool) { _ in 1 } }
    return vectors.withRows { row in
      norms.scales(pool: pool) { UnitVector.length(row(Int(trie.rows[$0])), count: vectors.columns) }
    }
  }

  /// Sketches the items, and writes the files of their segment into its folder.
  ///
  /// The vectors are most of the bytes. They are written while the sketches are computed.
  func write(
    _ segment: SegmentArrays, _ items: SegmentItems, in directory: StagedDirectory, name: String, pool: ThreadPool,
    _ progress: Progress = { _, _, _ in }
  ) throws -> IndexManifest.Segment {
    let trie = segment.trie
    progress(.writing, 0, trie.count)
    var files: [String: IndexManifest.File] = [:]
    if let codewords, segment.codewords != nil,
      (try? FileManager.default.linkItem(atPath: codewords.path, toPath: directory.file(SegmentFile.codewords))) != nil
    {
      files[SegmentFile.codewords] = codewords.file
    }
    let present = Set(files.keys)
    let (vectorFiles, (segment, others)) = try pool.beside {
      try writeVectors(items, trie, in: directory, pool, progress).merging(
        writeByteVectors(items, trie, in: directory, pool)
      ) { first, _ in first }
    } _: {
      var segment = segment
      segment.sketch = items.vectors.map {
        Sketch(
          trie, $0, byInnerProduct: builder.metric == .innerProduct, isUnit: builder.metric == .cosine,
          cells: builder.cells, pool: pool)
      }
      let files = try segment.write(in: directory, except: present, pool: pool)
      return (segment, try files.merging(AttributeFiles.write(segment.attributes, in: directory)) { first, _ in first })
    }
    for part in [vectorFiles, others] { files.merge(part) { first, _ in first } }
    return IndexManifest.Segment(
      name: name, count: trie.count, nodes: trie.levels.map(\.count), idBytes: segment.ids?.column.bytes.count,
      cells: segment.sketch?.layout.cellCount, prefixNorms: segment.norms?.means,
      attributes: AttributeFiles.entries(segment.attributes), files: files)
  }

  private func writeVectors(
    _ items: SegmentItems, _ trie: CodeTrie, in directory: StagedDirectory, _ pool: ThreadPool, _ progress: Progress
  ) throws -> [String: IndexManifest.File] {
    guard let vectors = items.vectors else { return [:] }
    let writer = VectorFileWriter(builder: builder)
    return [
      SegmentFile.vectors: try writer.write(vectors, trie.rows, in: directory, pool) {
        progress(.vectors, $0, trie.count)
      }
    ]
  }

  private func writeByteVectors(
    _ items: SegmentItems, _ trie: CodeTrie, in directory: StagedDirectory, _ pool: ThreadPool
  ) throws -> [String: IndexManifest.File] {
    guard let vectors = items.vectors, builder.byteVectors, builder.faiss == "Flat" else { return [:] }
    let isToBeUnit = builder.metric == .cosine && !vectors.isStored
    return try ByteVectorWriter(vectors: vectors, rows: trie.rows, isToBeUnit: isToBeUnit).write(
      in: directory, pool: pool)
  }
}
