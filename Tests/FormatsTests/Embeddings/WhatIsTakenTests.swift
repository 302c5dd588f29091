import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

/// What is taken for vectors and ids, alike in all formats, and what is said of it.
@Suite(.enabled(if: Python.has("torch", "h5py", "pyarrow", "safetensors"))) struct WhatIsTakenTests {
  /// Writes arrays under their names in a format; `write(path, **arrays)`.
  private static let prologue = """
    import sys, numpy as np
    path = sys.argv[1]
    x = (np.arange(30)[:, None] * 4 + np.arange(4)[None, :]).astype("f4")
    def write(**arrays):
      kind = path.rsplit(".", 1)[1]
      if kind == "npz": np.savez(path, **arrays)
      elif kind == "safetensors":
        from safetensors.numpy import save_file
        save_file({k: np.ascontiguousarray(v) for k, v in arrays.items()}, path)
      elif kind == "pt":
        import torch
        torch.save({k: torch.from_numpy(v) for k, v in arrays.items()}, path)
      elif kind == "h5":
        import h5py
        with h5py.File(path, "w") as f:
          for k, v in arrays.items(): f[k] = v
      else:
        import pyarrow as pa, pyarrow.parquet as pq
        pq.write_table(pa.table({k: v if v.ndim == 1 else pa.FixedSizeListArray.from_arrays(pa.array(v.ravel()), v.shape[1])
                                 for k, v in arrays.items()}), path)

    """
  static let forms = ["npz", "safetensors", "pt", "h5", "parquet"]
  private let expected = (0..<120).map(Float.init)

  private func make(_ folder: TemporaryFolder, _ form: String, _ script: String) throws -> String {
    let path = folder.file("x." + form)
    try Python.run(Self.prologue + script, path)
    return path
  }

  @Test(arguments: forms) func wholeFloatsAreIds(form: String) throws {
    let folder = try TemporaryFolder()
    let wanted: [String] = (17..<47).map { "\($0)" }
    for type in ["f4", "f8"] {
      let path = try make(folder, form, "write(embedding=x, item_id=(np.arange(30) + 17).astype('\(type)'))")
      let set = try EmbeddingSet(opening: path)
      #expect(set.ids.map(Array.init) == wanted)
      #expect(set.input.lines == ["vectors: embedding, 30 × 4", "ids: item_id"])
      #expect(set.input.warnings.isEmpty)
    }
    let path = try make(folder, form, "write(embedding=x, item_id=np.arange(30) + 0.5)")
    let error = message { try EmbeddingSet(opening: path) }
    #expect(error.contains("item_id") && error.contains("row 0 (from 0)") && error.contains("0.5"), "\(error)")
    #expect(error.contains("--ids"), "\(error)")
    #expect(try EmbeddingSet(opening: path, options: .init(idsSource: "none")).ids == nil)
  }

  @Test(arguments: forms) func unknownNamesOfIdsAreNotTakenButTold(form: String) throws {
    let folder = try TemporaryFolder()
    for name in ["product_id", "sku"] {
      let path = try make(folder, form, "write(embedding=x, \(name)=np.arange(30) + 7000)")
      let set = try EmbeddingSet(opening: path)
      #expect(set.ids == nil)
      #expect(set.input.lines == ["vectors: embedding, 30 × 4", "ids: row numbers"])
      #expect(set.input.warnings.count == 1)
      #expect(set.input.warnings.first?.contains("--ids \(name)") == true)
      let named = try EmbeddingSet(opening: path, options: .init(idsSource: name))
      #expect(named.ids?.first == "7000" && named.input.warnings.isEmpty)
      #expect(named.input.lines.last == "ids: \(name)")
    }
  }

  @Test(arguments: forms.filter { $0 != "parquet" }) func oneIdTooFewIsAnError(form: String) throws {
    let folder = try TemporaryFolder()
    for name in ["ids", "item_id"] {
      let path = try make(folder, form, "write(emb=x, \(name)=np.arange(29))")
      let error = message { try EmbeddingSet(opening: path) }
      #expect(error.contains("\"\(name)\": expected 30 ids, one for each row of emb, found 29 ids"), "\(error)")
      #expect(error.contains("--ids none"))
      #expect(try EmbeddingSet(opening: path, options: .init(idsSource: "none")).count == 30)
      #expect(try EmbeddingSet(opening: path, options: .init(readsIDs: false)).count == 30)
    }
  }

  @Test(arguments: forms) func aKnownNameOfAnotherTypeIsAnError(form: String) throws {
    let folder = try TemporaryFolder()
    var path = try make(folder, form, "write(emb=x, item_id=x[:, :2].copy())")
    let ids = message { try EmbeddingSet(opening: path) }
    #expect(ids.contains("\"item_id\": expected ids") && ids.contains("--ids"), "\(ids)")
    path = try make(folder, form, "write(embedding=np.arange(30.0), other=x)")
    let vectors = message { try EmbeddingSet(opening: path) }
    #expect(vectors.contains("\"embedding\": expected vectors") && vectors.contains("--vectors"), "\(vectors)")
    #expect(try EmbeddingSet(opening: path, options: .init(vectors: "other")).vectors.values.array == expected)
  }

  @Test(arguments: forms) func distancesAndNeighborsAreNeverVectors(form: String) throws {
    let folder = try TemporaryFolder()
    for type in ["u1", "i1", "f2", "i4", "f8"] {
      let path = try make(
        folder, form,
        "write(train=x.astype('\(type)'), distances=np.random.random((30, 9)).astype('f4'), neighbors=np.zeros((30, 9), 'i4'))"
      )
      let set = try EmbeddingSet(opening: path)
      #expect(set.vectors.values.array == expected, "\(type)")
      #expect(set.input.lines.first?.hasPrefix("vectors: train, 30 × 4, ") == true, "\(set.input.lines)")
    }
    let path = try make(folder, form, "write(distances=x, neighbors=np.zeros((30, 9), 'i4'))")
    #expect(message { try EmbeddingSet(opening: path) }.contains("found none; it has "))
    #expect(try EmbeddingSet(opening: path, options: .init(vectors: "distances")).count == 30)
  }

  @Test(arguments: forms) func integersUnderAnyNameAreReadWhereTheyAreTheOnlyOnes(form: String) throws {
    let folder = try TemporaryFolder()
    for type in ["u1", "i1", "i2", "i8"] {
      let path = try make(folder, form, "write(pixels=x.astype('\(type)'), n=np.arange(30.0))")
      let set = try EmbeddingSet(opening: path)
      #expect(set.vectors.values.array == expected)
      let line = set.input.lines.first ?? ""
      #expect(line.hasPrefix("vectors: pixels, 30 × 4, ") && line.hasSuffix(" of vectors"), "\(line)")
    }
    let path = try make(folder, form, "write(a=x, b=x.astype('i1'))")
    #expect(message { try EmbeddingSet(opening: path) }.contains("found 2: a: "))
  }

  @Test func idsBesideAreTold() throws {
    let folder = try TemporaryFolder()
    let path = try make(folder, "npz", "write(emb=x, number=np.arange(30))")
    try Identifiers.write(StringColumn((0..<30).map { "b\($0)" }), json: folder.file("ids.json"))
    let set = try EmbeddingSet(opening: path)
    #expect(set.ids?.first == "b0" && set.input.warnings.isEmpty)
    #expect(set.input.lines.last == "ids: ids.json (beside x.npz)")
    let none = try EmbeddingSet(opening: path, options: .init(idsSource: "none"))
    #expect(none.ids == nil && none.input.lines.last == "ids: row numbers" && none.input.warnings.isEmpty)
    let file = try EmbeddingSet(opening: path, options: .init(idsSource: folder.file("ids.json")))
    #expect(file.input.lines.last == "ids: \(folder.file("ids.json"))")
    let absent = message { try EmbeddingSet(opening: path, options: .init(idsSource: "absent")) }
    #expect(absent.contains("expected a file, one of the arrays of ") && absent.contains("found absent"), "\(absent)")
  }
}
