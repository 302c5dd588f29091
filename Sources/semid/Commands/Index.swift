import ArgumentParser

struct Index: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Build and look at indexes.", subcommands: [IndexBuild.self, IndexInfo.self, IndexVerify.self])
}
