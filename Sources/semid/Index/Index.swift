import ArgumentParser

struct Index: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Build indexes, change them and look at them.",
    subcommands: [
      IndexBuild.self, IndexAdd.self, IndexDelete.self, IndexCompact.self, IndexInfo.self, IndexVerify.self,
    ])
}
