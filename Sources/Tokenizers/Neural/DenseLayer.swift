package import Vectors

/// A fully connected layer: y = x·Wᵀ + b, followed by a normalization of y where there is one.
package struct DenseLayer: Sendable {
  /// Batch normalization as inference applies it: (y − mean) / √(variance + ε) · scale + shift, with the running
  /// statistics of training.
  package struct Normalization: Sendable {
    package var scale: [Float]
    package var shift: [Float]
    package var mean: [Float]
    package var variance: [Float]

    static let epsilon = 1e-5

    package init(scale: [Float], shift: [Float], mean: [Float], variance: [Float]) {
      self.scale = scale
      self.shift = shift
      self.mean = mean
      self.variance = variance
    }
  }

  /// W, outputs × inputs.
  package let weights: Matrix
  /// b, one for each output.
  package let bias: [Float]
  package let normalization: Normalization?

  package var inputs: Int { weights.columns }
  package var outputs: Int { weights.rows }

  /// - Throws: `InputError` when the parts differ in size or hold NaN or infinity.
  package init(weights: Matrix, bias: [Float], normalization: Normalization? = nil, source: String = "layer") throws {
    let parts = [bias] + (normalization.map { [$0.scale, $0.shift, $0.mean, $0.variance] } ?? [])
    guard parts.allSatisfy({ $0.count == weights.rows }), weights.rows > 0, weights.columns > 0 else {
      throw InputError(
        .mismatch, source, expected: "\(weights.rows) values for each of \(weights.rows) × \(weights.columns) weights",
        found: parts.map { "\($0.count)" }.joined(separator: ", "))
    }
    let finite =
      parts.allSatisfy { $0.allSatisfy(\.isFinite) } && weights.isFinite
      && normalization?.variance.allSatisfy { $0 >= 0 } ?? true
    guard finite else {
      throw InputError(.malformed, source, expected: "finite weights", found: "NaN, infinity or a negative variance")
    }
    self.weights = weights
    self.bias = bias
    self.normalization = normalization
  }

  /// The layer without its normalization, which is worked into weights and bias.
  var folded: DenseLayer {
    guard let normalization else { return self }
    let factors = zip(normalization.scale, normalization.variance).map {
      Double($0) / (Double($1) + Normalization.epsilon).squareRoot()
    }
    let folded = Matrix(rows: outputs, columns: inputs) { target in
      weights.withUnsafeBufferPointer { source in
        for index in source.indices { target[index] = Float(Double(source[index]) * factors[index / inputs]) }
      }
    }
    let bias = (0..<outputs).map {
      Float((Double(self.bias[$0]) - Double(normalization.mean[$0])) * factors[$0] + Double(normalization.shift[$0]))
    }
    // Finite parts fold to finite ones, save for overflow, which encoding finds.
    return DenseLayer(weights: folded, bias: bias)
  }

  private init(weights: Matrix, bias: [Float]) {
    self.weights = weights
    self.bias = bias
    normalization = nil
  }
}
