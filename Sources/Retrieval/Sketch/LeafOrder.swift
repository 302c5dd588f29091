import CKernels
import Vectors

/// Orders the items of a cell so that every 32 in a row lie together. It halves them again and again between two means,
/// along the line through them, at the multiple of 32 nearest to where the means part them.
///
/// Whole leaves make whole blocks of the scan. O(n · d · log n).
final class LeafOrder {
  /// Number of items from which the two means of a halving are found.
  private static let sample = 256
  private static let rounds = 5

  let dimension: Int
  /// Copies the vector of an item.
  let read: (_ item: Int, UnsafeMutablePointer<Float>) -> Void
  private var vectors: [Float]
  private var means: [Float]
  private var keys: [UInt64] = []

  init(dimension: Int, read: @escaping (Int, UnsafeMutablePointer<Float>) -> Void) {
    self.dimension = dimension
    self.read = read
    vectors = Array(repeating: 0, count: Self.sample * dimension)
    means = Array(repeating: 0, count: 2 * dimension)
  }

  func sort(_ items: inout [Int]) { sort(&items, items.startIndex..<items.endIndex) }

  private func sort(_ items: inout [Int], _ range: Range<Int>) {
    let leaf = SketchLayout.blockSize
    guard range.count > leaf else { return }
    let border = findMeans(items[range])
    keys.removeAll(keepingCapacity: true)
    var near = 0
    for item in items[range] {
      let along = vectors.withUnsafeMutableBufferPointer { vectors -> Float in
        guard let vector = vectors.baseAddress else { return 0 }
        read(item, vector)
        return dot(vector, means)
      }
      if along < border { near += 1 }
      keys.append(RankKey.make(along, UInt32(truncatingIfNeeded: item)))
    }
    keys.sort()
    for (place, key) in zip(range, keys) { items[place] = Int(RankKey.item(key)) }
    let cut = min(max((near + leaf / 2) / leaf, 1), (range.count - 1) / leaf) * leaf
    sort(&items, range.lowerBound..<range.lowerBound + cut)
    sort(&items, range.lowerBound + cut..<range.upperBound)
  }

  /// Two-means on a sample, from its first item and the one farthest from it. Leaves their difference at the start of
  /// `means`.
  ///
  /// - Returns: what the product with the difference is halfway between them.
  private func findMeans(_ items: ArraySlice<Int>) -> Float {
    let count = min(Self.sample, items.count)
    let d = dimension
    return vectors.withUnsafeMutableBufferPointer { vectors in
      means.withUnsafeMutableBufferPointer { means in
        guard let vectors = vectors.baseAddress, let means = means.baseAddress else { return 0 }
        for index in 0..<count { read(items[items.startIndex + index * items.count / count], vectors + index * d) }
        var distances = [Float](repeating: 0, count: count)
        semid_l2_rows(vectors, vectors, d, count, &distances)
        let farthest = distances.indices.max { distances[$0] < distances[$1] } ?? 0
        means.update(from: vectors, count: d)
        (means + d).update(from: vectors + farthest * d, count: d)
        var products = distances
        for _ in 0..<Self.rounds {
          // |x − b|² < |x − a|² where ⟨x, b − a⟩ is above the middle.
          let border = subtract(means)
          semid_dot_rows(means, vectors, d, count, &products)
          var counts = (0, 0)
          var sums = [Double](repeating: 0, count: 2 * d)
          sums.withUnsafeMutableBufferPointer { sums in
            guard let sums = sums.baseAddress else { return }
            for index in 0..<count {
              let isFar = products[index] >= border
              if isFar { counts.1 += 1 } else { counts.0 += 1 }
              semid_accumulate(sums + (isFar ? d : 0), vectors + index * d, d, 1)
            }
          }
          // Equal vectors: any order will do.
          guard counts.0 > 0, counts.1 > 0 else { return border }
          for column in 0..<d {
            means[column] = Float(sums[column] / Double(counts.0))
            means[d + column] = Float(sums[d + column] / Double(counts.1))
          }
        }
        return subtract(means)
      }
    }
  }

  /// Puts b − a in a's place; returns ⟨b − a, (a + b) / 2⟩.
  private func subtract(_ means: UnsafeMutablePointer<Float>) -> Float {
    var middle = 0.0
    for column in 0..<dimension {
      let (a, b) = (Double(means[column]), Double(means[dimension + column]))
      middle += (b * b - a * a) / 2
      means[column] = Float(b - a)
    }
    return Float(middle)
  }

  private func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>) -> Float {
    var product: Float = 0
    semid_dot_rows(a, b, dimension, 1, &product)
    return product
  }
}
