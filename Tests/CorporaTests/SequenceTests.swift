import Foundation
import Formats
import TestSupport
import Interactions
import Testing
import Vectors

@testable import Corpora

@Suite struct SequenceTests {
  private static func write(
    _ fixture: Fixture, _ name: String, threads: Int = 2, repeats: InteractionSource.Repeats = .first,
    _ change: (inout SequenceCorpus.Options) -> Void = { _ in }
  ) throws -> CorpusManifest {
    var options = SequenceCorpus.Options()
    options.windows.maximumHistory = 5
    change(&options)
    return try SequenceCorpus.write(
      fixture.histories(Fixture.random(users: 300, items: 40, seed: 9), repeats: repeats), items: fixture.items,
      vocabulary: fixture.vocabulary, options: options, to: fixture.path(name), pool: ThreadPool(threads: threads))
  }

  /// The rows that the rules ask for, made by a stranger in Python from the interactions alone.
  private static let rows = """
    import collections, glob, hashlib, json, sys
    import numpy as np, pyarrow.parquet as pq
    folder, directory = sys.argv[1:3]
    log = collections.defaultdict(list)
    for r in sorted(pq.read_table(folder + "/all.parquet").to_pylist(), key=lambda r: r["timestamp"]):
        log[r["user_id"]].append(r["item_id"])
    def codes(item):
        n = int(item[1:]); return [n % 8, n * 5 // 8 % 8, n // 8 % 8]
    def text(item):
        return "".join("<%s_%d>" % p for p in zip("abc", codes(item)))
    def parts(items):
        cut = len(items) if len(items) < 3 else len(items) - 2
        return {"train": range(0, cut), "valid": range(cut, min(cut + 1, len(items))), "test": range(cut + 1, len(items))}
    order = list(dict.fromkeys(pq.read_table(folder + "/all.parquet")["user_id"].to_pylist()))
    H = 5
    def rows(split):
        return [(u, log[u][max(0, t - H):t], log[u][t]) for u in order for t in parts(log[u])[split] if t > 0]
    def texts(split):
        return [dict(user_id=u, history="".join(map(text, h)), target=text(t), target_item=t, history_length=len(h))
                for u, h, t in rows(split)]
    manifest = json.load(open(directory + "/manifest.json"))
    for f in manifest["files"]:
        data = open(directory + "/" + f["name"], "rb").read()
        assert len(data) == f["bytes"] and hashlib.sha256(data).hexdigest() == f["sha256"], f

    """

  @Test(.enabled(if: Python.isReady)) func textsAreTheRuleInJSONLinesAndParquet() throws {
    let fixture = try Fixture()
    _ = try Self.write(fixture, "lines")
    _ = try Self.write(fixture, "tables") { $0.form = .parquet }
    _ = try Self.write(fixture, "shards") { $0.shardRows = 100 }
    try Python.run(
      Self.rows + """
        for split in ("train", "valid", "test"):
            want = texts(split)
            assert [json.loads(l) for l in open(directory + "/" + split + ".jsonl")] == want and want
            assert pq.read_table(folder + "/tables/" + split + ".parquet").to_pylist() == want
            shards = sorted(glob.glob(folder + "/shards/" + split + "-*.jsonl"))
            assert len(shards) == -(-len(want) // 100) > 1
            assert shards[0].endswith("-00000-of-%05d.jsonl" % len(shards))
            assert [json.loads(l) for s in shards for l in open(s)] == want
        assert manifest["kind"] == "sequences" and manifest["audit"]["trainingRows"] == len(texts("train"))
        """, fixture.folder.path, fixture.path("lines"))
  }

