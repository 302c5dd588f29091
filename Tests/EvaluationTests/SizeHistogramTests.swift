import Foundation
import Testing
import Vectors

@testable import Evaluation

@Suite struct SizeHistogramTests {
  @Test func knownCoefficients() {
    // Equal shares; one holder of n; 1, 2, 3, 4 has (2·30/(4·10)) − 5/4.
    #expect(SizeHistogram([3, 3, 3]).gini == 0)
    #expect(abs(SizeHistogram([0, 0, 0, 8]).gini - 0.75) < 1e-15)
    #expect(abs(SizeHistogram([1, 2, 3, 4]).gini - 0.25) < 1e-15)
    #expect(abs(SizeHistogram([2, 2]).entropy - log(2)) < 1e-15)
    #expect(SizeHistogram([7]).entropy == 0)
    #expect(abs(SizeHistogram([1, 3]).entropy - (0.25 * log(4) + 0.75 * log(4.0 / 3))) < 1e-15)
  }

  @Test func equalsTheMeanDifference() {
    // Gini's own definition: half the mean difference of all pairs over the mean.
    var random = CounterRandom(seed: 1)
    for count in [1, 2, 5, 40] {
      let sizes = (0..<count).map { _ in random.below(6) } + [1]
      let histogram = SizeHistogram(sizes)
      let n = Double(sizes.count)
      let differences = sizes.reduce(0) { sum, a in sum + sizes.reduce(0) { $0 + abs(a - $1) } }
      #expect(abs(histogram.gini - Double(differences) / (2 * n * Double(sizes.reduce(0, +)))) < 1e-12)
      #expect(histogram.items == sizes.reduce(0, +) && histogram.count == sizes.count)
      #expect(histogram.largest == sizes.max())
      #expect(histogram.itemsSharing == sizes.filter { $0 > 1 }.reduce(0, +))
      for share in [0.01, 0.5, 0.9, 0.99, 1] {
        let least = Set(sizes).sorted().first { size in
          Double(sizes.count { $0 <= size }) >= share * n
        }
        #expect(histogram.percentile(share) == least)
      }
    }
  }

  @Test func nothingAtAll() {
    let histogram = SizeHistogram([])
    #expect(histogram.gini == 0 && histogram.entropy == 0 && histogram.largest == 0 && histogram.percentile(0.5) == 0)
  }
}
