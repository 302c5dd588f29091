import Formats
import Foundation
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Evaluation

@Suite struct AtlasExportTests {
  private static func items(_ count: Int, titled: Bool = true) -> CatalogueReport.Items {
    CatalogueReport.Items(
      // Whole numbers: many ties, and equal vectors.
      vectors: Naive.vectors(count, 3, values: 3, seed: 1),
      ids: titled ? StringColumn((0..<count).map { "i/\($0)" }) : nil,
      titles: titled ? StringColumn((0..<count).map { "thing \($0 % 5) «\($0)»" }) : nil,
      columns: titled ? [.init(name: "brand", texts: StringColumn((0..<count).map { "b\($0 % 3)" }))] : [],
      source: "x.npy")
  }

  @Test(.enabled(if: Python.isReady), arguments: [Metric.l2, .cosine])
  func columnsHaveTheFormThatEmbeddingAtlasAsksFor(metric: Metric) throws {
    let folder = try TemporaryFolder()
    let codes = try Naive.codes(120, [4, 5, 6], seed: 2)
    try codes.write(to: folder.file("codes.npy"))
    var options = AtlasExport.Options()
    options.neighbors = 7
    options.map.metric = metric
    let items = Self.items(120)
    try NPY.write(items.vectors, to: folder.file("x.npy"))
    let export = try AtlasExport(items, ids: CatalogueIDs(name: "km", codes: codes), options: options)
    let summary = try export.write(to: folder.file("atlas"), pool: ThreadPool(threads: 2))
    #expect(summary.items == 120 && summary.neighbors == 7)
    #expect(summary.command.hasPrefix("embedding-atlas \(folder.file("atlas"))/items.parquet --text title --x x --y y"))
    try Python.run(
      """
      import json, os, sys, numpy as np, pyarrow as pa, pyarrow.parquet as pq
      folder, metric = sys.argv[1:]
      t = pq.read_table(folder + "/atlas/items.parquet")
      codes, x = np.load(folder + "/codes.npy"), np.load(folder + "/x.npy").astype(np.float64)
      assert t.column_names == ["item_id", "title", "brand", "x", "y", "neighbors", "c1", "c2", "c3", "tokens",
                                "prefix_1", "prefix_2", "features"], t.column_names
      assert t["item_id"].to_pylist() == ["i/%d" % i for i in range(120)]
      assert t["title"].to_pylist() == ["thing %d «%d»" % (i % 5, i) for i in range(120)]
      assert np.array_equal(np.stack([t["c%d" % l].to_numpy() for l in (1, 2, 3)], 1), codes)
      for name in ("x", "y"):
          assert t.schema.field(name).type == pa.float32()
          assert 0 <= t[name].to_numpy().min() and t[name].to_numpy().max() <= 1
      for row, (a, b, c) in enumerate(codes.tolist()):
          prefixes = ["a_%d" % a, "a_%d/b_%d" % (a, b), "a_%d/b_%d/c_%d" % (a, b, c)]
          assert t["features"][row].as_py() == prefixes
          assert [t["prefix_1"][row].as_py(), t["prefix_2"][row].as_py()] == prefixes[:2]
          assert t["tokens"][row].as_py() == "<a_%d><b_%d><c_%d>" % (a, b, c)
      if metric == "cosine":
          norms = np.linalg.norm(x, axis=1, keepdims=True)
          u = (x / np.where(norms > 0, norms, 1)).astype(np.float32).astype(np.float64)
          distances = ((u[:, None] - u[None]) ** 2).sum(2) / 2
      else:
          distances = np.sqrt(((x[:, None] - x[None]) ** 2).sum(2))
      for row, found in enumerate(t["neighbors"].to_pylist()):
          assert found["ids"][0] == row and found["distances"][0] == 0, found
          others = [i for i in np.argsort(distances[row], kind="stable") if i != row][:7]
          if metric == "l2":
              assert found["ids"][1:] == others, (row, found, others)
          np.testing.assert_allclose(found["distances"][1:], distances[row][others], atol=1e-6)
      labels = pq.read_table(folder + "/atlas/labels.parquet")
      assert labels.column_names == ["x", "y", "text", "level", "priority"]
      assert set(labels["level"].to_pylist()) <= {0, 1, 2} and min(labels["priority"].to_pylist()) >= 2
      first = [row for row in labels.to_pylist() if row["level"] == 0]
      assert [row["priority"] for row in first] == np.bincount(codes[:, 0]).tolist()
      for code, row in enumerate(first):
          own = t["x"].to_numpy()[codes[:, 0] == code]
          assert row["x"] == np.sort(own)[len(own) // 2]
      listed = json.load(open(folder + "/atlas/atlas.json"))["files"]
      assert {f["name"]: f["bytes"] for f in listed} == {
          name: os.path.getsize(folder + "/atlas/" + name) for name in os.listdir(folder + "/atlas") if name != "atlas.json"}
      assert "embedding-atlas items.parquet" in open(folder + "/atlas/README.md").read()
      """, folder.path, metric.rawValue)
  }

