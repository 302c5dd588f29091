/// The names of a segment's files.
enum SegmentFile {
  static let codes = "codes.npy"
  static let rows = "rows.npy"
  static let positions = "positions.npy"
  static let itemNorms = "norms.npy"
  static let itemScales = "scales.npy"
  static let codewords = "codewords.npy"
  static let vectors = "vectors.faiss"
  static let byteVectors = "vectors.bytes.npy"
  static let byteGrid = "vectors.grid.npy"
  static let idOffsets = "ids.offsets.npy"
  static let idBytes = "ids.bytes.npy"
  static let idTable = "ids.table.npy"
  static func nodeCodes(_ level: Int) -> String { "level\(level).codes.npy" }
  static let sketchStarts = "sketch.starts.npy"
  static let sketchBlocks = "sketch.blocks.npy"
  static let sketchCenters = "sketch.centers.npy"
  static func starts(_ level: Int) -> String { "level\(level).starts.npy" }
  static func children(_ level: Int) -> String { "level\(level).children.npy" }
  static func nodeNorms(_ level: Int) -> String { "level\(level).norms.npy" }
  static func listStarts(_ level: Int) -> String { "level\(level).list-starts.npy" }
  static func listNodes(_ level: Int) -> String { "level\(level).list-nodes.npy" }
  static func attributeStarts(_ column: Int) -> String { "attribute\(column).starts.npy" }
  static func attributePositions(_ column: Int) -> String { "attribute\(column).positions.npy" }
  static func attributeValues(_ column: Int) -> String { "attribute\(column).values.npy" }
  static func attributeOffsets(_ column: Int) -> String { "attribute\(column).values.offsets.npy" }
  static func attributeBytes(_ column: Int) -> String { "attribute\(column).values.bytes.npy" }
}
