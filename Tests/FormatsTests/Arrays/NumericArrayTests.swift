import Testing
import Vectors

@testable import Formats

@Suite struct NumericArrayTests {
  /// All 65,536 halves against arithmetic on their fields.
  @Test(arguments: [ByteOrder.little, .big]) func convertsEveryHalf(_ order: ByteOrder) throws {
    var bytes: [UInt8] = []
    for bits in UInt16.min ... .max {
      let pair = [UInt8(bits & 255), UInt8(bits >> 8)]
      bytes += order == .little ? pair : pair.reversed()
    }
    let array = try NumericArray(
      elementType: .float16, byteOrder: order, shape: [256, 256], isColumnMajor: false, bytes: Buffer(bytes),
      source: "x")
    let floats = try array.floats()
    for bits in UInt16.min ... .max {
      let exponent = Int(bits >> 10 & 31)
      let fraction = Float(bits & 1023)
      let magnitude: Float =
        switch exponent {
        case 0: fraction * 0x1p-24
        case 31: fraction == 0 ? .infinity : .nan
        default: (1 + fraction / 1024) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
        }
      let expected = bits >> 15 == 1 ? -magnitude : magnitude
      let found = floats[Int(bits)]
      #expect(found.bitPattern == expected.bitPattern || (found.isNaN && expected.isNaN), "\(bits)")
    }
  }

  @Test func sameBitsForAnyNumberOfThreads() throws {
    var random = CounterRandom(seed: 3)
    let (rows, columns) = (1201, 703)
    let bytes = Buffer<UInt8>(count: rows * columns * 2) { bytes in
      for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: random.next()) }
    }
    for type in [ElementType.bfloat16, .float16, .int16] {
      for isColumnMajor in [false, true] {
        let array = try NumericArray(
          elementType: type, byteOrder: .big, shape: [rows, columns], isColumnMajor: isColumnMajor, bytes: bytes,
          source: "x")
        let one = try array.floats(pool: ThreadPool(threads: 1)).array.map(\.bitPattern)
        let four = try array.floats(pool: ThreadPool(threads: 4)).array.map(\.bitPattern)
        #expect(one == four)
      }
    }
  }

  @Test func byteCountsDoNotOverflow() {
    #expect(byteCount(of: [], elementSize: 4) == 4)
    #expect(byteCount(of: [2, 3], elementSize: 4) == 24)
    #expect(byteCount(of: [1 << 60, 4], elementSize: 4) == nil)
    #expect(byteCount(of: [1 << 62, 4, 0], elementSize: 4) == nil)
    #expect(byteCount(of: [1 << 60, 0], elementSize: 1) == 0)
    #expect(byteCount(of: [Int.max], elementSize: 2) == nil)
  }

  @Test func placesAreRowsAndColumns() throws {
    let bytes = Buffer<UInt8>([UInt8](repeating: 0, count: 24))
    func place(_ shape: [Int], _ index: Int, isColumnMajor: Bool = false) throws -> String {
      try NumericArray(elementType: .uint8, shape: shape, isColumnMajor: isColumnMajor, bytes: bytes, source: "x")
        .position(ofElement: index)
    }
    #expect(try place([24], 7) == "row 7 (from 0)")
    #expect(try place([4, 6], 7) == "row 1, column 1 (from 0)")
    #expect(try place([4, 6], 7, isColumnMajor: true) == "row 3, column 1 (from 0)")
    #expect(try place([2, 3, 4], 23) == "index [1, 2, 3] (from 0)")
  }

  @Test func fortranOrderOfThreeDimensionsIsRefused() throws {
    let array = try NumericArray(
      elementType: .float32, shape: [1, 2, 3], isColumnMajor: true, bytes: Buffer([UInt8](repeating: 0, count: 24)),
      source: "x")
    #expect(throws: InputError.self) { try array.floats() }
    #expect(throws: InputError.self) { try array.matrix() }
  }
}
