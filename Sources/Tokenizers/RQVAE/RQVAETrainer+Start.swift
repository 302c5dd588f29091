import Clustering
import Vectors

extension RQVAETrainer {
  /// Gives the codebooks their first codewords, and turns the quantizer on.
  func startCodebooks() throws {
    let books: [Matrix]
    if let startModel {
      books = try codewords(from: startModel)
    } else {
      switch options.quantizer.start {
      case .uniform: books = uniformCodewords()
      case .kMeans: books = try kMeansCodewords()
      }
    }
    for (level, book) in zip(step.quantizer.levels, books) { level.start(from: book) }
    step.joinQuantizer()
    step.quantizer.refresh()
    let sample = startRows(atMost: 4096)
    step.quantizer.startEntropies(errors: errors(of: try latents(sample), books: books))
  }

  private func uniformCodewords() -> [Matrix] {
    options.levelSizes.enumerated().map { level, size in
      var random = CounterRandom(seed: options.schedule.seed, stream: 1 << 59 | UInt64(level))
      return Matrix(rows: size, columns: step.quantizer.dimension) { target in
        for index in target.indices { target[index] = Float((2 * random.uniform() - 1) / Double(size)) }
      }
    }
  }

  /// Residual k-means on the latent vectors of many rows, since deep levels need more than one batch.
  private func kMeansCodewords() throws -> [Matrix] {
    let needed = options.levelSizes.max() ?? 0
    var kMeans = RQKMeansOptions()
    kMeans.levelSizes = options.levelSizes
    kMeans.kMeans.iterations = 10
    kMeans.kMeans.seed = options.schedule.seed
    let latents = try latents(startRows(atMost: max(needed, options.quantizer.startRows)))
    return try RQKMeans.train(latents, options: kMeans, pool: pool, source: source).model.codebooks.levels
  }

  /// The codewords of another model where both quantize vectors; otherwise the means of the latent residuals with each
  /// of its codes.
  private func codewords(from model: any Tokenizer) throws -> [Matrix] {
    guard model.levelSizes == options.levelSizes, model.dimension == vectors.columns else {
      throw InputError(
        .mismatch, "the model to start from",
        expected: "levels of \(options.levelSizes) codes and vectors of dimension \(vectors.columns)",
        found: "\(model.levelSizes) and \(model.dimension)")
    }
    if options.network.skip != .none, let books = model.additiveCodebooks {
      return books.levels.enumerated().map { level, book in
        Matrix(rows: book.rows, columns: book.columns) { target in
          book.withUnsafeBufferPointer { source in
            for index in source.indices {
              let shift = level == 0 ? scaling.mean[index % book.columns] : 0
              target[index] = (source[index] - shift) / scaling.scale
            }
          }
        }
      }
    }
    let rows = startRows(atMost: max(options.quantizer.startRows, 16 * (options.levelSizes.max() ?? 0)))
    return means(of: try latents(rows), codes: try model.encode(rows, pool: pool, source: source))
  }

  private func means(of latents: Matrix, codes: Codes) -> [Matrix] {
    let d = latents.columns
    var rest = latents.values.array
    return options.levelSizes.enumerated().map { level, size in
      var sums = [Double](repeating: 0, count: size * d)
      var counts = [Int](repeating: 0, count: size)
      for row in 0..<latents.rows {
        let code = Int(codes.values[row * codes.levels + level])
        counts[code] += 1
        for column in 0..<d { sums[code * d + column] += Double(rest[row * d + column]) }
      }
      // A code without rows starts at the residual of some row.
      var random = CounterRandom(seed: options.schedule.seed, stream: 1 << 58 | UInt64(level))
      let book = Matrix(rows: size, columns: d) { target in
        for code in 0..<size {
          let row = counts[code] == 0 ? random.below(latents.rows) : 0
          for column in 0..<d {
            target[code * d + column] =
              counts[code] == 0 ? rest[row * d + column] : Float(sums[code * d + column] / Double(counts[code]))
          }
        }
      }
      book.withUnsafeBufferPointer { book in
        for row in 0..<latents.rows {
          let code = Int(codes.values[row * codes.levels + level])
          for column in 0..<d { rest[row * d + column] -= book[code * d + column] }
        }
      }
      return book
    }
  }

  private func startRows(atMost count: Int) -> Matrix {
    guard count < vectors.rows else { return vectors }
    var random = CounterRandom(seed: options.schedule.seed, stream: 1 << 57)
    return vectors.gathered(random.sample(count, below: vectors.rows))
  }

  private func latents(_ rows: Matrix) throws -> Matrix {
    try step.model(kind).latents(of: rows, pool: pool, source: source)
  }

  /// The mean squared error per element after each level.
  private func errors(of latents: Matrix, books: [Matrix]) -> [Double] {
    let working = WorkingVectors(count: latents.rows, dimension: latents.columns)
    latents.withUnsafeBufferPointer { values in
      guard let base = values.baseAddress else { return }
      working.rows.update(from: base, count: values.count)
    }
    var nearest = [UInt32](repeating: 0, count: latents.rows)
    return books.map { book in
      working.round(0..<latents.rows)
      PackedCodebook(book).nearest(working, 0..<latents.rows, &nearest)
      book.withUnsafeBufferPointer { codewords in
        for row in 0..<latents.rows {
          for column in 0..<latents.columns {
            working.row(row)[column] -= codewords[Int(nearest[row]) * latents.columns + column]
          }
        }
      }
      return working.sumOfSquares(pool) / Double(max(1, latents.values.count))
    }
  }
}
