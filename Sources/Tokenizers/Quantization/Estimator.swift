import Vectors

extension QuantizerOptions.Estimator {
  /// Writes the loss by z, given the loss by its quantized value q: rows of `dimension` floats.
  ///
  /// The rotation turns z onto q and scales it: with u = z/|z|, v = q/|q| and w = (u + v)/|u + v|, the gradient g
  /// becomes λ (g − 2 (w·g) w + 2 (v·g) u), λ = |q|/|z|. Where the rotation is not defined (a zero vector, opposite
  /// vectors), the gradient passes straight through.
  func backward(
    _ gradient: UnsafePointer<Float>, z: UnsafePointer<Float>, q: UnsafePointer<Float>,
    to target: UnsafeMutablePointer<Float>, dimension: Int, rows: Range<Int>
  ) {
    let start = rows.lowerBound * dimension
    switch self {
    case .straightThrough: (target + start).update(from: gradient + start, count: rows.count * dimension)
    case .rotation:
      for row in rows {
        let at = row * dimension
        Self.rotate(gradient + at, z + at, q + at, target + at, dimension)
      }
    }
  }

  private static func rotate(
    _ g: UnsafePointer<Float>, _ z: UnsafePointer<Float>, _ q: UnsafePointer<Float>,
    _ target: UnsafeMutablePointer<Float>, _ d: Int
  ) {
    let zLength = sumOfSquares(z, count: d).squareRoot()
    let qLength = sumOfSquares(q, count: d).squareRoot()
    guard zLength > 1e-20, qLength > 1e-20 else { return target.update(from: g, count: d) }
    var along = 0.0  // u·v
    var vg = 0.0
    var ug = 0.0
    for index in 0..<d {
      along += Double(z[index]) * Double(q[index])
      vg += Double(q[index]) * Double(g[index])
      ug += Double(z[index]) * Double(g[index])
    }
    along /= zLength * qLength
    vg /= qLength
    ug /= zLength
    guard along > -0.999_999 else { return target.update(from: g, count: d) }
    // 2 (w·g) w = (u·g + v·g) / (1 + u·v) · (u + v)
    let w = (ug + vg) / (1 + along)
    let ratio = qLength / zLength
    for index in 0..<d {
      let u = Double(z[index]) / zLength
      let v = Double(q[index]) / qLength
      target[index] = Float(ratio * (Double(g[index]) - w * (u + v) + 2 * vg * u))
    }
  }
}
