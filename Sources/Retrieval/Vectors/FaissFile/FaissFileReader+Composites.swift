extension FaissFileReader {
  /// Transforms, one after another, and the index of what they give.
  mutating func transformed(_ header: FaissIndexHeader) throws {
    let count = try number(Int32.self, "a number of transforms of", in: 1...FaissFactory.mostTransforms)
    var dimension = header.dimension
    for _ in 0..<count {
      let start = offset
      let transform = try transform(["LTra", "rrot", "Pcam", "RmDT", "VNrm"])
      guard transform.from == dimension else {
        throw fault("a transform of \(dimension) dimensions", "one of \(transform.from)", at: start)
      }
      dimension = transform.to
    }
    _ = try index(
      FaissFamily.allCases.filter { $0 != .transformed && $0 != .refined },
      FaissIndexHeader(dimension: dimension, count: header.count, metric: header.metric), as: "index after transforms")
  }

  mutating func refined(_ header: FaissIndexHeader) throws {
    _ = try index(FaissFamily.allCases.filter { $0 != .refined }, header, as: "index to refine")
    // FAISS asks this one for distances to single vectors, within its threads: one that cannot give them ends the process.
    _ = try index(FaissFamily.codes, header, as: "index that refines")
    _ = try float("a factor of candidates from", in: 1...1000)
  }
}
