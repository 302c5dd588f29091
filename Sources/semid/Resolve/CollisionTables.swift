import SemanticID

/// How a resolution is shown.
enum CollisionTables {
  private struct Line {
    var title: String
    var before: String
    var after: String

    init(_ title: String, _ show: (CollisionCounts) -> String, _ report: ResolutionReport) {
      self.title = title
      before = show(report.before)
      after = show(report.after)
    }
  }

  static func text(_ report: ResolutionReport, seconds: Double, output: String) -> String {
    let lines = [
      Line("distinct IDs", { Text.count($0.ids) }, report),
      Line("collision rate", { Text.percent($0.collisionRate, digits: 2) }, report),
      Line("items that share an ID", { Text.count($0.itemsSharingAnID) }, report),
      Line("items of the largest", { Text.count($0.largestBucket) }, report),
      Line("collisions of equal vectors", { Text.count($0.collisionsOfDuplicates) }, report),
      Line("collisions of the quantizer", { Text.count($0.collisionsOfQuantizer) }, report),
    ]
    let table = Table(
      lines, [Column("") { $0.title }, Column("before", .right) { $0.before }, Column("after", .right) { $0.after }])
    let distortion = report.distortion
    let space = distortion.space == .vectors ? "" : " (as the model quantizes)"
    return """
      resolved \(Text.count(report.before.items, "item")) by \(report.strategy.rawValue) in \
      \(Text.duration(seconds: seconds)) to \(output)
      \(Text.figure(report.possibleIDs)) possible IDs, \(Text.count(report.duplicateVectors)) \
      \(report.duplicateVectors == 1 ? "repeats" : "repeat") the vector of another
      \(table.lines().joined(separator: "\n"))
      \(Text.count(report.itemsMoved, "item")) moved, \(Text.count(report.itemsSpilled)) of them out of a full prefix; \
      longest ID \(Text.count(report.longestID, "level"))\
      \(report.longestSuffix > 0 ? " and \(report.longestSuffix) bytes of suffix" : "")
      squared error per item\(space) \(Text.figure(distortion.before)), \(Text.figure(distortion.added)) added \
      (\(Text.percent(distortion.relative, digits: 3)))
      """
  }
}
