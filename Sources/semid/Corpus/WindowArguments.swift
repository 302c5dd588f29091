import ArgumentParser
import SemanticID

/// How histories are cut into rows.
struct WindowArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The most items before a target; by default \(WindowOptions().maximumHistory), for mini-onerec "
        + "\(MiniOneRecFiles.Options(category: "").windows.maximumHistory), as its own.", valueName: "n"))
  var maxHistory: Int?
  @Option(help: ArgumentHelp("The fewest items before a target.", valueName: "n"))
  var minHistory = 1
  @Option(help: ArgumentHelp("Training targets of a user are this far apart, counted from the last.", valueName: "n"))
  var stride = 1
  @Flag(help: "Only the last training target of each user; by default all.")
  var lastTargetOnly = false

  func validate() throws {
    try InputError.check("--max-history", maxHistory, in: 1...65_536)
    try InputError.check("--min-history", minHistory, in: 1...65_536)
    try InputError.check("--stride", stride, in: Ranges.items)
  }

  func options(maximum: Int = WindowOptions().maximumHistory) throws -> WindowOptions {
    var options = WindowOptions()
    options.maximumHistory = maxHistory ?? maximum
    options.minimumHistory = minHistory
    options.stride = stride
    options.lastTargetOnly = lastTargetOnly
    guard (1...65_536).contains(options.maximumHistory), (1...options.maximumHistory).contains(minHistory), stride > 0
    else {
      throw InputError(
        .usage, "--max-history, --min-history, --stride", expected: "1 ≤ min ≤ max ≤ 65,536, and a stride from 1",
        found: "\(minHistory), \(options.maximumHistory) and \(stride)")
    }
    return options
  }
}
