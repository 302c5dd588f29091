import Corpora
import Foundation
import Formats
import Retrieval
import TestSupport
import Testing
import Tokenizers
import Vectors

/// What other programs read, held against them: numpy, STATIC itself, and what `generate` does with a dictionary.
@Suite struct ExportTests {
  static let shapes = DecodingConstraintTests.shapes

  /// Random walks over the arrays in numpy, and over lists of sequences.
  @Test(.enabled(if: Python.isReady), arguments: [2, 4, 5, 6, 9, 10, 11, 12])
  func numpyDecodesFromTheArrays(_ number: Int) throws {
    let shape = Self.shapes[number]
    let (constraint, truth) = try Self.made(shape, seed: 200 + number)
    let folder = try TemporaryFolder()
    try constraint.write(arrays: folder.file("x.npz"))
    try Self.write(truth, folder.file("sequences.json"))
    try Python.run(
      """
      import json, sys
      import numpy as np
      a = np.load(sys.argv[1])
      truth = json.load(open(sys.argv[2]))
      token, children, depth, is_id = a["token"], a["children"].astype(int), a["depth"], a["is_id"]
      begin, end = a["begin"].tolist(), a["end"].tolist()
      nodes = len(token)
      assert token.dtype == np.int32 and is_id.dtype == np.bool_ and token[0] == -1 and a["vocabulary_size"].shape == ()
      assert len(children) == nodes + 1 == len(is_id) + 1 and depth[-1] == nodes and depth[1] == 1
      assert (np.diff(children) >= 0).all() and children[0] == 1 and children[-1] == nodes
      found = []
      def walk(node, prefix):
          if is_id[node]: found.append(begin + prefix + end)
          for child in range(children[node], children[node + 1]): walk(child, prefix + [int(token[child])])
      walk(0, [])
      assert sorted(found) == sorted(truth["sequences"]), (len(found), len(truth["sequences"]))
      assert a["padding"].tolist() == truth["padding"] and a["vocabulary_size"] > token.max()
      """, folder.file("x.npz"), folder.file("sequences.json"))
  }

  /// The Python that the verb's help prints, over every beginning of every sequence, as decoders and as decoders behind an
  /// encoder call it.
  @Test(.enabled(if: Python.isReady), arguments: [2, 4, 5, 6, 9, 10, 11, 12])
  func theDictionaryAllowsWhatSequencesDo(_ number: Int) throws {
    var shape = Self.shapes[number]
    if shape.end.isEmpty { shape.end = [shape.spelling == 0 ? 9 : 3] }
    let (constraint, truth) = try Self.made(shape, seed: 300 + number)
    let folder = try TemporaryFolder()
    try constraint.write(prefixes: folder.file("prefixes.json"))
    try Self.write(truth, folder.file("sequences.json"))
    try Python.run(
      """
      import json, os, sys, types
      import numpy as np
      os.chdir(sys.argv[1])
      truth = json.load(open("sequences.json"))
      class Model:
          def __init__(self, is_encoder_decoder):
              self.config = types.SimpleNamespace(is_encoder_decoder=is_encoder_decoder)
          def generate(self, prefix_allowed_tokens_fn, max_new_tokens, **others):
              self.allowed, self.length = prefix_allowed_tokens_fn, max_new_tokens
      expected = {}
      for sequence in truth["sequences"]:
          for length in range(len(sequence)):
              expected.setdefault(tuple(sequence[:length]), set()).add(sequence[length])
          padding = truth["padding"] or truth["end"][-1:]
          for count in range(3):
              expected.setdefault(tuple(sequence + padding[:1] * count), set()).update(padding)
      for is_encoder_decoder, prompt in (False, [5, 1, 5]), (True, [0]):
          model = Model(is_encoder_decoder)
          exec(sys.argv[2], {"model": model, "inputs": {"input_ids": np.array([[5, 1, 5]])}})
          assert model.length == max(map(len, truth["sequences"]))
          def allowed(written):
              return model.allowed(0, np.array(prompt + list(written)))
          for written, tokens in expected.items():
              assert sorted(allowed(written)) == sorted(tokens), (written, allowed(written), tokens)
          for fault, arguments in (KeyError, [10**6]), (KeyError, truth["sequences"][0][:-1] + [10**6]):
              try:
                  found = allowed(arguments)
              except fault:
                  continue
              raise AssertionError(f"{arguments} was allowed {found}")
          try:
              found = model.allowed(0, np.array(prompt[:-1]))
          except ValueError:
              continue
          raise AssertionError(f"a sequence shorter than the prompt was allowed {found}")
      """, folder.path, DecodingConstraint.example)
  }

