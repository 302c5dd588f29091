import Foundation
import Formats
import Vectors

/// Writes a segment's vectors as FAISS keeps them.
struct VectorFileWriter {
  let builder: IndexBuilder

  /// Bytes gathered, digested and written at a time; they fit a cache.
  private static let piece = 8 << 20

  /// Writes `vectors.faiss` in ID order: streams a Flat one, and has FAISS make any other in memory.
  func write(
    _ vectors: VectorRows, _ rows: Buffer<UInt32>, in directory: StagedDirectory, _ pool: ThreadPool,
    _ progress: (Int) -> Void
  ) throws -> IndexManifest.File {
    if builder.faiss == "Flat" { return try stream(vectors, rows, in: directory, progress) }
    let name = SegmentFile.vectors
    func piece(_ range: Range<Int>) -> Matrix {
      progress(range.lowerBound)
      return gather(vectors, rows, range, pool)
    }
    let index = try FaissIndex(
      factory: builder.faiss, metric: builder.metric.faiss, dimension: vectors.columns, count: vectors.count,
      training: {
        var random = CounterRandom(seed: builder.seed)
        let chosen = random.sample(min(builder.trainingVectors, vectors.count), below: vectors.count)
        return gather(vectors, Buffer(chosen.map { UInt32(truncatingIfNeeded: $0) }), 0..<chosen.count, pool)
      }, piece: piece)
    try index.write(to: directory.file(name))
    let made = try FaissIndex(readingFrom: directory.file(name))
    if made.count > 0 {
      do {
        _ = try made.reconstruct(0)
      } catch {
        throw InputError(
          .unsupported, "FAISS factory \"\(builder.faiss)\"", expected: "an index that gives back its vectors",
          found: "one that does not", remedy: "use Flat, SQ8, SQfp16, PQ…np or IVF…")
      }
    }
    return IndexManifest.File(
      bytes: try MappedFile(path: directory.file(name)).count,
      sha256: try SHA256.hexDigest(ofFile: directory.file(name)))
  }

  private func stream(
    _ vectors: VectorRows, _ rows: Buffer<UInt32>, in directory: StagedDirectory, _ progress: (Int) -> Void
  ) throws -> IndexManifest.File {
    let width = vectors.columns
    let isToBeUnit = builder.metric == .cosine && !vectors.isStored
    let together = max(1, Self.piece / (MemoryLayout<Float>.stride * width))
    let piece = UnsafeMutableBufferPointer<Float>.allocate(capacity: min(together, vectors.count) * width)
    defer { piece.deallocate() }
    let header = FlatVectorFile.header(metric: builder.metric.faiss, dimension: width, count: vectors.count)
    return try IndexManifest.File(writing: SegmentFile.vectors, in: directory) { append in
      try header.withUnsafeBytes { try append($0) }
      for start in stride(from: 0, to: vectors.count, by: together) {
        progress(start)
        let range = start..<min(vectors.count, start + together)
        vectors.withRows { row in
          guard var target = piece.baseAddress else { return }
          for place in range {
            UnitVector.copy(row(Int(rows[place])), count: width, isToBeUnit: isToBeUnit, into: target)
            target += width
          }
        }
        try append(UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: piece[..<(range.count * width)])))
      }
    }
  }

  /// The vectors of `rows[range]`, brought to length 1 under cosine.
  private func gather(_ vectors: VectorRows, _ rows: Buffer<UInt32>, _ range: Range<Int>, _ pool: ThreadPool) -> Matrix
  {
    let width = vectors.columns
    let isToBeUnit = builder.metric == .cosine && !vectors.isStored
    return Matrix(rows: range.count, columns: width) { target in
      guard let target = target.baseAddress else { return }
      vectors.withRows { row in
        rows.withUnsafeBufferPointer { rows in
          pool.run(over: range.count, inPiecesOf: 1 << 9) { piece in
            for index in piece {
              let source = row(Int(rows[range.lowerBound + index]))
              UnitVector.copy(source, count: width, isToBeUnit: isToBeUnit, into: target + index * width)
            }
          }
        }
      }
    }
  }
}
