import Foundation
import TestSupport
import Testing

@testable import Evaluation

@Suite struct NumPyTests {
  @Test func knownNumbers() {
    // MT19937 with seed 5489, the first word of the published reference output.
    var random = NumPyRandom(seed: 5489)
    #expect(random.next() == 3_499_211_612)
    // numpy.RandomState(42).randint(0, 2**31 - 1), as semantic-id seeds its first level.
    var other = NumPyRandom(seed: 42)
    #expect(other.integers(below: Int(Int32.max), count: 1) == [1_608_637_542])
  }

  @Test(.enabled(if: Python.isReady)) func drawsAreNumPys() throws {
    let output = try Python.run(
      """
      import json, numpy as np
      r = []
      for seed in [0, 1, 42, 2**32 - 1]:
          for n in [1, 2, 3, 1000, 4096, 4097, 70001]:
              g = np.random.RandomState(seed)
              a = g.randint(0, n, 50).tolist(); b = g.randint(0, n, 7).tolist()
              c = g.choice(n, min(n, 60), replace=False).tolist()
              r.append([seed, n, a, b, c, int(g.randint(0, 2**31 - 1))])
      print(json.dumps(r))
      """)
    struct Draws: Decodable {
      let seed: UInt32, bound: Int, a: [Int], b: [Int], choice: [Int], last: Int
      init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        seed = try list.decode(UInt32.self)
        bound = try list.decode(Int.self)
        a = try list.decode([Int].self)
        b = try list.decode([Int].self)
        choice = try list.decode([Int].self)
        last = try list.decode(Int.self)
      }
    }
    for draws in try JSONDecoder().decode([Draws].self, from: Data(output.utf8)) {
      var random = NumPyRandom(seed: draws.seed)
      #expect(random.integers(below: draws.bound, count: 50) == draws.a)
      #expect(random.integers(below: draws.bound, count: 7) == draws.b)
      #expect(random.choice(min(draws.bound, 60), of: draws.bound) == draws.choice)
      #expect(random.integers(below: Int(Int32.max), count: 1) == [draws.last])
    }
  }

  @Test(.enabled(if: Python.isReady)) func sumsAreNumPys() throws {
    let folder = try TemporaryFolder()
    let output = try Python.run(
      """
      import sys, numpy as np
      x = np.random.default_rng(3).normal(size=300007).astype(np.float32)
      x.tofile(sys.argv[1])
      for n in [1, 7, 8, 9, 64, 100, 128, 129, 136, 384, 1000, 8192, 8193, 100000, 300007]:
          print(n, int(x[:n].sum().view(np.uint32)))
      m = x[:300000].reshape(3000, 100)
      print(300000, int((m.mean() * np.float32(300000) * 0 + m.sum()).astype(np.float32).view(np.uint32)))
      for row in [0, 17, 2999]:
          print(-row - 1, int(np.linalg.norm(m, axis=1)[row].view(np.uint32)))
      """, folder.file("x.f32"))
    let data = try Data(contentsOf: URL(fileURLWithPath: folder.file("x.f32")))
    let values = data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    func sum(_ values: some Collection<Float>) -> Float { Array(values).withUnsafeBufferPointer { NumPySum.sum($0) } }
    for line in output.split(separator: "\n") {
      let words = line.split(separator: " ").compactMap { Int($0) }
      let found =
        words[0] > 0
        ? sum(values[..<words[0]])
        : sum(values[(-words[0] - 1) * 100..<(-words[0]) * 100].map { $0 * $0 }).squareRoot()
      #expect(found.bitPattern == UInt32(words[1]), "\(words[0])")
    }
  }
}
