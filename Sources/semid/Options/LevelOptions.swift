import ArgumentParser
import SemanticID

/// The shape of an ID: how many levels, and how many codes each has.
struct LevelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Levels of an ID; by default \(Self.defaultLevels), or as many as --codebook-size gives.", valueName: "n"))
  var levels: Int?

  @Option(
    help: ArgumentHelp("Codes a level (default: 256); or one number a level: 256,512,1024.", valueName: "k"),
    transform: Self.sizes)
  var codebookSize: [Int] = [256]

  static let defaultLevels = 3

  /// The codebook size of every level.
  var sizes: [Int] {
    codebookSize.count == 1
      ? Array(repeating: codebookSize[0], count: levels ?? Self.defaultLevels) : codebookSize
  }

  func validate() throws {
    try InputError.check("--levels", levels, in: CodeShape.levelRange)
    if let levels, codebookSize.count > 1, codebookSize.count != levels {
      throw ValidationError("--codebook-size: expected one number or \(levels), found \(codebookSize.count)")
    }
  }

  static func sizes(_ text: String) throws -> [Int] {
    guard let shape = CodeShape(parsing: text) else {
      throw ValidationError(
        "--codebook-size: expected numbers from 1 to 65,536 with commas between, found \"\(text)\"")
    }
    return shape.levelSizes
  }
}
