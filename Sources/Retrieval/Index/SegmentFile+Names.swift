extension SegmentFile {
  private static let alone: Set<String> = [
    codes, rows, positions, itemNorms, itemScales, codewords, vectors, byteVectors, byteGrid, idOffsets, idBytes,
    idTable,
    sketchStarts, sketchBlocks, sketchCenters,
  ]
  private static let ofLevels = [nodeCodes, starts, children, nodeNorms, listStarts, listNodes]
  private static let ofAttributes = [
    attributeStarts, attributePositions, attributeValues, attributeOffsets,
    attributeBytes,
  ]

  /// Whether a segment of any index may have a file of this name.
  static func isOurs(_ name: String) -> Bool {
    if alone.contains(name) { return true }
    let digits = name.drop { !$0.isNumber }.prefix { $0.isNumber }
    guard let number = Int(digits), (0...1 << 16).contains(number) else { return false }
    return (ofLevels + ofAttributes).contains { $0(number) == name }
  }

  /// The files of a segment, as the manifest describes it: those that it must have, and those that it may have.
  static func names(
    of segment: IndexManifest.Segment, in manifest: IndexManifest
  ) -> (required: Set<String>, optional: Set<String>) {
    let levels = manifest.levelSizes.indices
    var names: Set<String> = [codes, rows, positions]
    for level in levels {
      names.formUnion([nodeCodes(level), starts(level), listStarts(level), listNodes(level)])
      if level < levels.upperBound - 1 { names.insert(children(level)) }
    }
    if segment.idBytes != nil { names.formUnion([idOffsets, idBytes, idTable]) }
    if manifest.hasCodebooks {
      names.formUnion([itemNorms, codewords] + levels.dropLast().map(nodeNorms))
      if manifest.faiss != nil { names.insert(itemScales) }
    }
    if manifest.faiss != nil { names.formUnion([vectors, sketchStarts, sketchBlocks, sketchCenters]) }
    for (number, attribute) in (segment.attributes ?? []).enumerated() {
      names.formUnion([attributeStarts(number), attributePositions(number)])
      names.formUnion(
        [.string, .list].contains(attribute.kind)
          ? [attributeOffsets(number), attributeBytes(number)] : [attributeValues(number)])
    }
    let isFlat = (segment.faiss ?? manifest.faiss) == "Flat"
    return (names, isFlat ? [byteVectors, byteGrid] : [])
  }
}
