import ArgumentParser

struct Export: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the catalogue and its IDs in the forms of other programs.", subcommands: [ExportAtlas.self])
}