  /// A model writes until a token ends the text: a dictionary in which none does would fail past the last level.
  @Test func aDictionaryNeedsAnEnd() throws {
    let folder = try TemporaryFolder()
    func write(begin: [Int32] = [], end: [Int32]) throws {
      var tokens = ConstraintTokens(.offset(from: 10))
      (tokens.begin, tokens.end) = (begin, end)
      try DecodingConstraint(ids: [[0, 1]], levelSizes: [2, 2], tokens: tokens).write(prefixes: folder.file("x.json"))
    }
    let error = #expect(throws: InputError.self) { try write(end: []) }
    #expect(error?.expected?.contains("a token that ends an ID") == true && error?.remedy?.contains("--end") == true)
    #expect(throws: InputError.self) { try write(begin: [1, 2, 3], end: [2, 3]) }
    #expect(!FileManager.default.fileExists(atPath: folder.file("x.json")))
    try write(begin: [1, 2], end: [2, 3])
  }

  static let catalogues: [(count: Int, sizes: [Int], dense: Int, vocabulary: Int?)] = [
    (1, [3, 3], 1, nil), (50, [4, 4, 4], 2, nil), (500, [16, 16, 16, 16], 2, 40), (300, [5, 9, 3, 4, 2], 3, nil),
    (400, [64, 2, 64], 1, nil), (2000, [32, 32, 32, 32], 2, nil),
  ]

  /// Built once more, from the definition of each array, out of a set of prefixes.
  @Test(arguments: catalogues.indices)
  func staticArraysFollowFromTheirDefinition(_ number: Int) throws {
    let (count, sizes, dense, given) = Self.catalogues[number]
    let folder = try TemporaryFolder()
    let trie = try Self.trie(count, sizes, number)
    try StaticArrays.write(trie, vocabularySize: given, denseLevels: dense, to: folder.file("static.npz"))
    let file = try NPZFile(path: folder.file("static.npz"))
    func integers(_ key: String) throws -> [Int64] { try file.array(key).integers(as: Int64.self).array }
    let vocabulary = given ?? sizes.max() ?? 0
    let length = sizes.count
    let ids = (0..<trie.count).map { trie.codes(at: $0) }
    func prefixes(_ depth: Int) -> [[UInt16]] {
      var found: [[UInt16]] = []
      for id in ids where found.last != Array(id.prefix(depth)) { found.append(Array(id.prefix(depth))) }
      return found
    }
    var states: [[UInt16]: Int64] = [:]
    var next = Int64(vocabulary + 1)
    for depth in 1..<length {
      for prefix in prefixes(depth) {
        states[prefix] = depth == 1 ? Int64(prefix[0]) + 1 : next
        if depth > 1 { next += 1 }
      }
    }
    var edges: [(from: Int64, token: Int64, to: Int64)] = []
    for depth in 2...length {
      edges += prefixes(depth).map { (states[Array($0.dropLast())] ?? -1, Int64($0[depth - 1]), states[$0] ?? 0) }
    }
    edges += Array(repeating: (next, Int64(vocabulary), 0), count: vocabulary)
    #expect(try integers("packed_csr") == edges.flatMap { [$0.token, $0.to] })
    #expect(try integers("indptr") == (0...next + 1).map { state in Int64(edges.count { $0.from < state }) })
    let branches = (0..<length).map { depth in
      Dictionary(grouping: prefixes(depth + 1)) { $0.dropLast() }.values.map(\.count).max() ?? 0
    }
    #expect(try integers("layer_max_branches") == branches.map(Int64.init))
    let starts = Set(ids.map { Int($0[0]) })
    #expect(try integers("start_mask") == (0..<vocabulary).map { starts.contains($0) ? 1 : 0 })
    let cells = Array(repeating: vocabulary, count: dense).reduce(1, *)
    var table = [Int64](repeating: 0, count: cells)
    for prefix in prefixes(dense) { table[prefix.reduce(0) { $0 * vocabulary + Int($1) }] = states[prefix] ?? -1 }
    #expect(try integers("dense_states") == table)
    #expect(try integers("dense_mask") == table.map { $0 > 0 ? 1 : 0 })
    #expect(try file.array("dense_mask").shape == Array(repeating: vocabulary, count: dense))
  }

