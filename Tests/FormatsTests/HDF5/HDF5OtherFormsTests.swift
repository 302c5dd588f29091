import CHDF5Reader
import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

/// What h5py users write that libhdf5 alone does not read, and vectors one by one.
@Suite(.enabled(if: Python.isReady)) struct HDF5OtherFormsTests {
  private let eighths: [Float] = (0..<40).flatMap { row in (0..<6).map { column in Float(row * 8 + column) } }

  @Test func lzfIsRead() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("l.h5")
    for (name, options) in [
      ("plain", "chunks=(32, 6)"), ("shuffled", "chunks=(7, 4), shuffle=True"), ("checked", "fletcher32=True"),
      ("auto", ""),
    ] {
      for type in ["f4", "f8", "f2", "i2"] {
        try HDF5ReadingTests.make(
          path,
          "f.create_dataset('emb', data=(x * 8).astype('\(type)'), compression='lzf'\(options.isEmpty ? "" : ", ")\(options))"
        )
        let set = try EmbeddingSet(opening: path)
        #expect(set.vectors.values.array == eighths, "\(name) \(type)")
      }
    }
    // Noise that does not pack is stored as it is; long runs pack to the end.
    try HDF5ReadingTests.make(
      path,
      """
      r = np.random.default_rng(3).integers(0, 255, (3000, 64)).astype("u1"); r[1000:2000] = 7; r[2500:, :32] = r[:500, 32:]
      f.create_dataset("emb", data=r, compression="lzf", chunks=(100, 64)); f["same"] = r
      f.create_dataset("ids", data=np.array(["id-%d" % (i * 7919) for i in range(3000)], dtype="S16"), compression="lzf")
      """)
    let set = try EmbeddingSet(opening: path)
    let same = try HDF5File(path: path).matrix("same").values.array
    #expect(set.vectors.values.array == same)
    #expect(set.ids?[2999] == "id-\(2999 * 7919)")
  }

  @Test func lzfThatIsDamagedIsAnError() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("d.h5")
    for bytes in ["[255] * 40", "[32]", "[31, 1, 2]", "[0, 5, 0xE0, 255, 0]", "[0, 5, 0xE0, 255]"] {
      try HDF5ReadingTests.make(
        path,
        """
        f.create_dataset("emb", (40, 6), "f4", compression="lzf", chunks=(40, 6))
        f["emb"].id.write_direct_chunk((0, 0), bytes(\(bytes)))
        """)
      #expect(throws: InputError.self) { try EmbeddingSet(opening: path) }
    }
  }

  @Test func unpackingStaysInBounds() {
    func unpack(_ bytes: [UInt8], _ capacity: Int) -> [UInt8]? {
      var target = [UInt8](repeating: 0xAA, count: capacity + 8)
      let count = semid_lzf_unpack(bytes, bytes.count, &target, capacity)
      #expect(target[capacity...].allSatisfy { $0 == 0xAA })
      return count == 0 ? nil : Array(target[..<count])
    }
    #expect(unpack([2, 1, 2, 3], 3) == [1, 2, 3])
    #expect(unpack([2, 1, 2, 3], 2) == nil)
    #expect(unpack([2, 1, 2], 9) == nil)
    #expect(unpack([0, 5, 0x20, 0], 4) == [5, 5, 5, 5])
    #expect(unpack([0, 5, 0x20, 1], 4) == nil)
    #expect(unpack([0, 5, 0xE0, 3, 0], 13) == [UInt8](repeating: 5, count: 13))
    #expect(unpack([0, 5, 0xE0, 3, 0], 12) == nil)
    for cut in [[0xE0], [0x20], [0xE0, 3]] as [[UInt8]] { #expect(unpack([0, 5] + cut, 64) == nil) }
    #expect(unpack([], 4) == nil)
    var random = CounterRandom(seed: 5)
    for _ in 0..<20_000 {
      _ = unpack((0..<random.below(40)).map { _ in UInt8(random.below(256)) }, random.below(300))
    }
  }

  @Test func aDatasetPerItemIsARow() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("r.h5")
    for group in ["", "items/", "a/b/"] {
      try HDF5ReadingTests.make(
        path, "for i in range(40): f['\(group)n%02d' % i] = x[i].astype('f4' if i % 2 else 'f8')")
      let set = try EmbeddingSet(opening: path)
      HDF5ReadingTests.expectGrid(set.vectors)
      let names: [String] = (0..<40).map { $0 < 10 ? "n0\($0)" : "n\($0)" }
      #expect(set.ids.map(Array.init) == names)
      #expect(set.input.lines == ["vectors: \(group)*, 40 × 6, a dataset per item", "ids: their names"])
    }
    // More than one frame's worth, and names in the order of their bytes.
    try HDF5ReadingTests.make(path, "for i in range(3000): f['%d' % i] = np.full(700, i, 'f4')")
    let many = try EmbeddingSet(opening: path)
    #expect(many.count == 3000 && many.dimension == 700)
    let ids = try #require(many.ids)
    for row in [0, 1, 1700, 2999] {
      let value: Float = many.vectors[row, 699]
      #expect(ids[row] == String(Int(value)))
    }
    try HDF5ReadingTests.make(path, "for i in range(40): f['n%02d' % i] = x[i:i + 1]")
    HDF5ReadingTests.expectGrid(try EmbeddingSet(opening: path).vectors)
    // A matrix goes before, and other lengths are no table.
    try HDF5ReadingTests.make(path, "f['v/a'] = x[0]; f['v/b'] = x[1]; f['m'] = x")
    #expect(
      try EmbeddingSet(opening: path).input.lines.first
        == "vectors: m, 40 × 6, float of 64 bits, the only dataset of vectors")
    #expect(try EmbeddingSet(opening: path, options: .init(vectors: "v/*")).ids.map(Array.init) == ["a", "b"])
    try HDF5ReadingTests.make(path, "f['a'] = x[0]; f['b'] = x[1][:5]")
    #expect(message { try EmbeddingSet(opening: path) }.contains("found none; it has a: float 6, b: float 5"))
    #expect(
      message { try EmbeddingSet(opening: path, options: .init(vectors: "*")) }.contains(
        "b: 5 numbers, where those before it have 6"))
  }
}
