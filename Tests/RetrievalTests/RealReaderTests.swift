import TestSupport
import Testing
import Vectors

@testable import Retrieval

/// numpy and Python's faiss open what an index consists of.
@Suite struct RealReaderTests {
  @Test(.enabled(if: Python.isReady), arguments: [(Metric.l2, "Flat"), (.cosine, "Flat"), (.l2, "IVF8,SQ8")])
  func pythonReadsEveryFile(_ metric: Metric, _ faiss: String) throws {
    let built = try BuiltIndex(seed: 40, metric: metric, faiss: faiss, count: 400)
    let segment = built.index.manifest.segments[0]
    let exact = try built.index.exactSearch(built.queries[rows: 0..<1], k: 5)[0]
    let printed = try Python.run(
      """
      import sys, json, glob, hashlib, numpy as np, faiss
      folder, manifest, query = sys.argv[1], json.load(open(sys.argv[2])), np.array(json.loads(sys.argv[3]), np.float32)
      segment = manifest["segments"][0]
      for name, file in segment["files"].items():
          data = open(folder + "/" + name, "rb").read()
          assert len(data) == file["bytes"] and hashlib.sha256(data).hexdigest() == file["sha256"], name
      a = {p.split("/")[-1][:-4]: np.load(p) for p in glob.glob(folder + "/*.npy")}
      assert len(a) + 1 == len(segment["files"])
      codes, rows = a["codes"], a["rows"]
      assert codes.dtype == np.uint16 and codes.shape == (400, 3)
      order = np.lexsort([rows] + [codes[:, l] for l in (2, 1, 0)])
      assert (order == np.arange(400)).all()
      assert (a["positions"][rows] == np.arange(400)).all()
      for l in range(3):
          starts = np.flatnonzero(np.r_[True, (codes[1:, :l + 1] != codes[:-1, :l + 1]).any(1)])
          assert (a[f"level{l}.starts"] == np.r_[starts, 400]).all()
          assert (a[f"level{l}.codes"] == codes[starts, l]).all()
          listed = np.argsort(codes[starts, l], kind="stable")
          assert (a[f"level{l}.list-nodes"] == listed).all()
      books, first, decoded = a["codewords"], 0, 0
      for l, size in enumerate(manifest["levelSizes"]):
          decoded = decoded + books[first + codes[:, l]]
          first += size
      assert np.allclose(a["norms"], (decoded ** 2).sum(1), rtol=1e-4)
      ids = [bytes(a["ids.bytes"][s:e]).decode() for s, e in zip(a["ids.offsets"], a["ids.offsets"][1:])]
      assert ids == [f"item {i}" for i in range(400)]
      index = faiss.read_index(folder + "/vectors.faiss")
      assert index.ntotal == 400 and index.d == 24
      if hasattr(faiss, "extract_index_ivf") and "IVF" in manifest["faiss"]: faiss.extract_index_ivf(index).nprobe = 8
      if manifest["metric"] == "cosine": query /= np.linalg.norm(query)
      print(",".join(str(rows[p]) for p in index.search(query[None], 5)[1][0]))
      """, IndexDirectory.folder(built.index.path, segment: segment.name), built.index.path + "/manifest.json",
      "\(built.queries.row(0))")
    let found = printed.split(separator: "\n").last?.split(separator: ",").compactMap { Int($0) }
    if faiss == "Flat" { #expect(found == exact.hits.map(\.row)) } else { #expect(found?.count == 5) }
  }
}