  static var hasSTATIC: Bool {
    guard Python.isReady else { return false }
    if (try? Python.run("import static_decoding.csr_utils")) != nil { return true }
    print("skipped: no static_decoding for Python; put youtube/static-constraint-decoding on PYTHONPATH")
    return false
  }

  @Test(.enabled(if: hasSTATIC), arguments: catalogues.indices)
  func staticArraysAreThoseOfThePackage(_ number: Int) throws {
    let (count, sizes, dense, given) = Self.catalogues[number]
    let folder = try TemporaryFolder()
    let trie = try Self.trie(count, sizes, number)
    try StaticArrays.write(trie, vocabularySize: given, denseLevels: dense, to: folder.file("static.npz"))
    try NPY.write(trie.codes, shape: [trie.count, sizes.count], to: folder.file("codes.npy"))
    try Python.run(
      """
      import sys
      import numpy as np
      from static_decoding.csr_utils import build_static_index
      codes = np.unique(np.load(sys.argv[1]), axis=0)
      names = ["packed_csr", "indptr", "layer_max_branches", "start_mask", "dense_mask", "dense_states"]
      ours = np.load(sys.argv[2])
      assert sorted(ours.files) == sorted(names)
      for name, array in zip(names, build_static_index(codes, int(sys.argv[3]), int(sys.argv[4]))):
          array = np.asarray(array)
          assert ours[name].dtype == array.dtype, (name, ours[name].dtype, array.dtype)
          assert np.array_equal(ours[name], array), name
      """, folder.file("codes.npy"), folder.file("static.npz"), "\(given ?? sizes.max() ?? 0)", "\(dense)")
  }

  @Test func shapesThatSTATICCannotHoldAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("static.npz")
    let trie = try Self.trie(20, [4, 4, 4], 0)
    #expect(throws: InputError.self) { try StaticArrays.write(trie, denseLevels: 3, to: path) }
    #expect(throws: InputError.self) { try StaticArrays.write(trie, denseLevels: 0, to: path) }
    #expect(throws: InputError.self) { try StaticArrays.write(trie, vocabularySize: 3, to: path) }
    #expect(throws: InputError.self) { try StaticArrays.write(trie, vocabularySize: 1 << 20, to: path) }
    #expect(throws: InputError.self) { try StaticArrays.write(try Self.trie(0, [4, 4], 0), denseLevels: 1, to: path) }
    #expect(throws: InputError.self) { try StaticArrays.write(try Self.trie(3, [4], 0), denseLevels: 1, to: path) }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func tokensComeFromATokenizer() throws {
    let folder = try TemporaryFolder()
    // The model's tokens are 0 to 7; added ones follow in the order of the list.
    let added = (0..<5).map { #"{"id": \#(8 + $0), "content": "<a_\#(4 - $0)>", "special": false}"# }
    let pieces = (0..<7).map { #""<b_\#($0)>": \#(6 - $0)"# }
    try AtomicFile.write(
      #"{"version": "1.0", "added_tokens": [\#(added.joined(separator: ","))], "model": {"type": "BPE", "vocab": {"#
        + pieces.joined(separator: ",") + #", "x": 7}, "merges": []}}"#, to: folder.file("tokenizer.json"))
    let tokenizer = try TokenizerTokens(path: folder.file("tokenizer.json"))
    let tokens = try tokenizer.tokens(levelSizes: [5, 7])
    #expect(tokens.codes == .table([[12, 11, 10, 9, 8], [6, 5, 4, 3, 2, 1, 0]]))
    #expect(tokenizer.vocabularySize == 13 && tokenizer.named == nil)
    #expect(try tokenizer.number(of: "x") == 7)
    #expect(try TokenizerTokens(path: folder.path).number(of: "x") == 7)
    let error = #expect(throws: InputError.self) { _ = try tokenizer.tokens(levelSizes: [6, 7]) }
    #expect(error?.expected == "the token \"<a_5>\"")
    let constraint = try DecodingConstraint(ids: [[4, 6], [1, 0]], levelSizes: [5, 7], tokens: tokens)
    #expect(try constraint.mask([0]).tokens(ofRow: 0) == [8, 11])
    #expect(try constraint.mask([constraint.state(after: [8])]).tokens(ofRow: 0) == [0])

    try AtomicFile.write(#"{"<a_0>": 4, "<a_1>": 6}"#, to: folder.file("added_tokens.json"))
    let flat = try TokenizerTokens(path: folder.file("added_tokens.json"))
    #expect(try flat.tokens(levelSizes: [2]).codes == .table([[4, 6]]))
    try AtomicFile.write(
      #"{"added_tokens": [{"id": 2, "content": "<a_1>"}], "model": {"vocab": [["x", -1.5], ["<a_0>", -2]]}}"#,
      to: folder.file("unigram.json"))
    #expect(try TokenizerTokens(path: folder.file("unigram.json")).tokens(levelSizes: [2]).codes == .table([[1, 2]]))
    for text in [
      "", "[]", "{}", #"{"<a_0>": -4}"#, #"{"<a_0>": 4, "x": "y"}"#, #"{"<a_0>": 4, "<a_0>": 5}"#,
      #"{"added_tokens": []}"#,
    ] {
      try AtomicFile.write(text, to: folder.file("bad.json"))
      #expect(throws: InputError.self, "\(text)") { _ = try TokenizerTokens(path: folder.file("bad.json")) }
    }
  }

  private static func made(_ shape: DecodingConstraintTests.Shape, seed: Int) throws -> (DecodingConstraint, BruteForce)
  {
    var random = RandomIDs(seed: UInt64(seed))
    let tokens = shape.tokens(&random)
    let ids = random.ids(count: shape.count, levelSizes: shape.levelSizes, ragged: shape.ragged)
    return (
      try DecodingConstraint(ids: ids, levelSizes: shape.levelSizes, tokens: tokens),
      BruteForce(ids, levelSizes: shape.levelSizes, tokens)
    )
  }

  private static func write(_ truth: BruteForce, _ path: String) throws {
    let object: [String: Any] = [
      "sequences": truth.sequences, "padding": truth.tokens.padding, "end": truth.tokens.end,
    ]
    let data = try JSONSerialization.data(withJSONObject: object)
    try AtomicFile.write(String(decoding: data, as: UTF8.self), to: path)
  }

  private static func trie(_ count: Int, _ sizes: [Int], _ seed: Int) throws -> CodeTrie {
    var random = RandomIDs(seed: UInt64(seed) + 400)
    let ids = random.ids(count: count, levelSizes: sizes)
    return try CodeTrie(Codes(levelSizes: sizes, values: Buffer(ids.flatMap { $0 })))
  }
}
