import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

@Suite struct NPYTests {
  /// A file of version 1 with the dictionary given and `data` bytes behind it.
  static func file(_ dictionary: String, data: Int = 0, version: UInt8 = 1) -> Buffer<UInt8> {
    let text = Array(dictionary.utf8)
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [version, 0]
    for byte in 0..<(version == 1 ? 2 : 4) { bytes.append(UInt8(truncatingIfNeeded: text.count >> (8 * byte))) }
    return Buffer(bytes + text + [UInt8](repeating: 0, count: data))
  }

  @Test(arguments: [
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", [2, 3]),
    ("{\"shape\":(2,3),\"fortran_order\":True,\"descr\":\">f4\"}\n", [2, 3]),
    ("  {'shape': ( 6 , ) , 'descr': '=f4', 'fortran_order': False}   ", [6]),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L)}", [2, 3]),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 1, 1)}", [3, 1, 1]),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (24,)}", [24]),
  ])
  func readsHeadersHoweverTheyAreSpelt(dictionary: String, shape: [Int]) throws {
    #expect(try NPYArray(bytes: Self.file(dictionary, data: 24), source: "x").shape == shape)
  }

  @Test func mapsFloatsInPlace() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("x.npy")
    try NPY.write(Matrix(rows: 100, columns: 5, values: (0..<500).map(Float.init)), to: path)
    let numbers = try NPYArray(path: path).numbers()
    let mapped = numbers.bytes.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    let matrix = try numbers.matrix()
    #expect(matrix.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) } == mapped)
    #expect(mapped % 64 == 0)
    #expect(matrix.row(99) == [495, 496, 497, 498, 499])
  }

  @Test func integersMustFit() throws {
    let folder = try TemporaryFolder()
    try NPY.write(Buffer<Int64>([1, 2, 3, 70_000]), shape: [2, 2], to: folder.file("x.npy"))
    let array = try NPYArray(path: folder.file("x.npy"))
    #expect(try array.integers(as: Int32.self).array == [1, 2, 3, 70_000])
    let error = #expect(throws: InputError.self) { try array.integers(as: UInt16.self) }
    #expect(error?.place == "row 1, column 1 (from 0)")
    #expect(error?.expected == "an integer from 0 to 65535")
    #expect(error?.found == "70000")
    try NPY.write([1.5], to: folder.file("f.npy"))
    let float = #expect(throws: InputError.self) { try NPYArray(path: folder.file("f.npy")).integers(as: Int64.self) }
    #expect(float?.found == "float64")
  }

  /// Random shapes there and back, through memory that is misaligned in every way.
  @Test func roundTripsRandomShapes() throws {
    var random = CounterRandom(seed: 11)
    let folder = try TemporaryFolder()
    let path = folder.file("x.npy")
    for round in 0..<60 {
      let (rows, columns) = (random.below(40) + 1, random.below(40) + 1)
      let matrix = Matrix(
        rows: rows, columns: columns,
        values: (0..<rows * columns).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: random.next())) })
      try NPY.write(matrix, to: path)
      let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
      let shifted = Buffer<UInt8>([UInt8](repeating: 0, count: round % 8) + bytes)
      let window = shifted[slice: round % 8..<shifted.count]
      let read = try NPYArray(bytes: window, source: "x").matrix()
      #expect(read.rows == rows && read.columns == columns)
      #expect(read.values.array.map(\.bitPattern) == matrix.values.array.map(\.bitPattern))
    }
  }

  @Test func aStreamedHeaderKeepsItsLength() {
    let rows = [0, 9, 10, 99_999, Int.max].map { NPY.header(descriptor: "<f4", shape: [$0], spare: 19 - "\($0)".count) }
    #expect(Set(rows.map(\.count)).count == 1)
    let long = NPY.header(descriptor: "<f4", shape: [Int](repeating: 1, count: 25_000))
    #expect(long[6] == 2 && long.count % 64 == 0)
  }
}
