import TestSupport
import Testing
import Vectors

@testable import Clustering
@testable import Tokenizers

/// Values near the ends of what floats hold, and rows far from all others: told before training, in figures that are right.
@Suite struct VectorScaleTests {
  private static func scaled(_ vectors: Matrix, by factor: Float) -> Matrix {
    Matrix(rows: vectors.rows, columns: vectors.columns, values: vectors.values.array.map { $0 * factor })
  }

  private static let vectors = Synthetic.clusters(rows: 300, columns: 8, centers: 20, seed: 81)

  private static func vaeOptions() -> RQVAEOptions {
    RQVAETests.options {
      $0.levelSizes = [8, 8]
      $0.schedule.epochs = 2
    }
  }

  @Test(arguments: [1e30, 1e19, 1e-40, 1e-20] as [Float]) func valuesThatCannotBeSquaredAreRefused(_ factor: Float) {
    let vectors = Self.scaled(Self.vectors, by: factor)
    var said: [String] = []
    func collect(_ body: () throws -> Void) {
      let error = #expect(throws: InputError.self) { try body() }
      said.append(error?.description ?? "")
    }
    collect { _ = try RQKMeans.train(vectors, options: RQKMeansTests.options([8]), source: "x.npy") }
    collect { _ = try RQVAE.train(vectors, options: Self.vaeOptions(), source: "x.npy") }
    let exponent = factor > 1 ? (factor == 1e30 ? "1e-30" : "1e-19") : (factor == 1e-40 ? "1e40" : "1e20")
    let range = "values from \(vectors.values.array.min() ?? 0) to \(vectors.values.array.max() ?? 0)"
    for text in said {
      #expect(
        text.contains("x.npy") && text.contains(range) && text.contains("multiply all of them by \(exponent)"),
        "\(text)")
    }
  }

  /// Up to there, codes do not depend on the scale.
  @Test(arguments: [0x1p56, 0x1p-40] as [Float]) func largeAndSmallValuesGiveTheSameCodes(_ factor: Float) throws {
    let options = RQKMeansTests.options([16, 16])
    let (plain, plainReport) = try RQKMeans.train(Self.vectors, options: options)
    let vectors = Self.scaled(Self.vectors, by: factor)
    let (model, report) = try RQKMeans.train(vectors, options: options)
    #expect(try model.encode(vectors).values.array == plain.encode(Self.vectors).values.array)
    for (a, b) in zip(report.levels, plainReport.levels) { #expect(abs(a.relativeError / b.relativeError - 1) < 1e-4) }
  }

  @Test func unitLengthHasNoScale() throws {
    let options = RQKMeansTests.options([8, 8]) { $0.metric = .cosine }
    let (plain, _) = try RQKMeans.train(Self.vectors, options: options)
    let vectors = Self.scaled(Self.vectors, by: 0x1p100)
    #expect(
      try RQKMeans.train(vectors, options: options).model.encode(vectors).values.array
        == plain.encode(Self.vectors).values.array)
  }

  /// One row at 10¹⁸: it is named, the others keep their digits and codewords, and errors are those that decoding shows.
  @Test(arguments: [1e18, 1e12, 1e4] as [Float]) func anOutlierIsNamedAndTakesNothingFromTheOthers(_ far: Float) throws
  {
    var values = Self.vectors.values.array
    values[17 * 8] = far
    let vectors = Matrix(rows: 300, columns: 8, values: values)
    var told: [DominantRows] = []
    let (model, report) = try RQKMeans.train(
      vectors, options: RQKMeansTests.options([16, 16]), warn: { told.append($0) })
    #expect(told.map(\.rows) == [[17]] && told.allSatisfy { $0.share > 0.99 && $0.warning.contains("row 17") })
    let codes = try model.encode(vectors)
    let decoded = try model.decode(codes)
    var error = 0.0
    for index in values.indices where index / 8 != 17 {
      error +=
        (Double(values[index]) - Double(decoded.values[index]))
        * (Double(values[index]) - Double(decoded.values[index]))
    }
    error /= 300
    #expect(
      abs(report.levels[1].squaredErrorPerItem - error) < 0.02 * error,
      "\(report.levels[1].squaredErrorPerItem), \(error)")
    let plain = try RQKMeans.train(Self.vectors, options: RQKMeansTests.options([16, 16])).report
    #expect(report.levels[0].squaredErrorPerItem < 1.3 * plain.levels[0].squaredErrorPerItem)
    #expect(report.levels[0].used == 16)
  }

  @Test func nothingIsSaidOfVectorsThatAreSpreadEvenly() throws {
    for vectors in [Self.vectors, Matrix(rows: 40, columns: 2, values: Array(repeating: 3, count: 80))] {
      _ = try RQKMeans.train(vectors, options: RQKMeansTests.options([8]), warn: { Issue.record("\($0)") })
    }
    var told = 0
    var values = Self.vectors.values.array
    values[5] = 1e6
    _ = try RQVAE.train(Matrix(rows: 300, columns: 8, values: values), options: Self.vaeOptions()) {
      if case .dominantRows(let rows) = $0 {
        told += 1
        #expect(rows.rows == [0])
      }
    }
    #expect(told == 1)
  }

  @Test func rowsAreNamedAsTheyAreInTheFile() throws {
    // Of the whole file, whatever sample is trained on.
    var values = Synthetic.clusters(rows: 500, columns: 4, centers: 10, seed: 82).values.array
    for row in stride(from: 0, to: 500, by: 2) { for column in 0..<4 { values[row * 4 + column] = 0 } }
    let options = RQKMeansTests.options([8]) {
      $0.metric = .cosine
      $0.sampleSize = 100
    }
    let error = #expect(throws: InputError.self) {
      try RQKMeans.train(Matrix(rows: 500, columns: 4, values: values), options: options, source: "items.npy")
    }
    #expect(error?.place == "row 0 (from 0)")
    #expect(error?.description.contains("items.npy") == true && error?.description.contains("zeros") == true)
  }
}
