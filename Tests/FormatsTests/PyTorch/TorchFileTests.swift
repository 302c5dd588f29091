import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

@Suite struct TorchFileTests {
  @Test func whatIsWrittenIsRead() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("x.pt")
    var writer = TorchFileWriter()
    writer.add("encoder.0.weight", Matrix(rows: 3, columns: 5, values: (0..<15).map(Float.init)))
    writer.add("naïve", Buffer<Float>([7]), shape: [])
    writer.add("nothing", Buffer<Float>([]), shape: [0, 4])
    try writer.write(to: path)
    let file = try TorchFile(path: path)
    #expect(file.names == ["encoder.0.weight", "naïve", "nothing"])
    #expect(try file.array("encoder.0.weight").matrix().row(2) == [10, 11, 12, 13, 14])
    #expect(try file.array("naïve").floats().array == [7])
    #expect(try file.description(of: "nothing").shape == [0, 4])
    let error = #expect(throws: InputError.self) { try file.array("bias") }
    #expect(error?.kind == .missing && error?.found?.contains("naïve") == true)
  }

  @Test(.enabled(if: Python.has("torch"))) func filesOfTorchAreRead() throws {
    let folder = try TemporaryFolder()
    try Python.run(
      """
      import sys, torch, collections
      folder = sys.argv[1] + '/'
      x = torch.arange(12, dtype=torch.float32).reshape(3, 4) / 2
      torch.save(x, folder + 'tensor.pt')
      torch.save(torch.nn.Parameter(x), folder + 'parameter.pt')
      torch.save({'emb': x.half(), 'ids': ['a', 'b', 'é'], 'epoch': 3, 'loss': 0.5, 'best': None, 'done': True},
                 folder + 'dict.pt')
      torch.save({'embeddings': x.to(torch.bfloat16), 'ids': torch.tensor([5, 6, -7])}, folder + 'bf16.pt')
      base = torch.arange(40, dtype=torch.float64).reshape(5, 8)
      torch.save({'t': x.t(), 'slice': base[1:4, 2:8:2], 'row': base[2], 'empty': torch.zeros(0, 3),
                  'scalar': torch.tensor(4), 'nested': [{'deep': x + 1}, (x + 2,)]}, folder + 'views.pt')
      torch.save(collections.OrderedDict(a=x, b=x), folder + 'shared.pt')
      torch.save({'emb': x, 'view': base[1:3]}, folder + 'legacy.pt', _use_new_zipfile_serialization=False)
      model = torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.BatchNorm1d(2))
      torch.save(model.state_dict(), folder + 'state.pt')
      """, folder.path)
    let x = (0..<12).map { Float($0) / 2 }
    for name in ["tensor", "parameter"] {
      #expect(try TorchFile(path: folder.file(name + ".pt")).array("").matrix().values.array == x)
      #expect(try EmbeddingSet(opening: folder.file(name + ".pt")).vectors.values.array == x)
    }
    let set = try EmbeddingSet(opening: folder.file("dict.pt"))
    #expect(set.vectors.values.array == x && set.ids.map { [$0[0], $0[1], $0[2]] } == ["a", "b", "é"])
    let halves = try EmbeddingSet(opening: folder.file("bf16.pt"))
    #expect(halves.vectors.values.array == x && halves.ids.map { $0[2] } == "-7")
    let views = try TorchFile(path: folder.file("views.pt"))
    #expect(views.names == ["t", "slice", "row", "empty", "scalar", "nested.0.deep", "nested.1.0"])
    #expect(try views.array("t").matrix().row(1) == [0.5, 2.5, 4.5])
    #expect(try views.array("slice").matrix().values.array == [10, 12, 14, 18, 20, 22, 26, 28, 30])
    #expect(try views.array("row").floats().array == (16..<24).map(Float.init))
    #expect(try views.array("nested.1.0").matrix().values.array == x.map { $0 + 2 })
    #expect(try views.array("scalar").integers(as: Int64.self).array == [4])
    #expect(throws: InputError.self) { try EmbeddingSet(opening: folder.file("views.pt")) }
    let shared = try TorchFile(path: folder.file("shared.pt"))
    #expect(try shared.array("a").matrix().values.array == shared.array("b").matrix().values.array)
    let legacy = try TorchFile(path: folder.file("legacy.pt"))
    #expect(try legacy.array("emb").matrix().values.array == x)
    #expect(try legacy.array("view").matrix().row(0) == (8..<16).map(Float.init))
    #expect(
      try TorchFile(path: folder.file("state.pt")).names
        == ["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked"])
  }

  @Test(.enabled(if: Python.has("torch"))) func torchReadsWhatWeWrite() throws {
    let folder = try TemporaryFolder()
    var writer = TorchFileWriter()
    writer.add("weight", Matrix(rows: 3, columns: 5, values: (0..<15).map(Float.init)))
    writer.add("bias", Buffer<Float>([1, -2, 3]), shape: [3])
    try writer.write(to: folder.file("ours.pt"))
    try Python.run(
      """
      import sys, torch
      state = torch.load(sys.argv[1], weights_only=True)
      assert list(state) == ['weight', 'bias'], state
      assert state['weight'].tolist() == [[float(5 * r + c) for c in range(5)] for r in range(3)]
      assert state['bias'].tolist() == [1, -2, 3] and state['weight'].dtype == torch.float32
      """, folder.file("ours.pt"))
  }

  // MARK: Hostile files

  private static func archive(_ pickle: [UInt8], _ data: [UInt8] = Array(repeating: 0, count: 16)) throws -> Buffer<
    UInt8
  > {
    let folder = try TemporaryFolder()
    try ZipWriter.write(
      [("archive/data.pkl", [Buffer(pickle)]), ("archive/data/0", [Buffer(data)])], to: folder.file("x"), source: "x")
    return Buffer([UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file("x")))))
  }

  /// A tensor's pickle with the given numbers.
  private static func tensor(count: Int32 = 4, offset: Int32 = 0, shape: [Int32], strides: [Int32]) -> [UInt8] {
    var out: [UInt8] = [0x80, 2] + Array("ctorch._utils\n_rebuild_tensor_v2\n((".utf8)
    func string(_ text: String) { out += [0x8C, UInt8(text.utf8.count)] + Array(text.utf8) }
    func integer(_ value: Int32) { out += [UInt8(ascii: "J")] + withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    string("storage")
    out += Array("ctorch\nFloatStorage\n".utf8)
    string("0")
    string("cpu")
    integer(count)
    out += Array("tQ".utf8)
    integer(offset)
    for values in [shape, strides] {
      out.append(UInt8(ascii: "("))
      for value in values { integer(value) }
      out.append(UInt8(ascii: "t"))
    }
    return out + [0x89] + Array(")tR.".utf8)
  }

  @Test func aPlainTensorIsRead() throws {
    let bytes = try Self.archive(Self.tensor(shape: [2, 2], strides: [2, 1]))
    #expect(try TorchFile(bytes: bytes, source: "x").array("").matrix().values.array == [0, 0, 0, 0])
  }

  @Test(
    arguments: [
      (4, 0, [3, 2], [2, 1]), (4, 3, [2], [1]), (4, 0, [2, 2], [100, 1]),
      (4, 0, [1 << 30, 1 << 30, 1 << 30], [0, 0, 0]),
      (4, 0, [-1], [1]), (4, -1, [1], [1]), (-4, 0, [1], [1]), (100, 0, [100], [1]), (4, 0, [5], [0]),
      (4, 0, [2], [1, 1]),
    ] as [(Int32, Int32, [Int32], [Int32])])
  func tensorsBeyondTheirStorageAreRefused(_ count: Int32, _ offset: Int32, _ shape: [Int32], _ strides: [Int32]) throws
  {
    let pickle = Self.tensor(count: count, offset: offset, shape: shape, strides: strides)
    let bytes = try Self.archive(pickle)
    #expect(throws: InputError.self) { _ = try TorchFile(bytes: bytes, source: "x").array("").floats() }
  }

  @Test(arguments: [
    ("cos\nsystem\n(U\u{2}idtR.", "os.system"), ("cbuiltins\neval\n(U\u{1}1tR.", "builtins.eval"),
    ("c__builtin__\ngetattr\n.", "none"), ("]q\u{0}h\u{0}ah\u{0}a.", "none"), ("h\u{5}.", "note 5"), (".", "none"),
    ("(", "the end"), ("}U\u{1}aR.", "called"), ("(tt.", "a mark"), ("K\u{1}K\u{2}s.", "an integer"),
    ("i", "instruction 105"), ("ccollections\nOrderedDict", "the end"), ("X\u{7f}\u{7f}\u{7f}\u{7f}a", "bytes"),
  ])
  func picklesThatAreNoTensors(_ text: String, _ found: String) throws {
    let bytes = try Self.archive([0x80, 2] + text.unicodeScalars.map { UInt8($0.value) })
    do {
      // What only makes names or lists is read, and holds no tensors.
      #expect(try TorchFile(bytes: bytes, source: "x.pt").names.isEmpty && found == "none")
    } catch let error as InputError {
      #expect(error.description.contains(found) || found == "none", "\(error)")
      #expect(error.description.hasPrefix("x.pt"))
    }
  }

  @Test func deepAndWideValuesEndInErrors() throws {
    let lists =
      [UInt8](repeating: UInt8(ascii: "]"), count: 300_000) + [UInt8](repeating: UInt8(ascii: "a"), count: 299_999)
    let tuples = [UInt8(ascii: ")")] + [UInt8](repeating: 0x85, count: 300_000)
    // Each list holds the one before it ten times over.
    var wide = Array("]q\u{0}0".utf8.map { $0 })
    for level in 0..<30 {
      wide += [UInt8(ascii: "]"), UInt8(ascii: "(")]
      for _ in 0..<10 { wide += [UInt8(ascii: "h"), UInt8(level)] }
      wide += [UInt8(ascii: "e"), UInt8(ascii: "q"), UInt8(level + 1), UInt8(ascii: "0")]
    }
    wide += [UInt8(ascii: "h"), 30]
    for pickle in [lists, tuples, wide] {
      let bytes = try Self.archive([0x80, 2] + pickle + [UInt8(ascii: ".")])
      #expect(throws: InputError.self) { _ = try TorchFile(bytes: bytes, source: "x.pt") }
    }
  }

  @Test func everyCutAndManyDamagesAreErrorsOrHarmless() throws {
    let folder = try TemporaryFolder()
    var writer = TorchFileWriter()
    writer.add("a", Matrix(rows: 2, columns: 3, values: [1, 2, 3, 4, 5, 6]))
    try writer.write(to: folder.file("x.pt"))
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file("x.pt"))))
    for length in 0..<whole.count {
      #expect(throws: InputError.self) {
        _ = try TorchFile(bytes: Buffer(Array(whole.prefix(length))), source: "x.pt").array("a").floats()
      }
    }
    var random = CounterRandom(seed: 61)
    for _ in 0..<3000 {
      var damaged = whole
      for _ in 0..<1 + random.below(3) { damaged[random.below(damaged.count)] = UInt8(random.below(256)) }
      do {
        let file = try TorchFile(bytes: Buffer(damaged), source: "x.pt")
        for name in file.names { _ = try file.array(name).floats() }
      } catch is InputError {}
    }
  }
}
