import Tokenizers
import Vectors

extension IndexManifest {
  /// Checks the sizes that later code multiplies: within bounds that cannot overflow.
  func check(source: String) throws {
    func require(_ condition: Bool, _ place: String, _ expected: String, _ found: String) throws {
      guard condition else { throw InputError(.malformed, source, at: place, expected: expected, found: found) }
    }
    _ = try CodeShape(levelSizes, kind: .malformed, source: source, at: "levelSizes")
    try require(
      mayEndEarly != true || (levelSizes.count > 1 && levelSizes[levelSizes.count - 1] > 1), "mayEndEarly",
      "a level to leave out, of 2 codes and more", "\(levelSizes.prefix(8))")
    try require((0...1 << 24).contains(dimension), "dimension", "0 to 2²⁴", "\(dimension)")
    try require(
      dimension > 0 || !hasCodebooks && faiss == nil, "dimension", "a length of the vectors", "\(dimension)")
    try require(
      latentDimension.map { (1...1 << 24).contains($0) && hasCodebooks && hasTokenizer == true && model != nil }
        ?? true,
      "latentDimension", "a length, codebooks and a model", "\(latentDimension ?? 0)")
    try require(
      hasTokenizer != true
        || model.map { $0.utf8.count == 64 && $0.utf8.allSatisfy(Self.nameCharacters.contains) } == true,
      "model", "a SHA-256 in hexadecimal", "another text")
    try require((1...2).contains(sketchCopies ?? 2), "sketchCopies", "1 or 2", "\(sketchCopies ?? 2)")
    try require(
      (1...Self.maximumSegments).contains(segments.count), "segments", "1 to \(Self.maximumSegments) segments",
      "\(segments.count)")
    try require(version > 3 || isCompact, "version", "4, for what this index holds", "3")
    try require(
      (modelFiles != nil) == (hasDigest && hasTokenizer == true), "modelFiles",
      hasDigest ? "the files of the model that the index keeps" : "none, which version \(version) does not name",
      modelFiles == nil ? "none" : "files")
    for name in (modelFiles ?? [:]).keys {
      try require(ModelFolder.isFile(name), "modelFiles", "names of a model's files", "\"\(name)\"")
    }
    try checkFiles(source: source)
    try require(
      modelFiles.map { ModelFolder.requiredFiles.isSubset(of: $0.keys) } ?? true, "modelFiles",
      "all files of a model", "\(modelFiles?.keys.sorted() ?? [])")
    for segment in segments {
      let place = "segment \(segment.name)"
      try require(
        (0...CodeTrie.maximumCount).contains(segment.count), place, "at most \(CodeTrie.maximumCount) items",
        "\(segment.count)")
      try require(
        segment.nodes.count == levelSizes.count && segment.nodes.allSatisfy { (0...segment.count).contains($0) },
        place, "\(levelSizes.count) numbers of nodes, none above the number of items", "\(segment.nodes.prefix(8))")
      try require(
        (0...1 << 48).contains(segment.idBytes ?? 0), place, "at most 2⁴⁸ bytes of ids", "\(segment.idBytes ?? 0)")
      try require(
        !segment.name.isEmpty && segment.name.utf8.allSatisfy { Self.nameCharacters.contains($0) }, place,
        "a name of letters, digits and hyphens", "another name")
      for attribute in segment.attributes ?? [] {
        try require(
          (0...segment.count).contains(attribute.items)
            && (attribute.items...max(attribute.items, Int(UInt32.max))).contains(attribute.entries ?? attribute.items)
            && (attribute.kind == .list) == (attribute.entries != nil)
            && (0...(attribute.entries ?? attribute.items)).contains(attribute.values)
            && (0...1 << 48).contains(attribute.textBytes ?? 0), "\(place), attribute \"\(attribute.name)\"",
          "no more values than items, and no more of these than \(segment.count)",
          "\(attribute.values) values of \(attribute.items) items")
      }
      try require(
        (0...segment.count).contains(segment.cells ?? 0) && (faiss == nil || segment.cells != nil), place,
        "a number of cells, at most \(segment.count)", "\(segment.cells.map { "\($0)" } ?? "none")")
      try require(
        !hasCodebooks || segment.prefixNorms?.count == levelSizes.count, place,
        "\(levelSizes.count) prefix norms", "\(segment.prefixNorms?.count ?? 0)")
      try require(faiss != nil || segment.faiss == nil, place, "no vectors, as the index has none", "a FAISS factory")
      let (required, optional) = SegmentFile.names(of: segment, in: self)
      let names = Set(segment.files.keys)
      try require(
        required.isSubset(of: names), place, "the file \(required.subtracting(names).min() ?? "")", "none")
      let more = names.subtracting(required)
      try require(
        more.isEmpty || more == optional, place, "no file but those of such a segment",
        "\"\(more.subtracting(optional).min() ?? more.min() ?? "")\"")
      guard let deleted = segment.deleted else { continue }
      try require(
        (1...segment.count).contains(deleted.count), place, "1 to \(segment.count) deleted items", "\(deleted.count)")
      try require(
        !deleted.name.isEmpty && deleted.name.utf8.allSatisfy { Self.nameCharacters.contains($0) }, place,
        "a name of letters, digits and hyphens", "another name")
    }
    guard !isCompact else { return }
    let rows = segments.reduce(0) { $0 + $1.count }
    try require(
      rows <= CodeTrie.maximumCount, "segments", "at most \(CodeTrie.maximumCount) items in all", "\(rows)")
    let names = segments.map(\.name) + segments.compactMap(\.deleted?.name)
    try require(Set(names).count == names.count, "segments", "names that differ", "one twice")
    // A merge numbers rows anew, so an index that changes needs ids.
    try require(
      segments.allSatisfy { $0.idBytes != nil }, "segments", "ids of the items of every segment", "a segment without")
    // One table of ⟨q, codeword⟩ serves all.
    let codewords = Set(segments.map { $0.files[SegmentFile.codewords]?.sha256 })
    try require(codewords.count == 1, "segments", "one set of codebooks", "\(codewords.count)")
  }

  /// Checks that sizes can be added up, and that digests are digests.
  private func checkFiles(source: String) throws {
    var total = 0
    let deleted = segments.compactMap(\.deleted).map { (key: $0.name + ".npy", value: $0.file) }
    for (name, file) in segments.flatMap(\.files) + (modelFiles ?? [:]) + deleted {
      let (sum, overflow) = total.addingReportingOverflow(file.bytes)
      guard file.bytes >= 0, !overflow, EntryName.isDigest(file.sha256) else {
        throw InputError(
          .malformed, source, at: "file \(name)", expected: "a size and a SHA-256 in hexadecimal",
          found: "\(file.bytes) and \"\(file.sha256)\"")
      }
      total = sum
    }
  }

  private static let nameCharacters = Set("abcdefghijklmnopqrstuvwxyz0123456789-".utf8)
}
