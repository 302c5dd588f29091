import CKernels
import Testing
import Vectors

/// Every body of every kernel against the portable one, over sizes around the vector widths, tails and alignments.
@Suite struct KernelTests {
  struct Body: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let kernels: semid_kernels
  }

  /// The bodies this processor runs, and the sixteen-lane one lowered to it.
  static let bodies: [Body] = {
    var bodies = [Body(testDescription: "wide", kernels: semid_kernels_wide().pointee)]
    for (name, level) in [("avx2", SEMID_AVX2), ("avx512", SEMID_AVX512)] {
      if let kernels = semid_kernels_of(level) {
        bodies.append(Body(testDescription: name, kernels: kernels.pointee))
      } else {
        print("skipped: this processor cannot run the \(name) kernels")
      }
    }
    return bodies
  }()

  static let portable = semid_kernels_of(SEMID_PORTABLE).pointee
  static let sizes = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 127, 384, 391]

  static func floats(_ count: Int, _ random: inout CounterRandom, scale: Double = 1) -> [Float] {
    (0..<count).map { _ in Float((random.uniform() - 0.5) * 2 * scale) }
  }

  @Test(arguments: bodies) func distancesAgree(_ body: Body) {
    var random = CounterRandom(seed: 1)
    for d in Self.sizes {
      for offset in 0..<3 {
        let n = 9
        let rows = Self.floats(n * d + offset, &random)
        let query = Self.floats(d + offset, &random)
        let ids: [UInt32] = (0..<7).map { _ in UInt32(random.below(n)) }
        for (kernel, gather, isL2) in [
          (body.kernels.l2_rows, body.kernels.l2_gather, true), (body.kernels.dot_rows, body.kernels.dot_gather, false),
        ] {
          var all = [Float](repeating: -1, count: n)
          var some = [Float](repeating: -1, count: ids.count)
          rows.withUnsafeBufferPointer { rows in
            query.withUnsafeBufferPointer { query in
              kernel?(query.baseAddress! + offset, rows.baseAddress! + offset, d, n, &all)
              gather?(query.baseAddress! + offset, rows.baseAddress! + offset, d, ids, ids.count, &some)
            }
          }
          for row in 0..<n {
            let exact = (0..<d).reduce(0.0) { sum, j in
              let (a, b) = (Double(query[offset + j]), Double(rows[offset + row * d + j]))
              return sum + (isL2 ? (a - b) * (a - b) : a * b)
            }
            #expect(abs(Double(all[row]) - exact) <= 1e-6 * Double(d) + 1e-6, "d \(d), row \(row)")
          }
          #expect(some == ids.map { all[Int($0)] })
        }
      }
    }
  }

  @Test(arguments: bodies) func sketchesAgree(_ body: Body) {
    var random = CounterRandom(seed: 12)
    for groups in [8, 24, 200, 1048] {
      let query = Self.floats(4 * groups, &random)
      var tables = [UInt8](repeating: 0, count: 16 * groups)
      var step: Float = 0
      var base: Float = 0
      Self.portable.sketch_tables(query, groups, &tables, &step, &base)
      let size = semid_sketch_block_size(groups)
      for slots in [32, 64, 96] {
        let (scales, offsets) = (Self.floats(slots, &random), Self.floats(slots, &random))
        var blocks = (0..<slots / 32 * size).map { _ in UInt8(random.below(256)) }
        blocks.withUnsafeMutableBytes { blocks in
          for slot in 0..<slots {
            let place = slot / 32 * size + 16 * groups + slot % 32 * 4
            blocks.storeBytes(of: scales[slot], toByteOffset: place, as: Float.self)
            blocks.storeBytes(of: offsets[slot], toByteOffset: place + 128, as: Float.self)
          }
        }
        let exact = (0..<slots).map { item in
          let (block, place) = (item / 32, item % 32)
          let sum = (0..<groups).reduce(0.0) { sum, group in
            let byte = blocks[block * size + group * 16 + place % 16]
            let pattern = place < 16 ? byte & 15 : byte >> 4
            return sum
              + (0..<4).reduce(0.0) {
                $0 + (pattern >> UInt8($1) & 1 == 1 ? 1 : -1) * Double(query[4 * group + $1])
              }
          }
          return 0.5 + Double(offsets[item]) - Double(scales[item]) * sum
        }
        // A table entry is off by half a step at most, all of them together by far less than that each.
        let margin = Double(step) * Double(groups).squareRoot() * 2
        tables.withUnsafeBufferPointer { tables in
          var view = semid_sketch_query(groups: groups, tables: tables.baseAddress, step: step, base: base)
          var all = [Float](repeating: 0, count: slots)
          var least = [Float](repeating: 0, count: slots / 32)
          body.kernels.sketch_estimate(&view, blocks, slots / 32, 0.5, &all, &least)
          #expect(zip(all, exact).allSatisfy { abs(Double($0) - $1) < margin })
          #expect(least == stride(from: 0, to: slots, by: 32).map { all[$0..<$0 + 32].min() })
        }
      }
    }
    for power in 0..<11 {
      let values = Self.floats(1 << power, &random)
      var a = values
      var b = values
      body.kernels.hadamard(&a, values.count)
      Self.portable.hadamard(&b, values.count)
      #expect(a == b)
      body.kernels.hadamard(&a, values.count)
      #expect(zip(a, values).allSatisfy { abs($0 / Float(values.count) - $1) < 1e-5 })
    }
  }

  @Test(arguments: bodies) func bytesAgree(_ body: Body) {
    var random = CounterRandom(seed: 13)
    for width in [16, 32, 48, 128, 784, 4096] {
      let rows = (0..<9 * width).map { _ in UInt8(random.below(256)) }
      let ids: [UInt32] = (0..<21).map { _ in UInt32(random.below(9)) }
      // A query on both sides of the bytes, as far as sums of 32 bits go.
      let reach = min(32_000, Int((2e9 / Double(width)).squareRoot()))
      for shift in 0...4 where 255 << shift < reach {
        let query = (0..<width).map { _ in Int16(random.below(2 * reach - 255 << shift) - reach + 255 << shift) }
        var found = [Float](repeating: 0, count: ids.count)
        body.kernels.bytes_l2_gather(query, Int32(shift), rows, width, ids, ids.count, &found)
        let exact = ids.map { id in
          (0..<width).reduce(0) {
            let difference = Int(query[$1]) - Int(rows[Int(id) * width + $1]) << shift
            return $0 + difference * difference
          }
        }
        #expect(found == exact.map { Float($0) }, "width \(width), shift \(shift)")
      }
      let most = min(32_767, Int(2e9 / Double(255 * width)))
      let query = (0..<width).map { _ in Int16(random.below(2 * most) - most) }
      var found = [Float](repeating: 0, count: ids.count)
      body.kernels.bytes_dot_gather(query, rows, width, ids, ids.count, &found)
      #expect(
        found
          == ids.map { id in Float((0..<width).reduce(0) { $0 + Int(query[$1]) * Int(rows[Int(id) * width + $1]) }) })
    }
    for d in Self.sizes {
      let (query, minima) = (Self.floats(d, &random, scale: 300), Self.floats(d, &random, scale: 100))
      var (square, most): (Float, Float) = (0, 0)
      body.kernels.bytes_reach(query, minima, 0.5, d, &square, &most)
      let reaches = zip(query, minima).map { max(abs(($0 - $1) * 0.5), abs(255 - ($0 - $1) * 0.5)) }
      #expect(most == reaches.max())
      #expect(abs(square / reaches.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
      var whole = [Int16](repeating: 0, count: d)
      body.kernels.bytes_query(query, minima, 7.5, d, &whole)
      #expect(zip(whole, zip(query, minima)).allSatisfy { abs(Float($0) - ($1.0 - $1.1) * 7.5) <= 0.501 })
      body.kernels.bytes_query(query, nil, -90, d, &whole)
      #expect(zip(whole, query).allSatisfy { abs(Float($0) + $1 * 90) <= 0.51 })
    }
  }

  @Test(arguments: bodies) func scansAgree(_ body: Body) {
    var random = CounterRandom(seed: 2)
    for levels in 1...6 {
      let sizes = (0..<levels).map { _ in 1 + random.below(300) }
      let offsets = sizes.indices.map { UInt32(sizes[..<$0].reduce(0, +)) }
      let table = Self.floats(sizes.reduce(0, +), &random)
      let n = 37
      let codes = (0..<n).flatMap { _ in sizes.map { UInt16(random.below($0)) } }
      var expected = [Float](repeating: 0, count: n)
      var actual = expected
      Self.portable.scan_codes(table, offsets, levels, codes, n, &expected)
      body.kernels.scan_codes(table, offsets, levels, codes, n, &actual)
      #expect(expected == actual)
      let byHand = (0..<n).map { item in
        (0..<levels).reduce(Float(0)) { $0 + table[Int(offsets[$1]) + Int(codes[item * levels + $1])] }
      }
      #expect(byHand == actual)
    }
  }

  @Test(arguments: bodies + [Body(testDescription: "portable", kernels: portable)])
  func selectionFindsEveryIndex(_ body: Body) {
    var random = CounterRandom(seed: 3)
    for n in [0] + Self.sizes {
      var values = Self.floats(n, &random)
      if n > 3 { values[n / 2] = .nan }
      for threshold: Float in [-2, -0.5, 0, 0.3, 2, .infinity] {
        let expected = values.indices.filter { values[$0] <= threshold }.map { UInt32($0) }
        for capacity in [0, 3, n] {
          var found = [UInt32](repeating: 0, count: max(1, capacity))
          let count = body.kernels.select_below(values, n, threshold, &found, capacity)
          #expect(count == expected.count)
          #expect(Array(found.prefix(min(capacity, count))) == Array(expected.prefix(capacity)))
        }
      }
    }
  }

  /// As many values at most are not above it as may be, and as many at least as are wanted, whatever the values are.
  @Test(arguments: bodies + [Body(testDescription: "portable", kernels: portable)])
  func thresholdsHaveTheirRank(_ body: Body) {
    var random = CounterRandom(seed: 14)
    for n in [0, 1, 7, 8, 33, 500, 4096] {
      let uniform = Self.floats(n, &random)
      var holes = uniform
      for index in stride(from: 0, to: n, by: 3) { holes[index] = index % 2 == 0 ? .nan : .infinity }
      let kinds: [String: [Float]] = [
        "uniform": uniform, "holes": holes, "steep": uniform.map { $0 * $0 * $0 * 1e20 },
        "equal": uniform.map { _ in 3 }, "few": uniform.map { ($0 * 4).rounded() },
        "outlier": uniform.enumerated().map { $0 == 0 ? -3e38 : $0 == 1 ? 3e38 : $1 },
        "none": uniform.map { _ in .nan },
      ]
      for (kind, values) in kinds {
        let finite = values.filter { $0.isFinite }.sorted()
        for wanted in [1, 5, 40, 400, 5000] {
          let most = wanted + wanted / 8
          let threshold = body.kernels.threshold(values, n, wanted, most)
          guard finite.count > most else {
            #expect(threshold == .infinity, "\(kind), \(n), \(wanted)")
            continue
          }
          let count = finite.count { $0 <= threshold }
          #expect(count >= wanted, "\(kind), \(n), \(wanted): \(count)")
          // Where more are taken, no float lies between those that are wanted and the others.
          let apart = kind == "uniform" || kind == "holes"
          #expect(
            !apart || count <= most || finite[wanted - 1].nextUp >= finite[count - 1], "\(kind), \(wanted): \(count)")
        }
      }
    }
  }

  @Test(arguments: bodies + [Body(testDescription: "portable", kernels: portable)])
  func halvesConvertExactly(_ body: Body) {
    let all = (0..<65_536).map { UInt16($0) }
    var floats = [Float](repeating: 0, count: all.count)
    body.kernels.half_to_float(all, all.count, &floats)
    for (half, value) in zip(all, floats) {
      let exponent = Int(half >> 10 & 31)
      let fraction = Double(half & 1023)
      let sign: Double = half >> 15 == 1 ? -1 : 1
      switch exponent {
      case 31 where fraction == 0: #expect(value == Float(sign) * .infinity)
      case 31: #expect(value.isNaN)
      case 0: #expect(Double(value) == sign * fraction * 0x1p-24)
      default:
        #expect(
          Double(value) == sign * (1 + fraction / 1024) * Double(sign: .plus, exponent: exponent - 15, significand: 1))
      }
    }
  }

  @Test(arguments: bodies + [Body(testDescription: "portable", kernels: portable)])
  func brainFloatsAreTheUpperHalf(_ body: Body) {
    let all = (0..<65_536).map { UInt16($0) }
    var floats = [Float](repeating: 0, count: all.count)
    body.kernels.bfloat_to_float(all, all.count, &floats)
    #expect(zip(all, floats).allSatisfy { $1.bitPattern == UInt32($0) << 16 })
  }

  @Test(arguments: bodies + [Body(testDescription: "portable", kernels: portable)])
  func theFirstNonFiniteValueIsFound(_ body: Body) {
    for n in Self.sizes {
      var values = [Float](repeating: -.greatestFiniteMagnitude, count: n)
      #expect(body.kernels.first_non_finite(values, n) == n)
      for (index, bad) in [(n - 1, Float.nan), (n / 2, -.infinity), (0, .infinity)] {
        values[index] = bad
        #expect(body.kernels.first_non_finite(values, n) == index)
      }
    }
  }

  @Test(arguments: bodies + [Body(testDescription: "portable", kernels: portable)])
  func rowsAreSubtractedAndSummed(_ body: Body) {
    var random = CounterRandom(seed: 7)
    for d in Self.sizes {
      var row = Self.floats(d, &random)
      let codeword = Self.floats(d, &random)
      let expected = zip(row, codeword).map { $0 - $1 }
      var sum = [Double](repeating: 1, count: d)
      body.kernels.accumulate(&sum, row, d, -2)
      #expect(sum == row.map { 1 - 2 * Double($0) })
      let square = body.kernels.subtract(&row, codeword, d)
      #expect(row == expected)
      #expect(abs(Double(square) - expected.reduce(0) { $0 + Double($1) * Double($1) }) < 1e-5 * Double(d))
    }
  }
}
