import ArgumentParser
import SemanticID

struct PrepareAmazon: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "amazon", abstract: "Amazon's reviews and items: the files of 2023, 2018 and 2014.",
    discussion: """
      Example: semid prepare amazon --reviews Video_Games.jsonl.gz --items meta_Video_Games.jsonl.gz -o games

      The defaults are the rule of the public data sets: the first of a user's repeats, users with three reviews or more, \
      the last two of each held out. Reviews of items without metadata are dropped.
      """)

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Reviews: .jsonl or .json, a review a line, also as .gz; one file or more.", valueName: "file"),
    completion: .file())
  var reviews: [String]
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Items (meta_….jsonl.gz): JSON lines, or those of Python that 2014 has, also as .gz; one file or more.",
      valueName: "file"), completion: .file())
  var items: [String]
  @Option(help: "Id of an item in the reviews of 2023: parent_asin (the product) or asin (its variant).")
  var itemKey = AmazonOptions().itemKey
  @Option(
    help:
      "The main category of an item without categories: fallback (stands for them) or apart (in main_category alone).")
  var mainCategory = AmazonOptions().mainCategory
  @OptionGroup var preparation: PreparationArguments
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    var options = AmazonOptions()
    options.itemKey = itemKey
    options.mainCategory = mainCategory
    try await preparation.run(
      AmazonSource(reviews: reviews, items: items, options: options, skipsFaulty: preparation.skipFaulty),
      ["itemKey": itemKey.rawValue, "mainCategory": mainCategory.rawValue], console)
  }
}