  @Test(.enabled(if: Python.isReady)) func numpyReadsPaddedIntegers() throws {
    let fixture = try Fixture()
    let manifest = try Self.write(fixture, "npz") {
      $0.form = .npz
      $0.firstID = 7
    }
    #expect(manifest.integers?.padID == 31 && manifest.integers?.endID == 32 && manifest.integers?.size == 33)
    try Python.run(
      Self.rows + """
        z = np.load(directory + "/sequences.npz")
        users = json.load(open(directory + "/users.json"))
        offsets = z["level_offsets"]
        assert offsets.tolist() == [7, 15, 23] and z["pad_id"] == 31 and z["vocabulary_size"] == 33
        for split in ("train", "valid", "test"):
            want = rows(split)
            history, lengths = z[split + "_history"], z[split + "_lengths"]
            assert history.dtype == np.int32 and history.shape == (len(want), 15)
            for i, (u, h, t) in enumerate(want):
                ids = [c + o for x in h for c, o in zip(codes(x), offsets)]
                assert history[i].tolist() == ids + [31] * (15 - len(ids)) and lengths[i] == len(h)
                assert z[split + "_targets"][i].tolist() == [c + o for c, o in zip(codes(t), offsets)]
                assert users[z[split + "_users"][i]] == u
        """, fixture.folder.path, fixture.path("npz"))
  }

  /// nanoGPT's way to the tokens, and an index reader written from Megatron's description of its format.
  @Test(.enabled(if: Python.isReady), arguments: [false, true]) func flatTokensAndTheirIndex(wide: Bool) throws {
    let fixture = try Fixture()
    let first = wide ? 70_000 : 0
    let manifest = try Self.write(fixture, "bin") {
      $0.form = .bin
      $0.firstID = first
    }
    // Nothing is left out of a stream.
    #expect(manifest.leftOut == nil && manifest.heldOut?.map(\.contextTokens) == [0, 0])
    let context = try Self.write(fixture, "context") {
      $0.form = .bin
      $0.firstID = first
      $0.heldOut = .history
    }
    #expect(context.heldOut?.allSatisfy { $0.contextShare > 0.5 && $0.mask != nil } == true)
    try Python.run(
      Self.rows + """
        import struct
        first, wide = int(sys.argv[3]), sys.argv[4] == "true"
        def index(path):
            data = open(path, "rb").read()
            assert data[:9] == b"MMIDIDX\\x00\\x00" and struct.unpack_from("<Q", data, 9) == (1,)
            (code,) = struct.unpack_from("<B", data, 17)
            sequences, boundaries = struct.unpack_from("<QQ", data, 18)
            dtype = {1: np.uint8, 4: np.int32, 8: np.uint16}[code]
            lengths = np.frombuffer(data, np.int32, sequences, 34)
            pointers = np.frombuffer(data, np.int64, sequences, 34 + 4 * sequences)
            documents = np.frombuffer(data, np.int64, boundaries, 34 + 12 * sequences)
            assert len(data) == 34 + 12 * sequences + 8 * boundaries
            return dtype, lengths, pointers, documents
        def ids(items):
            return [first + 8 * l + c for x in items for l, c in enumerate(codes(x))] + [first + 25]
        for split, stem in (("train", "train"), ("valid", "val"), ("test", "test")):
            if split == "train":
                want = [ids(log[u][s:min(s + 6, parts(log[u])["train"].stop)]) for u in order
                        for s in range(0, parts(log[u])["train"].stop, 6)]
            else:
                want = [ids([log[u][t]]) for u in order for t in parts(log[u])[split]]
                behind = [(ids(h + [t]), 3 * len(h)) for _, h, t in rows(split)]
                other = folder + "/context/" + stem
                flat = np.memmap(other + ".bin", dtype=np.uint32 if wide else np.uint16, mode="r")
                assert flat.tolist() == [x for d, _ in behind for x in d]
                mask = np.memmap(other + ".mask", dtype=np.uint8, mode="r")
                assert mask.tolist() == [int(i >= c) for d, c in behind for i in range(len(d))]
                for name, held, before in (("bin", len(want), 0), ("context", len(behind), sum(c for _, c in behind))):
                    told = json.load(open(folder + "/" + name + "/manifest.json"))["heldOut"]
                    told = [f for f in told if f["file"] == stem + ".bin"][0]
                    assert (told["targetItems"], told["targetTokens"]) == (held, 4 * held) and told["contextTokens"] == before
            path = directory + "/" + stem
            flat = np.memmap(path + ".bin", dtype=np.uint32 if wide else np.uint16, mode="r")
            assert flat.tolist() == [x for d in want for x in d]
            dtype, lengths, pointers, documents = index(path + ".idx")
            assert dtype == (np.int32 if wide else np.uint16)
            assert documents.tolist() == list(range(len(want) + 1)) and len(lengths) == len(want)
            raw = open(path + ".bin", "rb").read()
            for d, n, p in zip(want, lengths, pointers):
                assert np.frombuffer(raw, dtype, n, p).tolist() == d
        """, fixture.folder.path, fixture.path("bin"), String(first), String(wide))
  }

