import Vectors

extension FaissFileReader {
  /// A transform of vectors.
  ///
  /// - Parameters:
  ///   - types: those that it may be of.
  ///   - isUsed: whether its matrix must be there; one that nothing uses is empty.
  /// - Returns: the dimensions that it takes and gives.
  mutating func transform(_ types: [FaissTypeCode], isUsed: Bool = true) throws -> (from: Int, to: Int) {
    let start = offset
    let type = try type()
    guard types.contains(type) else {
      throw fault(
        "a transform of the type \(types.map(\.description).joined(separator: " or "))", "\(type)", at: start,
        kind: .unsupported)
    }
    switch type {
    case "RmDT":
      let map = try array(Int32.self, "places of dimensions")
      let shape = try shape(isTrained: nil)
      guard map.count == shape.to, (0..<map.count).allSatisfy({ (-1..<Int32(shape.from)).contains(map[$0]) }) else {
        throw fault("\(shape.to) places below \(shape.from)", "others", at: start)
      }
      return shape
    case "VNrm":
      _ = try float("a norm of", in: 2...2)
      let shape = try shape(isTrained: nil)
      guard shape.from == shape.to else { throw fault("as many dimensions after as before", "others", at: start) }
      return shape
    default:
      let analysis = type == "Pcam" ? try components() : nil
      let hasBias = try flag("a flag of a bias,")
      let matrix = try array(Float.self, "values of a matrix").count
      let bias = try array(Float.self, "values of a bias").count
      let shape = try shape(isTrained: isUsed)
      guard analysis.map({ $0 == shape.from }) ?? true else {
        throw fault("principal components of \(shape.from) dimensions", "others", at: start)
      }
      let values = isUsed ? try product(shape.from, shape.to, of: "a matrix") : 0
      guard matrix == values, bias == (hasBias ? shape.to : 0) || bias == 0 && !isUsed else {
        throw fault(
          "a matrix of \(shape.to) × \(shape.from) and its bias", "\(matrix) values and \(bias)", at: start)
      }
      return shape
    }
  }

  /// What a principal component analysis keeps besides its matrix.
  ///
  /// - Returns: its dimension.
  private mutating func components() throws -> Int {
    for name in ["power of eigenvalues", "least eigenvalue"] { _ = try float(name) }
    _ = try flag("a flag of rotation,")
    _ = try number(Int32.self, "a number of bins of", in: 0...1 << 20)
    let dimension = try array(Float.self, "means").count
    _ = try array(Float.self, "eigenvalues")
    _ = try array(Float.self, "components")
    return dimension
  }

  private mutating func shape(isTrained expected: Bool?) throws -> (from: Int, to: Int) {
    let from = try number(Int32.self, "dimensions before,", in: 1...1 << 20)
    let to = try number(Int32.self, "dimensions after,", in: 1...1 << 20)
    let start = offset
    let isTrained = try flag("a flag of a trained transform,")
    if expected == true, !isTrained { throw fault("a trained transform", "one that is not", at: start) }
    return (from, to)
  }
}
