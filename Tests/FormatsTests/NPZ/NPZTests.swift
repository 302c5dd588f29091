import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

@Suite struct NPZTests {
  private let matrix = Matrix(rows: 50, columns: 8, values: (0..<400).map { Float($0 % 7) })

  @Test(arguments: [false, true]) func roundTrips(deflated: Bool) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("x.npz")
    var writer = NPZWriter()
    writer.add("codebook_0", matrix)
    writer.add("codes", Buffer<UInt16>([1, 2, 3, 4]), shape: [2, 2])
    writer.add("none", Buffer<Int64>([]), shape: [0])
    try writer.write(to: path, deflated: deflated)
    let file = try NPZFile(path: path)
    #expect(file.keys == ["codebook_0", "codes", "none"])
    #expect(try file.array("codebook_0").matrix().values.array == matrix.values.array)
    #expect(try file.array("codes").integers(as: UInt16.self).array == [1, 2, 3, 4])
    #expect(try file.array("none").shape == [0])
    let error = #expect(throws: InputError.self) { try file.array("other") }
    #expect(error?.kind == .missing)
    #expect(error?.found == "codebook_0, codes, none")

    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    try writer.write(to: path, deflated: deflated)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes, "the same arrays give the same bytes")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["x.npz"])
  }

  @Test(.enabled(if: Python.isReady)) func numpyAndWeReadEachOther() throws {
    let folder = try TemporaryFolder()
    var writer = NPZWriter()
    writer.add("a", matrix)
    writer.add("b", Buffer<Int32>([-1, 5]), shape: [2])
    try writer.write(to: folder.file("stored.npz"))
    try writer.write(to: folder.file("deflated.npz"), deflated: true)
    try Python.run(
      """
      import sys, numpy as np
      folder = sys.argv[1]
      a = (np.arange(400) % 7).astype('f4').reshape(50, 8)
      for name in ['stored', 'deflated']:
          file = np.load(f'{folder}/{name}.npz')
          assert file.files == ['a', 'b'] and (file['a'] == a).all() and file['b'].tolist() == [-1, 5]
      big = np.arange(300_000, dtype='f8').reshape(3000, 100)
      np.savez(f'{folder}/s.npz', a, big=big, f=np.asfortranarray(big.astype('f4')), ids=np.array(['x', 'yy']))
      np.savez_compressed(f'{folder}/c.npz', a, big=big, f=np.asfortranarray(big.astype('f4')), ids=np.array(['x', 'yy']))
      """, folder.path)
    for name in ["s.npz", "c.npz"] {
      let file = try NPZFile(path: folder.file(name))
      #expect(file.keys.sorted() == ["arr_0", "big", "f", "ids"])
      #expect(try file.array("arr_0").matrix().values.array == matrix.values.array)
      for key in ["big", "f"] {
        let big = try file.array(key).matrix()
        #expect(big.rows == 3000 && big.columns == 100)
        #expect(big.values.array == (0..<300_000).map { Float($0) })
      }
      #expect(try Array(file.array("ids").strings()) == ["x", "yy"])
    }
  }

  /// A small archive whose entry unpacks to far more than its array needs, and one that lies about the size.
  @Test(.enabled(if: Python.isReady)) func bombsAndLiesAreRefused() throws {
    let folder = try TemporaryFolder()
    try Python.run(
      """
      import sys, zipfile, zlib, struct, numpy as np
      folder = sys.argv[1]
      def npy(shape, data):
          text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}".encode()
          return b'\\x93NUMPY\\x01\\x00' + struct.pack('<H', len(text)) + text + data
      def archive(name, contents, patch=None):
          with zipfile.ZipFile(f'{folder}/{name}', 'w', zipfile.ZIP_DEFLATED) as zip:
              zip.writestr('x.npy', contents)
          if patch:
              with open(f'{folder}/{name}', 'rb') as file: data = file.read()
              with open(f'{folder}/{name}', 'wb') as file: file.write(patch(data))
      archive('bomb.npz', npy((4, 4), bytes(50_000_000)))
      archive('short.npz', npy((2**40, 2**20), bytes(100)))
      old = struct.pack('<I', len(npy((4, 4), bytes(64))))
      archive('claim.npz', npy((4, 4), bytes(64)), lambda d: d.replace(old, struct.pack('<I', 0xfffffff0)))
      crc = struct.pack('<I', zlib.crc32(npy((4, 4), bytes(64))))
      archive('checksum.npz', npy((4, 4), bytes(64)), lambda d: d.replace(crc, b'abcd'))
      random = np.random.default_rng(0).bytes(100_000)
      archive('damaged.npz', npy((25_000,), random), lambda d: d[:50_000] + bytes(100) + d[50_100:])
      with zipfile.ZipFile(f'{folder}/lzma.npz', 'w', zipfile.ZIP_LZMA) as zip: zip.writestr('x.npy', npy((4,), bytes(16)))
      """, folder.path)
    for (name, expected) in [
      ("bomb.npz", "expected 64 bytes of data for shape (4, 4)"),
      ("short.npz", "bytes of data for shape (1099511627776, 1048576), found 100 bytes"),
      ("claim.npz", "expected at most"),
      ("checksum.npz", "CRC error"),
      ("damaged.npz", "the archive is damaged"),
      ("lzma.npz", "another compression"),
    ] {
      let error = #expect(throws: InputError.self, "\(name)") {
        try NPZFile(path: folder.file(name)).array("x").matrix()
      }
      #expect(
        error?.description.contains(expected) == true, "\(name): \(String(describing: error))")
    }
  }
}