  @Test(.enabled(if: Python.isReady)) func idsThatEndEarlyLackTheirLastCode() throws {
    let folder = try TemporaryFolder()
    let shape = IDShape(storedSizes: [3, 5], mayEndEarly: true)
    let codes = try Codes(levelSizes: [3, 5], values: Buffer((0..<30).flatMap { [UInt16($0 % 3), UInt16($0 % 5)] }))
    let export = try AtlasExport(
      Self.items(30, titled: false), ids: CatalogueIDs(name: "m", codes: codes, shape: shape))
    let path = folder.file("it's here")
    let summary = try export.write(to: path)
    #expect(summary.command.contains(#"'\''s here/items.parquet' --text item_id"#))
    try Python.run(
      """
      import sys, pyarrow.parquet as pq
      t = pq.read_table(sys.argv[1] + "/items.parquet")
      assert t["item_id"].to_pylist() == [str(i) for i in range(30)]
      assert t["c2"].to_pylist() == [None if i % 5 == 4 else i % 5 for i in range(30)]
      assert t["tokens"][4].as_py() == "<a_1>" and t["features"][4].as_py() == ["a_1"]
      """, path)
  }

  @Test func anExportIsReplacedAndNothingElse() throws {
    let folder = try TemporaryFolder()
    let ids = CatalogueIDs(name: "m", codes: try Naive.codes(40, [4, 4], seed: 5))
    var options = AtlasExport.Options()
    func write(_ name: String, threads: Int = 2) throws {
      _ = try AtlasExport(Self.items(40), ids: ids, options: options)
        .write(to: folder.file(name), pool: ThreadPool(threads: threads))
    }
    try write("one", threads: 1)
    try write("three", threads: 3)
    for name in ["items.parquet", "labels.parquet", "atlas.json", "README.md"] {
      let files = try ["one", "three"].map { try Data(contentsOf: URL(fileURLWithPath: folder.file($0 + "/" + name))) }
      #expect(files[0] == files[1])
    }
    options.neighbors = 0
    try write("one")
    #expect(
      try !ParquetFile(path: folder.file("one/items.parquet")).columns.contains { $0.name.hasPrefix("neighbors") })
    try AtomicFile.write("mine", to: folder.file("one/notes.txt"))
    #expect(throws: InputError.self) { try write("one") }
    #expect(try String(contentsOfFile: folder.file("one/notes.txt"), encoding: .utf8) == "mine")
    // A catalogue of one item has no neighbors.
    options.neighbors = 15
    _ = try AtlasExport(
      CatalogueReport.Items(vectors: Naive.normals(1, 3, seed: 1)),
      ids: CatalogueIDs(name: "m", codes: try Naive.codes(1, [4], seed: 5)), options: options
    ).write(to: folder.file("alone"))
    var items = Self.items(40)
    items.columns = [.init(name: "c1", texts: items.columns[0].texts)]
    #expect(throws: InputError.self) { try AtlasExport(items, ids: ids) }
  }
}
