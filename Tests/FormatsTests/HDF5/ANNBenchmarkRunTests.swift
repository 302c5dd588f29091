import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

@Suite struct ANNBenchmarkRunTests {
  private static func run(batch: Bool = false) -> ANNBenchmarkRun {
    ANNBenchmarkRun(
      algorithm: "semid", dataset: "made-up", metric: .l2, name: "semid(a=1, b=\"2\")",
      arguments: "256x256 a=1/b=..", isBatch: batch, count: 3, rounds: 4, bestSearchSeconds: 0.00025,
      buildSeconds: 12.5, indexBytes: 3 * 1024 * 1024, distanceComputations: 4000, seconds: [0.001, 0.002, 0.0005],
      neighbors: [
        [(row: 4, distance: 0.5), (row: 1, distance: 1.5), (row: 9, distance: 2)], [(row: 7, distance: 0.25)], [],
      ])
  }

  @Test func filesLieWhereTheirToolsLook() throws {
    let folder = try TemporaryFolder()
    let single = try Self.run().write(into: folder.path)
    let batch = try Self.run(batch: true).write(into: folder.path)
    #expect(single == folder.file("made-up/3/semid/256x256_a_1_b___.hdf5"))
    #expect(batch == folder.file("made-up/3/semid-batch/256x256_a_1_b___.hdf5"))
    let file = try HDF5File(path: single)
    #expect(try file.integers("neighbors", as: Int32.self).values.array == [4, 1, 9, 7, -1, -1, -1, -1, -1])
    // Written again, it is replaced.
    #expect(try Self.run().write(into: folder.path) == single)
  }

  /// The loader's steps: read-and-write access, attributes as a dictionary, mode by comparison, recall by distance with a
  /// group of cached figures added to the file.
  @Test(.enabled(if: Python.isReady)) func h5pyReadsItAsTheirLoaderDoes() throws {
    let folder = try TemporaryFolder()
    try Self.run().write(into: folder.path)
    try Self.run(batch: true).write(into: folder.path)
    try Python.run(
      """
      import os, sys, h5py, numpy as np
      found = {False: [], True: []}
      for root, _, files in os.walk(os.path.join(sys.argv[1], "made-up", "3")):
        for name in files:
          assert os.path.splitext(name)[-1] == ".hdf5"
          for batch in found:
            with h5py.File(os.path.join(root, name), "r+") as f:
              properties = dict(f.attrs)
              if batch != properties["batch_mode"]:
                continue
              found[batch].append(properties)
              assert os.path.basename(root) == properties["algo"] + ("-batch" if batch else "")
              assert f["times"].shape == (3,) and f["times"].dtype == "<f4"
              assert f["neighbors"].shape == (3, 3) and f["neighbors"].dtype == "<i4"
              assert f["distances"].shape == (3, 3) and f["distances"].dtype == "<f4"
              times = np.array(f["times"])
              assert abs(np.percentile(times, 50) * 1000 - 1) < 1e-5
              distances = np.array(f["distances"])
              assert distances[1].tolist() == [0.25, np.inf, np.inf] and np.isinf(distances[2]).all()
              truth = np.array([[0.5, 1.4995, 1.9], [0.25, 1, 2], [1, 2, 3]])
              recalls = [(row <= t[2] + 1e-3).sum() for row, t in zip(distances, truth)]
              assert recalls == [2, 1, 0]
              metrics = f.create_group("metrics").create_group("knn")
              metrics.attrs["mean"] = np.mean(recalls) / 3
              metrics["recalls"] = recalls
      assert [len(found[batch]) for batch in (False, True)] == [1, 1]
      p = found[False][0]
      assert p["name"] == 'semid(a=1, b="2")' and p["dataset"] == "made-up" and p["distance"] == "euclidean"
      assert 1.0 / p["best_search_time"] == 4000 and p["build_time"] == 12.5 and p["index_size"] == 3072
      assert p["count"] == 3 and p["run_count"] == 4 and not p["expect_extra"]
      assert abs(p["candidates"] - 4 / 3) < 1e-12 and p["dist_comps"] / (p["run_count"] * 3) == 4000 / 12
      """, folder.path)
  }

  @Test func moreThanWasAskedForIsRefused() throws {
    let folder = try TemporaryFolder()
    var run = Self.run()
    run.count = 2
    #expect(throws: InputError.self) { try run.write(into: folder.path) }
    run = Self.run()
    run.seconds = [1]
    #expect(throws: InputError.self) { try run.write(into: folder.path) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    try AtomicFile.write("x", to: folder.file("file"))
    #expect(throws: InputError.self) { try Self.run().write(into: folder.file("file")) }
  }
}
