import Retrieval
import Vectors

/// The distance between two IDs.
public enum CodeDistance: String, Codable, Hashable, Sendable, CaseIterable {
  /// L less the length of the common prefix.
  case prefix
  /// The number of levels whose codes differ.
  case hamming
}

extension CodeTrie {
  /// The distances between the IDs of two rows, each 0 … L.
  func codeDistances(_ a: Int, _ b: Int) -> (prefix: Int, hamming: Int) {
    let levels = levelSizes.count
    let a = Int(positions[a]) * levels
    let b = Int(positions[b]) * levels
    return codes.withUnsafeBufferPointer { codes in
      var prefix = 0
      var hamming = 0
      for level in 0..<levels where codes[a + level] != codes[b + level] {
        if hamming == 0 { prefix = levels - level }
        hamming += 1
      }
      return (prefix, hamming)
    }
  }
}
