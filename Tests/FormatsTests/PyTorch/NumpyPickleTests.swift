import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

/// numpy's arrays in files of torch and in pickles, and vectors by their ids.
@Suite(.enabled(if: Python.has("torch", "numpy"))) struct NumpyPickleTests {
  private let x: [Float] = (0..<12).map { Float($0) / 2 }

  private func make(_ script: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try Python.run(
      """
      import sys, pickle, collections, numpy as np, torch
      folder = sys.argv[1] + "/"
      x = np.arange(12, dtype="f4").reshape(3, 4) / 2
      ids = ["a", "b", "é"]
      def dump(name, value, protocol=4):
        with open(folder + name, "wb") as f: pickle.dump(value, f, protocol=protocol)

      """ + script, folder.path)
    return folder
  }

  @Test(arguments: [2, 3, 4, 5]) func arraysOfEveryProtocol(protocol version: Int) throws {
    let folder = try make(
      """
      dump("array.pkl", x, \(version))
      dump("dict.pickle", {"embeddings": x.astype("f8"), "ids": ids, "epoch": np.int64(3), "loss": np.float32(0.5)}, \(version))
      dump("order.pkl", {"emb": np.asfortranarray(x), "ids": np.array(ids)}, \(version))
      dump("big.pkl", {"emb": x.astype(">f4"), "item_id": np.array([5, 6, 7], ">i4")}, \(version))
      dump("objects.pkl", {"emb": (x * 2).astype("i1"), "ids": np.array(ids, object)}, \(version))
      dump("byid.pkl", {k: v for k, v in zip(ids, x)}, \(version))
      dump("lists.pkl", {k: v.tolist() for k, v in zip([7, 8, 9], x)}, \(version))
      dump("shaped.pkl", {k: v.reshape(1, 4) for k, v in zip(ids, x)}, \(version))
      dump("rows.pkl", {"ids": ids, "embeddings": x.tolist()}, \(version))
      dump("alone.pkl", x.tolist(), \(version))
      """)
    for (name, ids) in [
      ("array.pkl", nil), ("dict.pickle", ["a", "b", "é"]), ("order.pkl", ["a", "b", "é"]),
      ("big.pkl", ["5", "6", "7"]),
      ("byid.pkl", ["a", "b", "é"]), ("lists.pkl", ["7", "8", "9"]), ("rows.pkl", ["a", "b", "é"]),
      ("shaped.pkl", ["a", "b", "é"]), ("alone.pkl", nil),
    ] as [(String, [String]?)] {
      let set = try EmbeddingSet(opening: folder.file(name))
      #expect(set.vectors.values.array == x, "\(name)")
      #expect(set.ids.map(Array.init) == ids, "\(name)")
    }
    let objects = try EmbeddingSet(opening: folder.file("objects.pkl"))
    let doubled: [Float] = x.map { $0 * 2 }
    #expect(objects.vectors.values.array == doubled)
    #expect(objects.ids?[2] == "é")
    #expect(
      try EmbeddingSet(opening: folder.file("byid.pkl")).input.lines
        == ["vectors: *, 3 × 4, a vector per key", "ids: their names"])
  }

  @Test func arraysInFilesOfTorch() throws {
    let folder = try make(
      """
      torch.save({"emb": x, "ids": np.array(ids), "best": np.float64(0.25)}, folder + "numpy.pt")
      torch.save({k: torch.from_numpy(v.copy()) for k, v in zip(ids, x)}, folder + "byid.pt")
      base = torch.from_numpy(x); torch.save({k: base[i] for i, k in enumerate(ids)}, folder + "views.pt")
      torch.save({k: torch.from_numpy(v.copy()) for k, v in zip(ids, x)}, folder + "legacy.pt", _use_new_zipfile_serialization=False)
      torch.save({"embeddings": {k: torch.from_numpy(v.copy()) for k, v in zip([3, 4, 5], x)}, "dim": 4}, folder + "nested.pt")
      torch.save({i: torch.full((8,), float(i)) for i in range(2000)}, folder + "many.pt")
      """)
    for name in ["numpy", "byid", "views", "legacy", "nested"] {
      let set = try EmbeddingSet(opening: folder.file(name + ".pt"))
      #expect(set.vectors.values.array == x, "\(name)")
      let ids: [String] = name == "nested" ? ["3", "4", "5"] : ["a", "b", "é"]
      #expect(set.ids.map(Array.init) == ids, "\(name)")
    }
    let many = try EmbeddingSet(opening: folder.file("many.pt"))
    let last: [Float] = many.vectors.row(1999)
    #expect(many.count == 2000 && many.ids?[1999] == "1999")
    #expect(last == [Float](repeating: 1999, count: 8))
  }

  @Test func manyNumbersInLists() throws {
    let folder = try make(
      "dump('large.pkl', {'ids': list(range(1500)), 'emb': [[float(i)] * 40 for i in range(1500)]})")
    let set = try EmbeddingSet(opening: folder.file("large.pkl"))
    #expect(set.count == 1500 && set.dimension == 40)
    #expect(set.vectors[1499, 39] == 1499)
    #expect(set.ids?[1499] == "1499")
  }

  @Test func whatIsNotReadSaysSo() throws {
    let folder = try make(
      """
      class Evil:
        def __reduce__(self): return (print, ("executed",))
      dump("call.pkl", {"emb": x, "evil": Evil()})
      dump("tensor.pkl", {"emb": torch.from_numpy(x)})
      dump("structured.pkl", np.zeros(3, [("a", "f4"), ("b", "i4")]))
      dump("ragged.pkl", {"a": x[0], "b": x[1][:2]})
      dump("shared.pkl", [x[0].tolist()] * 100000)
      open(folder + "text.pkl", "w").write("hello")
      """)
    let call = message { try EmbeddingSet(opening: folder.file("call.pkl")) }
    #expect(call.contains("a call of ") && call.contains("print"), "\(call)")
    #expect(message { try EmbeddingSet(opening: folder.file("tensor.pkl")) }.contains("_load_from_bytes"))
    #expect(message { try EmbeddingSet(opening: folder.file("structured.pkl")) }.contains("structured"))
    #expect(
      message { try EmbeddingSet(opening: folder.file("ragged.pkl")) }.contains("found none; it has a: float32 4"))
    let shared = message { try EmbeddingSet(opening: folder.file("shared.pkl")) }
    #expect(shared.contains("numbers in a file of this size"), "\(shared)")
    #expect(message { try EmbeddingSet(opening: folder.file("text.pkl")) }.contains("a pickle of protocol 2 to 5"))
  }

  @Test func damagesAreErrorsOrHarmless() throws {
    let folder = try make(
      "dump('x.pkl', {'emb': x, 'ids': np.array(ids), 'n': np.int64(3), 'o': np.array(ids, object)}, 2)")
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file("x.pkl"))))
    var random = CounterRandom(seed: 17)
    for round in 0..<6000 {
      var bytes = whole
      if round < whole.count { bytes.removeLast(round + 1) }
      for _ in 0..<random.below(4) where !bytes.isEmpty { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
      do {
        let file = try TorchFile(bytes: Buffer(bytes), source: "x.pkl")
        for name in file.names { _ = try file.array(name).floats() }
        for (_, rows) in file.rowSets { _ = try file.matrix(of: rows) }
        _ = file.textLists
      } catch is InputError {}
    }
  }
}
