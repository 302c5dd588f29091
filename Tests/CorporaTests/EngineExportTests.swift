import Corpora
import Foundation
import Formats
import Retrieval
import TestSupport
import Testing
import Tokenizers
import Vectors

/// The catalogue in the forms of engines that generate, read again in Python: by readers that follow the formats, and by
/// the engines' own where they are installed.
@Suite(.enabled(if: Python.isReady)) struct EngineExportTests {
  /// Several items under one ID among them.
  static let shapes: [(count: Int, sizes: [Int])] = [
    (1, [3, 3]), (60, [9, 4]), (300, [16, 16, 16]), (400, [5, 9, 3, 11]), (900, [12, 12, 12, 2]),
  ]

  struct Made {
    var catalogue: EngineCatalogue
    var trie: CodeTrie { catalogue.trie }

    /// `[{"item": …, "codes": […]}]`, in another order than any file's.
    func truth(_ path: String) throws {
      let objects = (0..<trie.count).map { position in
        [
          "item": catalogue.id(at: position),
          "codes": catalogue.shape.spelled(trie.codes(at: position)).map(Int.init),
        ] as [String: Any]
      }.reversed()
      try AtomicFile.write(
        String(decoding: try JSONSerialization.data(withJSONObject: Array(objects)), as: UTF8.self), to: path)
    }
  }

  /// Names that have to be escaped.
  static let odd = [
    "a \"quoted\" one", "two\nlines", "tab\tand \\", "\u{1}\u{1F}", "ü–漢字 🎁", "{\"x\":[1]}", " ", "e\u{301}", "\u{E9}",
  ]

  static func made(_ number: Int, ragged: Bool = false) throws -> Made {
    let (count, sizes) = shapes[number]
    var random = RandomIDs(seed: UInt64(number) + 900)
    var ids = random.ids(count: count, levelSizes: sizes)
    if ragged { ids = ids.enumerated().map { $0.offset % 3 == 0 ? Array($0.element.dropLast()) : $0.element } }
    let end = UInt16(sizes[sizes.count - 1])
    let shape = IDShape(
      storedSizes: ragged ? sizes.dropLast() + [Int(end) + 1] : sizes, mayEndEarly: ragged)
    let trie = try CodeTrie(
      Codes(
        levelSizes: shape.storedSizes,
        values: Buffer(ids.flatMap { $0.count < sizes.count ? $0 + [end] : $0 })))
    return Made(
      catalogue: EngineCatalogue(trie: trie, shape: shape, source: "codes") { position in
        let row = Int(trie.rows[position])
        return row < odd.count ? odd[row] : "item \(row)"
      })
  }

  @Test(arguments: shapes.indices) func flashRec(_ number: Int) throws {
    let made = try Self.made(number)
    let folder = try TemporaryFolder()
    try made.truth(folder.file("truth.json"))
    try FlashRecCatalogue.write(made.catalogue, namesItems: false, to: folder.file("plain.json"))
    try FlashRecCatalogue.write(made.catalogue, namesItems: true, to: folder.file("items.json"))
    let layout = try FlashRecCatalogue.layout(
      ConstraintTokens(.offset(from: 1000)), levelSizes: made.trie.levelSizes)
    try Python.run(
      """
      import importlib.util, json, sys
      folder, layout, package = sys.argv[1:]
      truth = json.load(open(folder + "/truth.json"))
      def once(pairs):
          assert len({key for key, _ in pairs}) == len(pairs), "a key twice"
          return dict(pairs)
      plain = json.load(open(folder + "/plain.json"), object_pairs_hook=once)
      items = json.load(open(folder + "/items.json"), object_pairs_hook=once)
      expected = {}
      for item in truth: expected.setdefault(tuple(item["codes"]), set()).add(item["item"])
      def codes(key): return tuple(int(code) for code in key.split(","))
      assert {codes(key) for key in plain} == set(expected) and set(plain.values()) == {1}
      assert {codes(key): set(names) for key, names in items.items()} == expected
      assert sum(len(names) for names in items.values()) == len(truth)
      assert list(items) == list(plain) == sorted(plain, key=codes)
      start, sizes = int(layout.split(":")[0]), [int(size) for size in layout.split("/")[1].split(",")]
      assert start == 1000 and layout.split("/")[0] == f"1000:{999 + sum(sizes)}"
      assert all(code < size for key in plain for code, size in zip(codes(key), sizes, strict=True))
      if package:
          sys.path.insert(0, package)
          if importlib.util.find_spec("flashrec") and importlib.util.find_spec("torch"):
              from flashrec.config import parse_sid_spec
              from flashrec.search.trie import build_trie_from_sid2vid_file, is_sid2vid_json
              from flashrec.sid_layout import catalog_code_width
              assert parse_sid_spec(layout)[0] == layout.split("/")[0]
              for name in "plain", "items":
                  path = f"{folder}/{name}.json"
                  assert is_sid2vid_json(path) and catalog_code_width(path) == len(sizes)
                  trie = build_trie_from_sid2vid_file(path, token_base=start, codebook_sizes=sizes)
                  firsts = [start + sum(sizes[:level]) for level in range(len(sizes))]
                  children = {}
                  for id in expected:
                      tokens = [first + code for first, code in zip(firsts, id)]
                      for depth, token in enumerate(tokens):
                          children.setdefault(tuple(tokens[:depth]), set()).add(token)
                  assert trie.mode == "trie" and trie.children == children and trie.max_depth == len(sizes)
      """, folder.path, layout, Self.engines)
  }

  @Test(arguments: shapes.indices, [false, true]) func sidGR(_ number: Int, ragged: Bool) throws {
    let made = try Self.made(number, ragged: ragged)
    let folder = try TemporaryFolder()
    let path = folder.file("catalogue.jsonl")
    try made.truth(folder.file("truth.json"))
    var random = RandomIDs(seed: 4)
    let sizes = made.catalogue.shape.levelSizes
    let table = random.table(sizes, below: 500)
    let written = try SemanticItemLines.write(
      made.catalogue, tokens: ConstraintTokens(.table(table), vocabularySize: 512), to: path)
    #expect(written.vocabularySize == 512 && (written.told == nil) == (made.catalogue.sharedItems == 0))
    try AtomicFile.write(
      String(decoding: try JSONEncoder().encode(table), as: UTF8.self), to: folder.file("table.json"))
    try Python.run(
      """
      import importlib.util, json, sys
      folder, package = sys.argv[1:]
      truth, table = (json.load(open(f"{folder}/{name}.json")) for name in ("truth", "table"))
      lines = open(folder + "/catalogue.jsonl", encoding="utf-8").read().split("\\n")
      assert lines.pop() == ""
      rows = [json.loads(line) for line in lines]
      assert all(list(row) == ["item_id", "token_ids"] for row in rows)
      expected = {item["item"]: [table[level][code] for level, code in enumerate(item["codes"])] for item in truth}
      assert len(rows) == len(truth) == len(expected)
      assert {row["item_id"]: row["token_ids"] for row in rows} == expected
      if package: sys.path.insert(0, package)
      if importlib.util.find_spec("gr_inference"):
          from gr_inference.gr_runtime.item_constraints import SemanticItemCatalog
          shared = len({tuple(path) for path in expected.values()}) < len(expected)
          catalog = SemanticItemCatalog.from_jsonl(
              folder + "/catalogue.jsonl", vocab_size=512, allow_duplicate_token_paths=shared)
          assert catalog.item_count == len(rows)
          trie = catalog.trie()
          for name, path in expected.items():
              assert name in trie.item_ids(path) and trie.is_terminal(path)
              assert path[0] in trie.allowed_next() and path[-1] in trie.allowed_next(path[:-1])
      """, folder.path, Self.engines)
  }

  /// Tokens in the order of codes, in no order, and codes as tokens.
  @Test(arguments: shapes.indices, [0, 1, 2]) func trieTables(_ number: Int, tokens kind: Int) throws {
    let made = try Self.made(number)
    let folder = try TemporaryFolder()
    try made.truth(folder.file("truth.json"))
    let sizes = made.trie.levelSizes
    var random = RandomIDs(seed: 5)
    let table: [[Int32]] =
      switch kind {
      case 0: sizes.map { (0..<$0).map(Int32.init) }
      case 1: random.table(sizes, below: 60)
      default: sizes.indices.map { level in (0..<sizes[level]).map { Int32(sizes[..<level].reduce(7, +) + $0) } }
      }
    try AtomicFile.write(
      String(decoding: try JSONEncoder().encode(table), as: UTF8.self), to: folder.file("table.json"))
    let trie = try TokenTrie(made.trie, tokens: ConstraintTokens(.table(table), vocabularySize: 64), source: "codes")
    for dense in 1...min(3, sizes.count) {
      try RecTokensTable.write(trie, denseLevels: dense, to: folder.file("rectokens-\(dense).npz"))
      if dense < sizes.count {
        try StaticArrays.write(trie, denseLevels: dense, to: folder.file("static-\(dense).npz"))
      }
    }
    try Python.run(
      """
      import importlib.util, json, os, sys
      import numpy as np
      folder, package = sys.argv[1:]
      truth, table = (json.load(open(f"{folder}/{name}.json")) for name in ("truth", "table"))
      ids = sorted({tuple(table[level][code] for level, code in enumerate(item["codes"])) for item in truth})
      levels = len(ids[0])
      prefixes = {id[:depth] for id in ids for depth in range(levels + 1)}
      if package: sys.path.insert(0, package)
      has_torch = importlib.util.find_spec("torch") is not None
      for dense in range(1, min(3, levels) + 1):
          ours = np.load(f"{folder}/rectokens-{dense}.npz")
          starts, (columns, nodes), states = ours["row_ptrs"], ours["stacked_cols_vals"], ours["dense_states"]
          masks = [ours[f"dense_mask_by_layer.{level}"] for level in range(dense)]
          assert len(ours.files) == 5 + dense and ours["vocab_size"] == 64 and ours["vocab_size"].shape == ()
          found = []
          def walk(node, prefix):
              if len(prefix) == levels: return found.append(prefix)
              for step in range(starts[node], starts[node + 1]): walk(nodes[step], prefix + (int(columns[step]),))
          walk(0, ())
          assert found == ids, (found[:3], ids[:3])
          most = [max(sum(1 for other in prefixes if len(other) == depth + 1 and other[:depth] == prefix)
                      for prefix in prefixes if len(prefix) == depth) for depth in range(levels)]
          assert ours["layer_max_branches"].tolist() == most
          for level, mask in enumerate(masks):
              assert mask.dtype == np.bool_ and mask.shape == (64,) * (level + 1)
              assert {tuple(map(int, place)) for place in np.argwhere(mask)} == {p for p in prefixes if len(p) == level + 1}
          if has_torch and importlib.util.find_spec("rectokens"):
              import torch
              from rectokens.schemas.compact_csr_trie import CompactCSRTrie
              theirs = CompactCSRTrie.from_sorted_batch(torch.tensor(ids), 64, dense)
              assert theirs.vocab_size == 64 and theirs.layer_max_branches == most
              for name, values in (("row_ptrs", starts), ("stacked_cols_vals", ours["stacked_cols_vals"]), ("dense_states", states)):
                  other = getattr(theirs, name).numpy()
                  assert other.dtype == values.dtype and np.array_equal(other, values), name
              assert len(theirs.dense_mask_by_layer) == dense
              assert all(np.array_equal(a.numpy(), b) for a, b in zip(theirs.dense_mask_by_layer, masks))
      for dense in range(1, min(3, levels - 1) + 1):
          ours = np.load(f"{folder}/static-{dense}.npz")
          packed, starts = ours["packed_csr"], ours["indptr"]
          found = []
          def follow(state, prefix):
              if len(prefix) == levels: return found.append(prefix)
              for token, following in packed[starts[state]:starts[state + 1]].tolist():
                  follow(following, prefix + (token,))
          for token in np.flatnonzero(ours["start_mask"]).tolist(): follow(token + 1, (token,))
          assert found == ids
          assert {tuple(map(int, place)) for place in np.argwhere(ours["dense_mask"])} == {p for p in prefixes if len(p) == dense}
          if importlib.util.find_spec("static_decoding"):
              from static_decoding.csr_utils import build_static_index
              names = ["packed_csr", "indptr", "layer_max_branches", "start_mask", "dense_mask", "dense_states"]
              for name, other in zip(names, build_static_index(np.array(ids), 64, dense)):
                  assert np.array_equal(np.asarray(other), ours[name]), name
      """, folder.path, Self.engines)
  }

  /// The folder of the engines' packages, which scripts/python-env makes; empty where it is not there.
  static let engines: String = {
    let environment = ProcessInfo.processInfo.environment
    let cache = environment["SEMID_CACHE"] ?? (environment["HOME"] ?? "/tmp") + "/.cache/swift-semantic-id"
    if FileManager.default.fileExists(atPath: cache + "/engines/flashrec") { return cache + "/engines" }
    print("skipped: the readers of FlashRec and RecTokens; scripts/python-env lays them in \(cache)/engines")
    return ""
  }()

  @Test func whatFormatsCannotHoldIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("x")
    func catalogue(_ ids: [[UInt16]], _ sizes: [Int], mayEndEarly: Bool = false) throws -> EngineCatalogue {
      EngineCatalogue(
        trie: try CodeTrie(Codes(levelSizes: sizes, values: Buffer(ids.flatMap { $0 }))),
        shape: IDShape(storedSizes: sizes, mayEndEarly: mayEndEarly), source: "codes"
      ) { "\($0)" }
    }
    let none = try catalogue([], [2, 2])
    let tokens = ConstraintTokens(.offset(from: 5))
    #expect(throws: InputError.self) { try FlashRecCatalogue.write(none, namesItems: false, to: path) }
    #expect(throws: InputError.self) { _ = try SemanticItemLines.write(none, tokens: tokens, to: path) }
    #expect(throws: InputError.self) { _ = try TokenTrie(none.trie, tokens: tokens, source: "codes") }
    let short = try catalogue([[1]], [2])
    #expect(throws: InputError.self) { try FlashRecCatalogue.write(short, namesItems: false, to: path) }
    let two = try catalogue([[1, 2], [0, 0]], [2, 3], mayEndEarly: true)
    #expect(throws: InputError.self) { try FlashRecCatalogue.write(two, namesItems: true, to: path) }
    #expect(throws: InputError.self) { try two.check(fewestLevels: 1, for: "rectokens") }
    // A vocabulary that does not hold the tokens.
    var small = tokens
    small.vocabularySize = 8
    let some = try catalogue([[1, 2], [0, 0]], [2, 3])
    #expect(throws: InputError.self) { _ = try SemanticItemLines.write(some, tokens: small, to: path) }
    #expect(throws: InputError.self) { _ = try TokenTrie(some.trie, tokens: small, source: "codes") }
    #expect(!FileManager.default.fileExists(atPath: path))
    // Tables that no memory would hold.
    let large = try TokenTrie(
      some.trie, tokens: ConstraintTokens(.offset(from: 5), vocabularySize: 1 << 20), source: "codes")
    #expect(throws: InputError.self) { try RecTokensTable.write(large, denseLevels: 2, to: path) }
    for dense in [0, 3] {
      let trie = try TokenTrie(some.trie, tokens: tokens, source: "codes")
      #expect(throws: InputError.self) { try RecTokensTable.write(trie, denseLevels: dense, to: path) }
    }
    #expect(!FileManager.default.fileExists(atPath: path))
    // FlashRec computes tokens, so they have to be where it computes them.
    for table: [[Int32]] in [[[5, 6], [8, 9, 10]], [[6, 5], [7, 8, 9]], [[8, 9], [5, 6, 7]]] {
      #expect(throws: InputError.self) { _ = try FlashRecCatalogue.layout(.init(.table(table)), levelSizes: [2, 3]) }
    }
    #expect(try FlashRecCatalogue.layout(.init(.table([[5, 6], [7, 8, 9]])), levelSizes: [2, 3]) == "5:9/2,3")
  }
}
