import Foundation
import SemanticID
import TestSupport
import Testing

#if os(Linux)
  /// Verbs that write, killed (`SIGKILL`) at random moments: the state before or the one after stands, whole, and the
  /// next run of the verb succeeds and leaves nothing of the killed one behind. `SEMID_KILLS` says how many kills there
  /// are; `scripts/attack kill N` sets it.
  @Suite(.enabled(if: Program.isReady)) struct KillTests {
    struct Verb: CustomTestStringConvertible, Sendable {
      var name: String
      /// The arguments with spaces between; ROUND becomes the number of the run, so that runs differ.
      var line: String
      /// Throws unless what the verb writes, in a folder, is whole.
      var check: @Sendable (_ folder: String) throws -> Void

      init(_ name: String, _ line: String, _ check: @escaping @Sendable (_ folder: String) throws -> Void) {
        (self.name, self.line, self.check) = (name, line, check)
      }

      func arguments(_ round: Int) -> [String] {
        line.replacingOccurrences(of: "ROUND", with: "\(round)").split(separator: " ").map(String.init)
      }

      var testDescription: String { name }
    }

    static let kills = ProcessInfo.processInfo.environment["SEMID_KILLS"].flatMap(Int.init) ?? verbs.count

    private static let train = "a.npy -o out --codebook-size 4 --quiet --seed ROUND"
    private static let neural = train + " --epochs 2 --layers 8"
    private static let corpus = "--interactions inter.parquet --codes codes.parquet -o out"

    static let verbs: [Verb] = [
      Verb("train rq-kmeans", "train rq-kmeans " + train, wholeModel),
      Verb("train rq-vae", "train rq-vae --code-dimension 4 " + neural, wholeModel),
      Verb("train vq-vae", "train vq-vae --code-dimension 4 " + neural, wholeModel),
      Verb("train rq-kmeans-plus", "train rq-kmeans-plus " + neural, wholeModel),
      Verb("train, semantic-id's form", "train rq-kmeans --semantic-id-format " + train, wholeModel),
      Verb("model convert", "model convert model -o out", wholeModel),
      Verb("encode", "encode a.npy -m model -o out.parquet") { try wholeCodes($0 + "/out.parquet") },
      Verb("resolve", "resolve a.npy -m model -o out.jsonl") { try wholeCodes($0 + "/out.jsonl") },
      Verb("decode", "decode codes.npy -m model -o out.npy") { folder in
        let rows = try NPYArray(path: folder + "/out.npy").matrix().rows
        #expect(rows == 64)
      },
      Verb("evaluate codes --report", "evaluate codes a.npy --codes codes.npy --report out.html") { folder in
        let page = try String(contentsOfFile: folder + "/out.html", encoding: .utf8)
        #expect(page.contains("</html>"))
      },
      Verb("registry add", "registry add ids.db both.npy -m model", wholeRegistry),
      Verb("registry remove", "registry remove ids.db item_0", wholeRegistry),
      Verb("registry export", "registry export ids.db -o out.parquet") { try wholeCodes($0 + "/out.parquet") },
      Verb("index build", "index build a.npy -m model -o index", wholeIndex),
      Verb("index add", "index add index b.npy --replace", wholeIndex),
      Verb("index delete", "index delete index item_1 --ignore-unknown", wholeIndex),
      Verb("index compact", "index compact index", wholeIndex),
      Verb("corpus sequences", "corpus sequences --max-history 1ROUND " + corpus, wholeCorpus),
      Verb("corpus instructions", "corpus instructions --tasks next-item --seed ROUND " + corpus, wholeCorpus),
      Verb("corpus pretrain", "corpus pretrain --tasks history-document --seed ROUND " + corpus, wholeCorpus),
      Verb("corpus mini-onerec", "corpus mini-onerec --category x --items items.jsonl " + corpus, wholeCorpus),
      Verb("corpus constraint", "corpus constraint index -o out.npz") { folder in
        let keys = try NPZFile(path: folder + "/out.npz").keys
        #expect(!keys.isEmpty)
      },
      Verb("corpus vocabulary", "corpus vocabulary --model model -o out.txt") { folder in
        let tokens = try String(contentsOfFile: folder + "/out.txt", encoding: .utf8).split(separator: "\n")
        #expect(tokens.count == 16)
      },
      Verb("demo --keep", "demo --catalogue catalogue.jsonl --keep out --query thing") { folder in
        let files = FileManager.default
        if files.fileExists(atPath: folder + "/out/model") { _ = try TokenizerModel.verify(folder + "/out/model") }
        if files.fileExists(atPath: folder + "/out/index") { try wholeIndex(folder + "/out") }
      },
    ]

    @Sendable private static func wholeModel(_ folder: String) throws {
      _ = try TokenizerModel.verify(folder + "/out")
    }

    @Sendable private static func wholeCodes(_ path: String) throws {
      #expect(try CodesTable(opening: path).codes.count == 64)
    }

    /// Every file is the one that the manifest was written with.
    @Sendable private static func wholeCorpus(_ folder: String) throws {
      let manifest = try CorpusManifest.read(folder + "/out")
      #expect(!manifest.files.isEmpty)
      for file in manifest.files {
        #expect(try SHA256.hexDigest(ofFile: folder + "/out/" + file.name) == file.sha256, "\(file.name)")
      }
    }

    /// 64 items at the start; one is deleted or not, 16 are added or not.
    @Sendable private static func wholeIndex(_ folder: String) throws {
      let index = try SemanticIndex(opening: folder + "/index")
      try index.verify()
      #expect([63, 64, 79, 80].contains(index.count), "\(index.count) items")
    }

    @Sendable private static func wholeRegistry(_ folder: String) throws {
      let registry = try Registry(opening: folder + "/ids.db", access: .read)
      try registry.verify()
      let items = try registry.generation()?.items ?? 0
      #expect([63, 64, 80].contains(items), "\(items) items")
      try registry.close()
    }

    /// What a folder of a verb must not hold once the verb has run to its end.
    private static func leftovers(_ folder: String) -> [String] {
      (FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []).filter {
        $0.contains(".semid-tmp") || $0.contains(".semid-previous") || $0.hasSuffix("-wal") || $0.hasSuffix("-journal")
      }
    }

    @Test(arguments: verbs) func theOldOrTheNewIsWhole(_ verb: Verb) throws {
      var random = CounterRandom(
        seed: UInt64(Self.kills), stream: UInt64(verb.name.utf8.count))
      let folder = try Workplace.full()
      let start = ContinuousClock.now
      let first = try Program.semid.run(verb.arguments(0), in: folder.path)
      try #require(first.status == 0, "\(verb.name): \(first)")
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      try verb.check(folder.path)
      for round in 1...max(1, (Self.kills + Self.verbs.count - 1) / Self.verbs.count) {
        let running = try Program.semid.start(verb.arguments(round), in: folder.path)
        usleep(UInt32(random.uniform() * seconds * 1.1e6))
        running.kill()
        _ = try running.outcome(within: 60)
        do {
          try verb.check(folder.path)
        } catch {
          Issue.record("\(verb.name), round \(round): \(error)")
        }
        let next = try Program.semid.run(verb.arguments(round), in: folder.path)
        #expect(next.status == 0, "\(verb.name), round \(round), the next run: \(next)")
        try verb.check(folder.path)
        #expect(Self.leftovers(folder.path) == [], "\(verb.name), round \(round)")
      }
    }
  }
#endif
