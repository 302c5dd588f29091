import Formats
import Interactions
import TestSupport
import Testing
import Vectors

@testable import Catalogues

/// The raw files of two real sets give the files beside them, which other programs made, row for row.
@Suite struct AmazonReferenceTests {
  private static func folder(_ set: String) -> String { RealData.path(set) }

  private func check(_ set: String, _ stem: String, _ amazon: AmazonOptions, exceptCategories: Bool) throws {
    let preparing = try Preparing()
    let folder = RealData.path(set)
    try preparing.amazon(["\(folder)/\(stem).jsonl.gz"], ["\(folder)/meta_\(stem).jsonl.gz"], amazon)
    let items = ["item_id", "title", "description", "brand"] + (exceptCategories ? [] : ["categories"])
    #expect(try preparing.rows("items.parquet", items) == Preparing.rows("\(folder)/items.parquet", items))
    let columns = ["user_id", "item_id", "timestamp", "title", "description"]
    for split in Split.allCases {
      let name = PreparedDirectory.name(split)
      let expected = try Preparing.rows("\(folder)/\(name)", columns)
      #expect(!expected.isEmpty)
      #expect(try preparing.rows(name, columns) == expected, "\(name)")
    }
  }

  @Test(.enabled(if: RealData.has("amazon-fashion-2023-sample"))) func fashion() throws {
    try check("amazon-fashion-2023-sample", "Amazon_Fashion", AmazonOptions(), exceptCategories: false)
  }

  /// Lists of categories are empty in both sets. Beside one stands the main category in their place, beside the other
  /// nothing: no one rule gives both, so the option does.
  @Test(.enabled(if: RealData.has("amazon-industrial-and-scientific"))) func industrial() throws {
    let set = "amazon-industrial-and-scientific"
    try check(set, "Industrial_and_Scientific", AmazonOptions(), exceptCategories: true)
    var options = AmazonOptions()
    options.mainCategory = .apart
    try check(set, "Industrial_and_Scientific", options, exceptCategories: false)
  }

  /// pyarrow reads the same, and a rule of its own, written anew from the raw lines, gives the same.
  @Test(.enabled(if: RealData.has("amazon-fashion-2023-sample") && Python.has("pyarrow")))
  func pyarrow() throws {
    let preparing = try Preparing()
    let folder = RealData.path("amazon-fashion-2023-sample")
    try preparing.amazon(["\(folder)/Amazon_Fashion.jsonl.gz"], ["\(folder)/meta_Amazon_Fashion.jsonl.gz"])
    let told = try Python.run(
      """
      import collections, gzip, json, sys
      import pyarrow.parquet as pq
      ours, theirs = sys.argv[1:]
      for name in ("items", "train", "valid", "test"):
          a, b = pq.read_table(f"{ours}/{name}.parquet"), pq.read_table(f"{theirs}/{name}.parquet")
          assert a.column_names[:b.num_columns] == b.column_names, (a.column_names, b.column_names)
          assert a.select(b.column_names).to_pylist() == b.to_pylist(), name
      def lines(name): return [json.loads(line) for line in gzip.open(f"{theirs}/{name}.jsonl.gz")]
      rating = collections.defaultdict(list)
      for r in lines("Amazon_Fashion"): rating[r["user_id"], r["parent_asin"], r["timestamp"]].append(r["rating"])
      rows = pq.read_table(f"{ours}/train.parquet")
      assert str(rows.schema.field("timestamp").type) == "int64" and str(rows.schema.field("rating").type) == "float"
      for r in rows.to_pylist(): assert r["rating"] == rating[r["user_id"], r["item_id"], r["timestamp"]][0], r
      price = {m["parent_asin"]: m["price"] for m in lines("meta_Amazon_Fashion")}
      items = pq.read_table(f"{ours}/items.parquet").to_pylist()
      for r in items: assert r["price"] == price[r["item_id"]], r
      assert any(r["price"] is None for r in items) and any(r["price"] is not None for r in items)
      print(rows.num_rows)
      """, preparing.output, folder)
    #expect(told == "1191\n")
  }
}
