import ArgumentParser
import SemanticID

struct CorpusTemplates: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "templates", abstract: "Print the wordings of every task, as a file of templates.",
    discussion: """
      Example: semid corpus templates > mine.json

      Templates are Mustache; a wording may ask for \(TemplateVariable.allCases.map(\.rawValue).joined(separator: ", ")).
      """)

  @Option(
    help: ArgumentHelp("A file of templates to check and print; by default our own are printed.", valueName: "file"),
    completion: .file())
  var templates: String?
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    let library = try templates.map { try TemplateLibrary.read($0) } ?? .standard()
    let named = Dictionary(uniqueKeysWithValues: library.texts.map { ($0.key.rawValue, $0.value) })
    let text = try library.json()
    try console.print(named) { text }
  }
}
