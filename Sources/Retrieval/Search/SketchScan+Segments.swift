extension SketchScan {
  /// - Parameter segments: those with a sketch are scanned.
  convenience init(_ segments: [SearchedSegment]) {
    self.init(
      segments.compactMap { segment in
        segment.sketch.map {
          Segment(sketch: $0, slots: segment.slots, items: segment.base..<segment.base + segment.opened.count)
        }
      })
  }
}
