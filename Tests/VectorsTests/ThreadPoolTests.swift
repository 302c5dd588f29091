import Foundation
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

  @Test(arguments: [1, 2, 3, 4, 9]) func aGatheredPoolRunsEveryTaskOnce(threads: Int) {
    ThreadPool(threads: threads).gathered { pool in
      #expect(pool.threads == threads)
      for pass in 0..<3000 {
        let tasks = pass % 7
        let runs = Mutex([Int](repeating: 0, count: tasks))
        pool.run(tasks: tasks) { task in runs.withLock { $0[task] += 1 } }
        #expect(runs.withLock { $0.allSatisfy { $0 == 1 } })
        // Long enough for the others to fall asleep.
        if pass % 1000 == 999 { usleep(2000) }
      }
    }
  }

  @Test func whatAGatheredPassWritesTheNextOneReads() {
    let count = 64
    let values = UnsafeMutablePointer<Int>.allocate(capacity: count)
    defer { values.deallocate() }
    values.initialize(repeating: 0, count: count)
    ThreadPool(threads: 4).gathered { pool in
      for _ in 0..<2000 {
        pool.run(tasks: count) { values[$0] += 1 }
        // Each task reads what another wrote in the pass before.
        let before = Array(UnsafeBufferPointer(start: values, count: count))
        pool.run(tasks: count) { values[$0] += before[(7 * $0 + 3) % count] - values[$0] }
      }
    }
    #expect((0..<count).allSatisfy { values[$0] == 2000 })
  }

  @Test func gatheredTasksMayUseThePool() {
    let done = Mutex(0)
    ThreadPool(threads: 3).gathered { pool in
      for _ in 0..<50 {
        pool.run(tasks: 5) { _ in pool.run(tasks: 4) { _ in done.withLock { $0 += 1 } } }
      }
      pool.gathered { inner in inner.run(tasks: 10) { _ in done.withLock { $0 += 1 } } }
    }
    #expect(done.withLock { $0 } == 1010)
  }

  @Test func longTasksOfAGatheredPoolAreWaitedFor() {
    let done = Mutex(0)
    ThreadPool(threads: 3).gathered { pool in
      for _ in 0..<5 {
        pool.run(tasks: 3) { task in
          usleep(task == 0 ? 0 : 5000)
          done.withLock { $0 += 1 }
        }
        let now = done.withLock { $0 }
        #expect(now % 3 == 0)
      }
    }
    #expect(done.withLock { $0 } == 15)
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