  @Test func sameBytesOnAnyNumberOfThreads() throws {
    let fixture = try Fixture()
    for form in SequenceCorpus.Form.allCases {
      let one = try Self.write(fixture, "one", threads: 1) { $0.form = form }
      let many = try Self.write(fixture, "many", threads: 7) { $0.form = form }
      #expect(one == many && !one.files.isEmpty)
    }
  }

  @Test func integersNeedKnownSizesAndEvenLengths() throws {
    let fixture = try Fixture()
    let histories = try fixture.histories(Fixture.random(users: 20, items: 40, seed: 1))
    let observed = ItemCodes(
      ids: fixture.items.ids, codes: fixture.items.codes, sizesAreObserved: true, source: "observed")
    let uneven = ItemCodes(
      ids: fixture.items.ids, codes: fixture.items.codes, lengths: Buffer([2] + [UInt8](repeating: 3, count: 39)),
      source: "uneven")
    func refusal(_ items: ItemCodes, _ form: SequenceCorpus.Form) -> String {
      var options = SequenceCorpus.Options()
      options.form = form
      return message {
        try SequenceCorpus.write(
          histories, items: items, vocabulary: fixture.vocabulary, options: options, to: fixture.path("out"))
      }
    }
    #expect(refusal(observed, .npz).contains("codebook size of every level"))
    #expect(refusal(uneven, .npz).contains("IDs of one length"))
    #expect(refusal(uneven, .bin) == "nothing was thrown")
    #expect(refusal(observed, .jsonl) == "nothing was thrown")
    let small = try TokenVocabulary(levelSizes: [8, 7, 8])
    #expect(
      message { try SequenceCorpus.write(histories, items: fixture.items, vocabulary: small, to: fixture.path("out")) }
        .contains("[8, 7, 8]"))
  }

  @Test func replacesItsOwnDirectoriesOnly() throws {
    let fixture = try Fixture()
    _ = try Self.write(fixture, "out")
    _ = try Self.write(fixture, "out") { $0.form = .bin }
    let names = try FileManager.default.contentsOfDirectory(atPath: fixture.path("out")).sorted()
    #expect(names == ["manifest.json", "test.bin", "test.idx", "train.bin", "train.idx", "val.bin", "val.idx"])
    #expect(try CorpusManifest.read(fixture.path("out")).form == "bin")
    // Of a version that counted other things, too.
    let manifest = fixture.path("out") + "/manifest.json"
    let text = try String(contentsOfFile: manifest, encoding: .utf8)
    try AtomicFile.write(text.replacingOccurrences(of: "equalTimes", with: "sameTimes"), to: manifest)
    #expect(throws: (any Error).self) { try CorpusManifest.read(fixture.path("out")) }
    _ = try Self.write(fixture, "out") { $0.form = .bin }
    #expect(try CorpusManifest.read(fixture.path("out")).form == "bin")
    try "mine".write(toFile: fixture.path("out") + "/notes.txt", atomically: true, encoding: .utf8)
    #expect(message { _ = try Self.write(fixture, "out") }.contains("also holds notes.txt"))
    #expect(FileManager.default.fileExists(atPath: fixture.path("out") + "/train.bin"))
  }
}
