import Foundation
import TestSupport
import Testing
import Vectors

@testable import Tokenizers

/// The files of the Python package semantic-id, read and written by numpy in its place.
@Suite struct SemanticIDFormatTests {
  @Test(.enabled(if: Python.isReady)) func whatWeWriteNumpyReadsAndEncodesWith() throws {
    let folder = try TemporaryFolder()
    let vectors = Synthetic.clusters(rows: 300, columns: 12, centers: 10, seed: 41)
    var options = RQKMeansOptions()
    options.levelSizes = [16, 8]
    let (model, _) = try RQKMeans.train(vectors, options: options)
    try model.writeSemanticID(to: folder.file("model"))
    try vectors.values.array.withUnsafeBytes { Data($0) }.write(to: URL(fileURLWithPath: folder.file("x.f32")))
    let output = try Python.run(
      """
      import json, sys, numpy as np
      folder, x = sys.argv[1], np.fromfile(sys.argv[2], np.float32).reshape(300, 12)
      meta = json.load(open(folder + "/metadata.json"))
      assert set(meta) == {"type", "n_levels", "n_clusters", "metric", "implementation", "max_iter", "tol",
                           "random_state", "n_init", "D"}, meta
      assert meta["type"] == "RQKMeans" and meta["n_levels"] == 2 and meta["n_clusters"] == [16, 8] and meta["D"] == 12
      books = np.load(folder + "/codebooks.npz")
      assert sorted(books.files) == ["codebook_0", "codebook_1"]
      r, codes = x.astype(np.float64), []
      for l in range(2):
          b = books[f"codebook_{l}"]
          assert b.dtype == np.float32 and b.shape == (meta["n_clusters"][l], 12)
          c = ((r[:, None] - b[None]) ** 2).sum(2).argmin(1)
          r = r - b[c]; codes.append(c)
      print(json.dumps(np.stack(codes, 1).tolist()))
      """, folder.file("model"), folder.file("x.f32"))
    let theirs = try JSONDecoder().decode([[UInt16]].self, from: Data(output.utf8))
    let ours = try model.encode(vectors)
    #expect((0..<300).count { ours[$0] == theirs[$0] } >= 299)
  }

  @Test(.enabled(if: Python.isReady)) func whatNumpyWritesWeRead() throws {
    let folder = try TemporaryFolder()
    try Python.run(
      """
      import json, os, sys, numpy as np
      f = sys.argv[1]
      g = np.random.default_rng(1)
      a, b = g.normal(size=(5, 3)).astype(np.float32), g.normal(size=(7, 3)).astype(np.float32)
      os.mkdir(f + "/sid")
      json.dump(dict(type="RQKMeans", n_levels=2, n_clusters=[5, 7], metric="l2", implementation="kmeans", max_iter=100,
                     tol=1e-4, random_state=None, verbose=False, n_init=10, D=3), open(f + "/sid/metadata.json", "w"))
      np.savez_compressed(f + "/sid/codebooks.npz", codebook_0=a, codebook_1=b)
      np.savez(f + "/three.npz", codebooks=np.stack([a, a + 1]))
      np.savez(f + "/two.npz", codebooks=b)
      np.savez(f + "/four.npz", codebooks=np.zeros((1, 1, 1, 1)))
      np.save(f + "/a.npy", a); np.save(f + "/b.npy", b)
      """, folder.path)
    let model = try RQKMeans(opening: folder.file("sid"))
    #expect(model.levelSizes == [5, 7] && model.dimension == 3)
    #expect(try RQKMeans(opening: folder.file("three.npz")).levelSizes == [5, 5])
    #expect(try RQKMeans(opening: folder.file("two.npz")).levelSizes == [7])
    #expect(throws: InputError.self) { try RQKMeans(opening: folder.file("four.npz")) }
    let decoded = try model.decode(Codes(levelSizes: [5, 7], values: Buffer([4, 6])))
    let output = try Python.run(
      """
      import json, sys, numpy as np
      f = sys.argv[1]
      print(json.dumps((np.load(f + "/a.npy")[4] + np.load(f + "/b.npy")[6]).tolist()))
      """, folder.path)
    #expect(decoded.row(0) == (try JSONDecoder().decode([Float].self, from: Data(output.utf8))))
  }

  @Test func modelsThatItHasNoLikeOfAreRefused() throws {
    let folder = try TemporaryFolder()
    let vectors = Synthetic.clusters(rows: 50, columns: 4, centers: 3, seed: 42)
    var options = RQKMeansOptions()
    options.levelSizes = [4]
    options.metric = .cosine
    let (model, _) = try RQKMeans.train(vectors, options: options)
    #expect(throws: InputError.self) { try model.writeSemanticID(to: folder.file("model")) }
  }
}
