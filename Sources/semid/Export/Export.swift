import ArgumentParser

struct Export: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the catalogue and its IDs in the forms of other programs.",
    subcommands: [
      ExportFlashRec.self, ExportSIDGR.self, ExportStatic.self, ExportRecTokens.self, ExportAtlas.self,
    ])
}
