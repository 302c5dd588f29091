import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

@Suite struct SafetensorsTests {
  @Test func roundTripsAndKeepsAlignment() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("x.safetensors")
    var writer = SafetensorsWriter(metadata: ["b": "line\n\"quoted\" é", "a": "1"])
    writer.add("small", Buffer<UInt8>([1, 2, 3]), shape: [3])
    writer.add("weights", Matrix(rows: 3, columns: 5, values: (0..<15).map(Float.init)))
    writer.add("nothing", Buffer<Float>([]), shape: [0, 4])
    writer.add("ids", Buffer<Int64>([-1, 7]), shape: [2])
    writer.add("one", Buffer<UInt16>([9]), shape: [])
    try writer.write(to: path)
    let file = try SafetensorsFile(path: path)
    #expect(file.names == ["ids", "nothing", "weights", "one", "small"])
    #expect(file.metadata == ["b": "line\n\"quoted\" é", "a": "1"])
    let weights = try file.tensor("weights")
    #expect(try weights.matrix().row(2) == [10, 11, 12, 13, 14])
    #expect(weights.inPlace(as: Float.self) != nil, "mapped, not copied")
    #expect(try file.tensor("ids").integers(as: Int64.self).array == [-1, 7])
    #expect(try file.tensor("one").integers(as: UInt16.self).array == [9])
    #expect(try file.tensor("nothing").shape == [0, 4])
    let error = #expect(throws: InputError.self) { try file.tensor("bias") }
    #expect(error?.found == "ids, nothing, weights, one, small")

    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    try writer.write(to: path)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
  }

  @Test(.enabled(if: Python.isReady)) func theReferenceReadsWhatWeWrite() throws {
    let folder = try TemporaryFolder()
    var writer = SafetensorsWriter(metadata: ["format": "pt", "note": "naïve \"x\" \\ \u{1}"])
    writer.add("weights", Matrix(rows: 3, columns: 5, values: (0..<15).map(Float.init)))
    writer.add("naïve \"x\"", Buffer<Int64>([-1, 7]), shape: [2, 1])
    writer.add("u16", Buffer<UInt16>([9, 65535]), shape: [2])
    writer.add("empty", Buffer<Float>([]), shape: [0, 4])
    try writer.write(to: folder.file("ours.safetensors"))
    try Python.run(
      """
      import sys, numpy as np
      from safetensors import safe_open
      from safetensors.numpy import load_file, save_file
      path = sys.argv[1] + '/ours.safetensors'
      tensors = load_file(path)
      assert set(tensors) == {'weights', 'naïve "x"', 'u16', 'empty'}
      assert (tensors['weights'] == np.arange(15, dtype='f4').reshape(3, 5)).all() and tensors['weights'].dtype == 'f4'
      assert tensors['naïve "x"'].tolist() == [[-1], [7]] and tensors['naïve "x"'].dtype == 'i8'
      assert tensors['u16'].tolist() == [9, 65535] and tensors['empty'].shape == (0, 4)
      with safe_open(path, 'np') as file:
          assert file.metadata() == {'format': 'pt', 'note': 'naïve "x" \\\\ \\x01'}, file.metadata()
      """, folder.path)
  }

  @Test(.enabled(if: Python.isReady)) func readsWhatTheReferenceWrites() throws {
    let folder = try TemporaryFolder()
    try Python.run(
      """
      import sys, struct, numpy as np
      from safetensors.numpy import save_file
      from safetensors import serialize_file
      rng = np.random.default_rng(5)
      tensors = {}
      for kind in ['?', 'u1', 'u2', 'u4', 'u8', 'i1', 'i2', 'i4', 'i8', 'f2', 'f4', 'f8']:
          dtype = np.dtype(kind)
          bits = rng.integers(0, 256, size=(9, 4 * dtype.itemsize), dtype=np.uint8)
          array = bits[:, :4] > 99 if kind == '?' else bits.view(dtype)
          tensors[kind] = np.ascontiguousarray(array)
      save_file(tensors, sys.argv[1] + '/theirs.safetensors', metadata={'key': 'välue'})
      with np.errstate(all='ignore'):
          for kind, array in tensors.items():
              array.astype('<f4').tofile(f'{sys.argv[1]}/{"b1" if kind == "?" else kind}.f4')
      values = rng.standard_normal((3, 7)).astype('<f4')
      half = (values.view('<u4') >> 16).astype('<u2')
      (half.astype('<u4') << 16).tofile(sys.argv[1] + '/bf16.f4')
      import json
      header = json.dumps({'x': {'dtype': 'BF16', 'shape': [3, 7], 'data_offsets': [0, 42]}}).encode()
      with open(sys.argv[1] + '/bf16.safetensors', 'wb') as file:
          file.write(struct.pack('<Q', len(header)) + header + half.tobytes())
      """, folder.path)
    func compare(_ array: NumericArray, _ name: String) throws {
      let expected = try Data(contentsOf: URL(fileURLWithPath: folder.file(name + ".f4")))
      let found = try array.matrix().values.array
      expected.withUnsafeBytes { raw in
        #expect(raw.count == found.count * 4)
        for (index, value) in found.enumerated() {
          let theirs = raw.loadUnaligned(fromByteOffset: index * 4, as: Float.self)
          #expect(theirs.bitPattern == value.bitPattern || (theirs.isNaN && value.isNaN), "\(name) \(index)")
        }
      }
    }
    let file = try SafetensorsFile(path: folder.file("theirs.safetensors"))
    #expect(file.names.count == 12)
    #expect(file.metadata == ["key": "välue"])
    for name in file.names { try compare(try file.tensor(name), name == "?" ? "b1" : name) }
    try compare(SafetensorsFile(path: folder.file("bf16.safetensors")).tensor("x"), "bf16")
  }
}
