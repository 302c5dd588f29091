import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats
@testable import Tokenizers

/// Models to and from the Python package itself.
@Suite(.enabled(if: Python.has("semantic_id", "torch"))) struct SemanticIDPackageTests {
  private static let train = """
    import sys, numpy as np, torch
    from semantic_id import RQKMeans, RQVAE
    folder = sys.argv[1] + '/'
    rng = np.random.default_rng(5)
    x = (rng.normal(size=(12, 10))[rng.integers(0, 12, 400)] + .3 * rng.normal(size=(400, 10))).astype('float32')
    np.save(folder + 'x.npy', x)
    torch.manual_seed(1)
    models = {
      'kmeans': RQKMeans(3, 8, random_state=1, max_iter=20, n_init=1),
      'vae': RQVAE(in_dim=10, num_emb_list=[8, 6], e_dim=4, layers=[16, 8], lr=1e-3, batch_size=64, epochs=5),
      'vae-bn': RQVAE(in_dim=10, num_emb_list=[8, 8, 4], e_dim=5, layers=[12], bn=True, lr=1e-3, batch_size=64,
                      epochs=5, kmeans_init=True, sk_epsilons=[0., 0., .01], dropout_prob=.1, loss_type='l1'),
    }
    for name, model in models.items():
      model.fit(x)
      model.save(folder + name)
      codes = np.asarray(model.encode(x))
      np.save(folder + name + '.codes.npy', codes.astype('int32'))
      np.save(folder + name + '.decoded.npy', np.asarray(model.decode(codes), dtype='float32'))
    """

  @Test func theirModelsGiveTheirCodes() throws {
    let folder = try TemporaryFolder()
    try Python.run(Self.train, folder.path)
    let vectors = try NPYArray(path: folder.file("x.npy")).matrix()
    for name in ["kmeans", "vae", "vae-bn"] {
      let model = try TokenizerModel.open(folder.file(name))
      let theirs = try Codes(opening: folder.file(name + ".codes.npy"), levelSizes: model.levelSizes)
      #expect(try model.encode(vectors).values.array == theirs.values.array, "\(name)")
      let decoded = try NPYArray(path: folder.file(name + ".decoded.npy")).matrix().values.array
      let ours = try model.decode(theirs, pool: ThreadPool()).values.array
      #expect(zip(ours, decoded).allSatisfy { abs($0 - $1) < 1e-5 }, "\(name)")
      // Through our own form and back into theirs.
      try model.write(to: folder.file(name + ".ours"))
      #expect(try TokenizerModel.open(folder.file(name + ".ours")).encode(vectors).values.array == theirs.values.array)
    }
  }

  @Test func ourModelsLoadThere() throws {
    let folder = try TemporaryFolder()
    let vectors = Synthetic.clusters(rows: 500, columns: 9, centers: 10, seed: 81)
    try NPY.write(vectors, to: folder.file("x.npy"))
    var kMeans = RQKMeansOptions()
    kMeans.levelSizes = [8, 8, 5]
    let plain = try RQKMeans.train(vectors, options: kMeans).model
    try plain.writeSemanticID(to: folder.file("kmeans"))
    try plain.encode(vectors).write(to: folder.file("kmeans.npy"))
    for hasBatchNorm in [false, true] {
      var options = RQVAEOptions()
      options.levelSizes = [8, 8, 4]
      options.network.hidden = [16, 8]
      options.network.codeDimension = 4
      options.network.hasBatchNorm = hasBatchNorm
      options.schedule.epochs = 4
      let name = hasBatchNorm ? "vae-bn" : "vae"
      let model = try RQVAE.train(vectors, options: options).model
      try model.writeSemanticID(to: folder.file(name))
      try model.encode(vectors).write(to: folder.file(name + ".npy"))
      // The scaling is in the layers then: read back here, the same codes but for what rounding decides.
      let again = try TokenizerModel.open(folder.file(name))
      let codes = try model.encode(vectors)
      let same = try again.encode(vectors)
      #expect((0..<500).count { codes[$0] != same[$0] } <= 2)
    }
    try Python.run(
      """
      import sys, numpy as np
      from semantic_id import RQKMeans, RQVAE
      folder = sys.argv[1] + '/'
      x = np.load(folder + 'x.npy')
      for name, kind in [('kmeans', RQKMeans), ('vae', RQVAE), ('vae-bn', RQVAE)]:
        model = kind.load(folder + name)
        codes = np.asarray(model.encode(x))
        differing = (codes != np.load(folder + name + '.npy')).any(1).sum()
        assert differing <= (0 if name == 'kmeans' else 2), (name, differing)
      """, folder.path)
  }

  @Test func damagedModelsAreRefused() throws {
    let folder = try TemporaryFolder()
    try Python.run(Self.train, folder.path)
    let weights = folder.file("vae") + "/model.pt"
    let whole = try Data(contentsOf: URL(fileURLWithPath: weights))
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: weights))
    let error = #expect(throws: InputError.self) { try TokenizerModel.open(folder.file("vae")) }
    #expect(error?.description.contains("model.pt") == true)
    let metadata = folder.file("vae-bn") + "/metadata.json"
    let text = try String(contentsOfFile: metadata, encoding: .utf8).replacingOccurrences(
      of: "\"e_dim\": 5", with: "\"e_dim\": 6")
    try text.write(toFile: metadata, atomically: true, encoding: .utf8)
    let mismatch = #expect(throws: InputError.self) { try TokenizerModel.open(folder.file("vae-bn")) }
    #expect(mismatch?.kind == .mismatch)
  }
}
