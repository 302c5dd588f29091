import Synchronization
import Testing
import Vectors

@Suite struct ThreadPoolTests {
  @Test(arguments: [1, 2, 4, 9]) func everyTaskRunsOnce(threads: Int) {
    let pool = ThreadPool(threads: threads)
    for tasks in [0, 1, 2, 3, 100] {
      let runs = Mutex([Int](repeating: 0, count: tasks))
      pool.run(tasks: tasks) { task in runs.withLock { $0[task] += 1 } }
      #expect(runs.withLock { $0.allSatisfy { $0 == 1 } })
    }
    let covered = Mutex<[Range<Int>]>([])
    pool.run(over: 10, inPiecesOf: 4) { range in covered.withLock { $0.append(range) } }
    #expect(covered.withLock { $0.sorted { $0.lowerBound < $1.lowerBound } } == [0..<4, 4..<8, 8..<10])
  }

  @Test func theErrorOfTheFirstTaskIsThrown() {
    struct Failure: Error, Equatable { var task: Int }
    for _ in 0..<20 {
      #expect(throws: Failure(task: 3)) {
        try ThreadPool(threads: 4).run(tasks: 50) { task in
          if task >= 3 { throw Failure(task: task) }
        }
      }
    }
  }

  @Test(arguments: [1, 2, 4]) func workBesideOtherWorkIsWaitedFor(threads: Int) throws {
    struct Failure: Error, Equatable { var name: String }
    let pool = ThreadPool(threads: threads)
    let done = Mutex(0)
    let (other, value) = try pool.beside {
      done.withLock { $0 += 1 }
      return "other"
    } _: {
      // The pool's own work goes on meanwhile.
      pool.run(tasks: 10) { _ in done.withLock { $0 += 1 } }
      return 7
    }
    #expect(other == "other" && value == 7 && done.withLock { $0 } == 11)
    #expect(throws: Failure(name: "other")) {
      _ = try pool.beside {
        throw Failure(name: "other")
      } _: {
        7
      }
    }
    #expect(throws: Failure(name: "body")) {
      _ = try pool.beside {
        throw Failure(name: "other")
      } _: {
        throw Failure(name: "body")
      }
    }
  }

  @Test func symmetricEigenvectorsDiagonalise() throws {
    let matrix: [Double] = [4, 1, 0, 1, 3, -1, 0, -1, 2]
    let (values, vectors) = try #require(BLAS.symmetricEigen(matrix, n: 3))
    #expect(values == values.sorted())
    for (index, value) in values.enumerated() {
      let vector = Array(vectors[index * 3..<index * 3 + 3])
      for row in 0..<3 {
        let product = (0..<3).reduce(0.0) { $0 + matrix[row * 3 + $1] * vector[$1] }
        #expect(abs(product - value * vector[row]) < 1e-12)
      }
    }
  }
}
