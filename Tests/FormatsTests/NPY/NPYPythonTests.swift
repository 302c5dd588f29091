import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

/// What numpy writes we open, and what we write numpy opens.
@Suite(.enabled(if: Python.isReady)) struct NPYPythonTests {
  /// Every type, byte order, version and memory order; beside each array its float32 and int64 forms by numpy's own
  /// conversion.
  @Test func opensWhatNumpyWrites() throws {
    let folder = try TemporaryFolder()
    let listing = try Python.run(
      """
      import sys, numpy as np, itertools
      from numpy.lib import format
      folder = sys.argv[1]
      rng = np.random.default_rng(7)
      types = ['b1'] + [k + s for k in 'iu' for s in '1248'] + ['f2', 'f4', 'f8']
      for kind, order, version, memory in itertools.product(types, '<>', [(1, 0), (2, 0), (3, 0)], 'CF'):
          for shape in [(1, 1), (5, 3), (67, 130), (17,), (0, 4)]:
              bits = rng.integers(0, 256, size=shape + (int(kind[1]),), dtype=np.uint8)
              if kind == 'b1':
                  array = bits[..., 0] > 127
              else:
                  array = bits.view(np.dtype(order + kind))[..., 0]
              array = np.asarray(array, order=memory)
              name = f"{order}{kind}-{version[0]}-{memory}-{'x'.join(map(str, shape))}"
              with open(f'{folder}/{name}.npy', 'wb') as file:
                  format.write_array(file, array, version=version)
              with np.errstate(all='ignore'):
                  array.astype('<f4').tofile(f'{folder}/{name}.f4')
                  if array.dtype.kind in 'iub' and kind != 'u8':
                      array.astype('<i8').tofile(f'{folder}/{name}.i8')
              print(name)
      """, folder.path)
    let names = listing.split(separator: "\n").map(String.init)
    #expect(names.count == 12 * 2 * 3 * 2 * 5)
    for name in names {
      let array = try NPYArray(path: folder.file(name + ".npy"))
      let numbers = try array.numbers()
      let expected = try Data(contentsOf: URL(fileURLWithPath: folder.file(name + ".f4")))
      let floats = try numbers.floats(pool: ThreadPool(threads: 2)).array
      let same = expected.withUnsafeBytes { raw in
        raw.count == floats.count * 4
          && floats.indices.allSatisfy {
            let theirs = raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self)
            return theirs.bitPattern == floats[$0].bitPattern || (theirs.isNaN && floats[$0].isNaN)
          }
      }
      #expect(same, "\(name)")
      if let expected = try? Data(contentsOf: URL(fileURLWithPath: folder.file(name + ".i8"))) {
        let integers = try numbers.integers(as: Int64.self).array
        #expect(integers.withUnsafeBytes { expected.elementsEqual($0) }, "\(name)")
      }
    }
  }

  @Test func numpyOpensWhatWeWrite() throws {
    let folder = try TemporaryFolder()
    let matrix = Matrix(rows: 7, columns: 3, values: (0..<21).map { Float($0) / 3 })
    try NPY.write(matrix, to: folder.file("matrix.npy"))
    try NPY.write([Int32.min, -1, 0, .max], to: folder.file("i4.npy"))
    try NPY.write(Buffer<UInt16>([0, 1, 65535, 4, 5, 6]), shape: [3, 2], to: folder.file("u2.npy"))
    try NPY.write([UInt8](), to: folder.file("empty.npy"))
    try NPY.write([Double.pi], to: folder.file("f8.npy"))
    try NPY.write(Buffer<Int64>([9]), shape: [], to: folder.file("scalar.npy"))
    try NPY.write(StringColumn(["a", "", "naïve — 日本 🦆", "x\u{0}y"]), to: folder.file("text.npy"))
    try NPY.write(StringColumn([]), to: folder.file("notext.npy"))
    try NPY.stream(Float.self, columns: 3, to: folder.file("stream.npy")) { rows in
      for piece in [0..<2, 2..<2, 2..<7] { try rows.append(matrix[rows: piece].values) }
    }
    try NPY.stream(Int8.self, columns: nil, to: folder.file("stream1.npy")) { rows in
      for _ in 0..<1000 { try rows.append(Buffer<Int8>([-3])) }
    }
    try Python.run(
      """
      import sys, numpy as np
      def load(name, dtype, shape, **kw):
          array = np.load(f'{sys.argv[1]}/{name}.npy', **kw)
          assert array.dtype == np.dtype(dtype) and array.shape == shape, (name, array.dtype, array.shape)
          return array
      expected = (np.arange(21, dtype='f4') / np.float32(3)).reshape(7, 3)
      for name in ['matrix', 'stream']:
          mapped = load(name, '<f4', (7, 3), mmap_mode='r')
          assert (mapped == expected).all() and mapped.offset % 64 == 0
      assert load('i4', '<i4', (4,)).tolist() == [-2**31, -1, 0, 2**31 - 1]
      assert load('u2', '<u2', (3, 2)).tolist() == [[0, 1], [65535, 4], [5, 6]]
      load('empty', 'u1', (0,))
      assert load('f8', '<f8', (1,))[0] == np.pi
      assert load('scalar', '<i8', ()) == 9
      assert load('text', '<U12', (4,)).tolist() == ['a', '', 'naïve — 日本 🦆', 'x\\0y']
      load('notext', '<U1', (0,))
      assert (load('stream1', 'i1', (1000,)) == -3).all()
      """, folder.path)
  }

  @Test func opensNumpysStrings() throws {
    let folder = try TemporaryFolder()
    try Python.run(
      """
      import sys, numpy as np
      folder = sys.argv[1]
      texts = ['a', '', 'naïve', '日本 🦆', 'x\\0y', 'B00ABC']
      for order in '<>':
          np.save(f'{folder}/{order}.npy', np.array(texts).astype(order + 'U9'))
      np.save(f'{folder}/bytes.npy', np.array([t.encode() for t in texts]))
      np.save(f'{folder}/latin.npy', np.array([b'ok', 'é'.encode('latin1')]))
      np.save(f'{folder}/objects.npy', np.array(texts, dtype=object), allow_pickle=True)
      np.save(f'{folder}/fields.npy', np.zeros(3, dtype=[('id', 'i4'), ('x', 'f4')]))
      np.save(f'{folder}/complex.npy', np.zeros(3, dtype='c8'))
      np.save(f'{folder}/date.npy', np.zeros(3, dtype='M8[s]'))
      """, folder.path)
    let expected = ["a", "", "naïve", "日本 🦆", "x\u{0}y", "B00ABC"]
    for name in ["<", ">", "bytes"] {
      #expect(try Array(NPYArray(path: folder.file(name + ".npy")).strings()) == expected, "\(name)")
    }
    let latin = #expect(throws: InputError.self) { try NPYArray(path: folder.file("latin.npy")).strings() }
    #expect(latin?.place == "row 1 (from 0)")
    for (name, reason) in [
      ("objects", "Python objects"), ("fields", "structured type"), ("complex", "'<c8'"), ("date", "'<M8[s]'"),
    ] {
      let error = #expect(throws: InputError.self) { try NPYArray(path: folder.file(name + ".npy")) }
      #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }
  }
}
