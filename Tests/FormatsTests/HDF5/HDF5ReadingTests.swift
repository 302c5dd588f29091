import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

/// Files that h5py writes.
@Suite(.enabled(if: Python.isReady)) struct HDF5ReadingTests {
  /// Runs `script` with numpy as `np`, h5py, the open file `f` and the values `x[i][j] = i + j / 8`.
  static func make(_ path: String, _ script: String, options: String = "") throws {
    let prologue = """
      import sys, h5py, numpy as np
      x = np.arange(40)[:, None] + np.arange(6)[None, :] / 8
      with h5py.File(sys.argv[1], "w"\(options.isEmpty ? "" : ", " + options)) as f:

      """
    let body = script.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }.joined(separator: "\n")
    try Python.run(prologue + body, path)
  }

  static func expectGrid(_ matrix: Matrix, rows: Int = 40, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(matrix.rows == rows && matrix.columns == 6, sourceLocation: sourceLocation)
    let expected = (0..<rows).flatMap { row in (0..<6).map { Float(row) + Float($0) / 8 } }
    #expect(matrix.values.array == expected, sourceLocation: sourceLocation)
  }

  @Test func readsEveryTypeAndLayout() throws {
    let folder = try TemporaryFolder()
    for (name, options) in [("old", "libver='earliest'"), ("new", "libver='latest'")] {
      let path = folder.file(name + ".h5")
      try Self.make(
        path,
        """
        for t in ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8"]:
          f["contiguous/" + t] = x.astype(t)
          f.create_dataset("chunked/" + t, data=x.astype(t), chunks=(7, 4))
          f.create_dataset("gzip/" + t, data=x.astype(t), chunks=(16, 6), compression="gzip", shuffle=True, fletcher32=True)
          f.create_dataset("grown/" + t, data=x.astype(t), chunks=(3, 5), maxshape=(None, None))
        d = h5py.h5p.create(h5py.h5p.DATASET_CREATE); d.set_layout(h5py.h5d.COMPACT)
        s = h5py.h5d.create(f.id, b"compact", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((40, 6)), d)
        s.write(h5py.h5s.ALL, h5py.h5s.ALL, x.astype("f4"))
        f.create_dataset("scaled", data=x.astype("f4"), chunks=(8, 6), scaleoffset=3)
        """, options: options)
      let file = try HDF5File(path: path)
      #expect(file.datasets.count == 26)
      for dataset in file.datasets {
        #expect(dataset.shape == [40, 6] && dataset.element == .float)
        Self.expectGrid(try file.matrix(dataset.name))
        Self.expectGrid(try file.matrix("/" + dataset.name))
      }
      // Only the plain one is where it lies; the compact one hides in a header.
      #expect(file.datasets.filter { $0.floatOffset != nil }.map(\.name) == ["contiguous/<f4"])
    }
  }

  @Test func readsIntegersOfEveryWidth() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("i.h5")
    try Self.make(
      path,
      """
      y = np.arange(24).reshape(8, 3)
      for t in ["i1", "u1", "<i2", ">i2", "u2", "<i4", ">i4", "u4", "i8", ">i8", "u8"]:
        f[t] = y.astype(t)
      f["one"] = np.arange(5)
      f["wide"] = np.array([[1, 2], [3, 1 << 40]])
      f["negative"] = np.array([-1, 2])
      f["huge"] = np.array([1, 2, 2**63 + 5], "u8")
      f["packed"] = f.create_dataset("p", data=np.arange(9000).reshape(3000, 3), chunks=(100, 2), compression="gzip")[:]
      f["empty"] = np.zeros((0, 3), "i4")
      """)
    let file = try HDF5File(path: path)
    for type in ["i1", "u1", "<i2", ">i2", "u2", "<i4", ">i4", "u4", "i8", ">i8", "u8"] {
      let (rows, columns, values) = try file.integers(type)
      #expect(rows == 8 && columns == 3 && values.array == (0..<24).map(Int64.init))
      #expect(try file.integers(type, as: UInt8.self).values.array == (0..<24).map(UInt8.init))
      // By name, integers will do as vectors.
      #expect(try file.matrix(type).values.array == (0..<24).map(Float.init))
    }
    let one = try file.integers("one", as: Int32.self)
    #expect(one.rows == 5 && one.columns == 1 && one.values.array == [0, 1, 2, 3, 4])
    #expect(try file.integers("packed").values.array == (0..<9000).map(Int64.init))
    #expect(try file.integers("p").values.array == (0..<9000).map(Int64.init))
    #expect(try file.integers("empty").values.isEmpty)
    #expect(message { try file.integers("wide", as: Int32.self) }.contains("\"wide\", row 1 (from 0)"))
    #expect(message { try file.integers("negative", as: UInt16.self) }.contains("-1"))
    #expect(message { try file.integers("huge") }.contains("row 2 holds 9223372036854775813"))
  }

  @Test func readsStringsAndAttributes() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("s.h5")
    try Self.make(
      path,
      """
      words = ["", "a", "schön", "日本語", "x" * 3000]
      f["variable"] = words
      f.create_dataset("packed", data=words, chunks=(2,), compression="gzip")
      f["column"] = np.array(words, object).reshape(5, 1).astype(h5py.string_dtype())
      f["fixed"] = np.array([w.encode() for w in words], "S3000")
      f.create_dataset("utf8", data=[w.encode() for w in words], dtype=h5py.string_dtype("utf-8", 3000))
      t = h5py.h5t.C_S1.copy(); t.set_size(4); t.set_strpad(h5py.h5t.STR_SPACEPAD)
      s = h5py.h5d.create(f.id, b"spaces", t, h5py.h5s.create_simple((2,)))
      s.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([b"ab  ", b"abcd"]), mtype=t)
      f["many"] = ["item-%d" % i for i in range(50000)]
      f["latin"] = np.array([b"ok", b"sch\\xf6n"])
      f["empty"] = np.array([], h5py.string_dtype())
      f["square"] = np.array([["a", "b"], ["c", "d"]], object).astype(h5py.string_dtype())
      f.attrs["distance"] = "euclidean"
      f.attrs["fixed"] = np.bytes_(b"angular")
      f.attrs["dimension"] = 784
      f.attrs["scale"] = 0.5
      f.attrs["many"] = [1, 2]
      f.attrs["none"] = h5py.Empty("f4")
      """)
    let file = try HDF5File(path: path)
    let words = ["", "a", "schön", "日本語", String(repeating: "x", count: 3000)]
    for name in ["variable", "packed", "column", "fixed", "utf8"] {
      #expect(Array(try file.strings(name)) == words, "\(name)")
    }
    #expect(Array(try file.strings("spaces")) == ["ab", "abcd"])
    #expect(Array(try file.strings("many")) == (0..<50000).map { "item-\($0)" })
    #expect(try file.strings("empty").isEmpty)
    #expect(message { try file.strings("latin") }.contains("row 1 (from 0): expected UTF-8"))
    #expect(message { try file.strings("square") }.contains("2 columns"))
    #expect(file.attribute("distance") == "euclidean")
    #expect(file.attribute("fixed") == "angular")
    #expect(file.attributes["dimension"] == .integer(784))
    #expect(file.attributes["scale"] == .float(0.5))
    #expect(file.attribute("dimension") == nil && file.attributes["many"] == nil && file.attributes["none"] == nil)
  }

  @Test func choosesTheMatrix() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("c.h5")
    func choice(_ script: String) throws -> Matrix {
      try Self.make(path, script)
      return try HDF5File(path: path).matrix()
    }
    Self.expectGrid(try choice("f['deep/inside'] = x; f['ids'] = np.arange(40); f['codes'] = np.zeros((40, 3), 'i4')"))
    Self.expectGrid(try choice("f['train'] = x; f['distances'] = x + 1; f['test'] = x + 2"))
    Self.expectGrid(try choice("f['a'] = x + 1; f['emb'] = x"))
    let many = message { try choice("f['a'] = x; f['b'] = x") }
    #expect(many.contains("name the dataset") && many.contains("a: float 40 × 6, b: float 40 × 6"))
    #expect(message { try choice("f['codes'] = np.zeros((40, 3), 'i4')") }.contains("codes: integer 40 × 3"))
    #expect(message { try choice("pass") }.contains("it has no datasets"))
  }

  @Test func mapsAfterAUserBlock() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("u.h5")
    try Self.make(path, "f['x'] = x.astype('f4')", options: "userblock_size=1024")
    let file = try HDF5File(path: path)
    #expect(file.datasets[0].floatOffset != nil)
    Self.expectGrid(try file.matrix())
  }

  @Test func readsEmptyMatrices() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("e.h5")
    try Self.make(
      path,
      """
      f["a"] = np.zeros((0, 6), "f4"); f["b"] = np.zeros((5, 0), "f8")
      f.create_dataset("c", (0, 6), "f4", chunks=(4, 6), maxshape=(None, 6), compression="gzip")
      """)
    let file = try HDF5File(path: path)
    for (name, shape) in [("a", [0, 6]), ("b", [5, 0]), ("c", [0, 6])] {
      let matrix = try file.matrix(name)
      #expect([matrix.rows, matrix.columns] == shape)
    }
  }

  @Test func refusesWhatIsNoMatrix() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("r.h5")
    try Self.make(
      path,
      """
      f["cube"] = np.zeros((2, 3, 4), "f4")
      f["line"] = np.zeros(5, "f4")
      f["number"] = 3.5
      f["words"] = np.array([["a"]], object).astype(h5py.string_dtype())
      f["truth"] = np.zeros((2, 2), bool)
      f["pairs"] = np.zeros((2, 2), "c8")
      f["nothing"] = h5py.Empty("f4")
      p = h5py.h5p.create(h5py.h5p.DATASET_CREATE); p.set_chunk((8, 6)); p.set_filter(32022, h5py.h5z.FLAG_OPTIONAL)
      d = h5py.h5d.create(f.id, b"unknown", h5py.h5t.NATIVE_FLOAT, h5py.h5s.create_simple((40, 6)), p)
      for i in range(0, 40, 8): d.write_direct_chunk((i, 0), x[i:i + 8].astype("f4").tobytes())
      f["outside"] = h5py.ExternalLink("other.h5", "/x")
      f.create_dataset("elsewhere", (4, 4), "f4", external=[("/etc/passwd", 0, 64)])
      v = h5py.VirtualLayout((40, 6), "f4"); v[:] = h5py.VirtualSource("other.h5", "x", (40, 6))
      f.create_virtual_dataset("virtual", v)
      """)
    let file = try HDF5File(path: path)
    #expect(message { try file.matrix("cube") }.contains("dataset \"cube\": expected two dimensions"))
    #expect(message { try file.matrix("line") }.contains("found 1 dimension"))
    #expect(message { try file.matrix("number") }.contains("found 0 dimensions"))
    for name in ["words", "truth", "pairs"] {
      #expect(message { try file.matrix(name) }.contains("expected numbers"))
    }
    #expect(throws: InputError.self) { try file.matrix("nothing") }
    let unknown = message { try file.matrix("unknown") }
    #expect(unknown.contains("filter 32022") && unknown.contains("HDF5_PLUGIN_PATH") && unknown.contains("gzip"))
    #expect(message { try file.matrix("outside") }.contains("no such dataset"))
    #expect(message { try file.matrix("elsewhere") }.contains("kept in other files"))
    #expect(message { try file.matrix("virtual") }.contains("kept in other files"))
    #expect(message { try file.matrix("absent") }.contains("it has cube: float 2 × 3 × 4"))
    #expect(message { try file.integers("words") }.contains("expected integers"))
    #expect(message { try file.strings("cube") }.contains("expected strings"))
  }

  /// What reads as zeros because nobody wrote it, and what claims more than any file of its size holds.
  @Test func refusesClaimsThatNothingBacks() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("h.h5")
    try Self.make(
      path,
      """
      f.create_dataset("huge", (2**60, 6), "f4", chunks=(1024, 6), compression="gzip")
      f.create_dataset("vast", (2**50, 2**12), "f8", chunks=(1024, 64))
      f.create_dataset("unwritten", (1000, 6), "f4")
      d = f.create_dataset("partial", (100, 6), "f4", chunks=(10, 6)); d[:50] = 1
      f.create_dataset("words", (2**58,), h5py.string_dtype(), chunks=(1024,))
      f.create_dataset("numbers", (2**60,), "i8", chunks=(1024,))
      """)
    let file = try HDF5File(path: path)
    #expect(message { try file.matrix("huge") }.contains("bytes in memory"))
    #expect(message { try file.matrix("vast") }.contains("bytes in memory"))
    #expect(message { try file.matrix("unwritten") }.contains("1000 rows of 6 columns in 0 stored bytes"))
    #expect(message { try file.matrix("partial") }.contains("stored bytes"))
    #expect(throws: InputError.self) { try file.strings("words") }
    #expect(throws: InputError.self) { try file.integers("numbers") }
    // Within memory, beyond what its 50 rows can be.
    let roomy = try HDF5File(path: path, options: .init(maximumBytes: .max))
    #expect(throws: InputError.self) { try roomy.matrix("huge") }
    let tight = try HDF5File(path: path, options: .init(maximumBytes: 100))
    #expect(message { try tight.matrix("partial") }.contains("at most 100 bytes"))
  }

  @Test func saysWhatIsNoHDF5() throws {
    let folder = try TemporaryFolder()
    #expect(message { try HDF5File(path: folder.file("absent.h5")) }.contains("a readable file"))
    #expect(throws: InputError.self) { try HDF5File(path: folder.path) }
    try "".write(toFile: folder.file("empty.h5"), atomically: true, encoding: .utf8)
    try "PK not hdf5 at all".write(toFile: folder.file("other.h5"), atomically: true, encoding: .utf8)
    for name in ["empty.h5", "other.h5"] {
      #expect(message { try HDF5File(path: folder.file(name)) }.contains("expected an HDF5 file"))
    }
    let path = folder.file("cut.h5")
    try Self.make(path, "f['x'] = x")
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    try whole.prefix(2000).write(to: URL(fileURLWithPath: path))
    #expect(message { try HDF5File(path: path) }.contains("truncated file"))
  }
}

/// The text of the error that `body` throws, which must be an `InputError`.
func message<Result>(_ body: () throws -> Result, sourceLocation: SourceLocation = #_sourceLocation) -> String {
  do {
    _ = try body()
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    return ""
  } catch let error as InputError {
    return error.description
  } catch {
    Issue.record("not an InputError: \(error)", sourceLocation: sourceLocation)
    return ""
  }
}
