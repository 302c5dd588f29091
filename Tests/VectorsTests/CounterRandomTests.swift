import Testing
import Vectors

@Suite struct CounterRandomTests {
  /// The known answers that Random123 publishes for philox4x32-10.
  @Test func publishedVectors() {
    let cases: [(SIMD4<UInt32>, SIMD2<UInt32>, SIMD4<UInt32>)] = [
      ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
      (
        SIMD4(repeating: .max), SIMD2(repeating: .max), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
      ),
      (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
      ),
    ]
    for (counter, key, expected) in cases { #expect(CounterRandom.philox(counter: counter, key: key) == expected) }
  }

  @Test func theNumbersOfABlockDoNotDependOnTheWayThere() {
    var walking = CounterRandom(seed: 99, stream: 3)
    let numbers = (0..<40).map { _ in walking.next() }
    for block in [0, 7, 19] {
      var jumping = CounterRandom(seed: 99, stream: 3)
      _ = jumping.next()
      jumping.seek(toBlock: UInt64(block))
      #expect([jumping.next(), jumping.next()] == Array(numbers[2 * block..<2 * block + 2]))
    }
    var other = CounterRandom(seed: 99, stream: 4)
    #expect(other.next() != numbers[0])
  }

  @Test func samplesAreAscendingDistinctAndEven() {
    var random = CounterRandom(seed: 5)
    var hits = [Int](repeating: 0, count: 20)
    for _ in 0..<2000 {
      let sample = random.sample(5, below: 20)
      #expect(sample.count == 5)
      #expect(zip(sample, sample.dropFirst()).allSatisfy { $0 < $1 })
      for index in sample { hits[index] += 1 }
    }
    // 500 expected of each, with a standard deviation of 19.4.
    #expect(hits.allSatisfy { abs($0 - 500) < 100 }, "\(hits)")
    #expect(random.sample(4, below: 4) == [0, 1, 2, 3])
    #expect(random.sample(0, below: 0) == [])
  }

  @Test func momentsOfUniformsAndNormals() {
    var random = CounterRandom(seed: 6)
    let uniforms = (0..<20_000).map { _ in random.uniform() }
    #expect(uniforms.allSatisfy { (0..<1).contains($0) })
    #expect(abs(uniforms.reduce(0, +) / 20_000 - 0.5) < 0.01)
    let normals = (0..<10_000).flatMap { _ in [random.normals()].flatMap { [$0.0, $0.1] } }
    #expect(abs(normals.reduce(0, +) / 20_000) < 0.03)
    #expect(abs(normals.reduce(0) { $0 + $1 * $1 } / 20_000 - 1) < 0.05)
  }
}
