import Vectors

/// A `.csv` or `.tsv` file, as `EmbeddingSet` reads it: a column of lists, or a column for each dimension.
struct CSVVectorFile: VectorFile {
  let file: CSVFile
  let contents: NamedArrays
  private let families: [ColumnFamily]

  init(_ file: CSVFile) {
    self.file = file
    let forms = zip(file.names, file.firstRow).map { ($0, Self.form($1)) }
    let numbers = forms.filter { $0.1 == .integers || $0.1 == .floats }
    families = ColumnFamily.all(in: numbers.map(\.0))
    let members = Set(families.flatMap(\.names))
    let whole = Set(numbers.filter { $0.1 == .integers }.map(\.0))
    let single = forms.map { name, form in
      NamedArray(
        name: name, type: Self.type(form), form: form == .integers && members.contains(name) ? .other : form)
    }
    let composed = families.filter { family in
      KnownNames.vectors.names.contains(family.base) || !family.names.allSatisfy(whole.contains)
    }.map { family in
      NamedArray(
        name: family.pattern, type: "\(family.names.count) columns of numbers", form: .matrix, isComposed: true,
        knownAs: family.base)
    }
    contents = NamedArrays(source: file.source, noun: "column", arrays: single + composed)
  }

  func vectors(_ name: String, pool: ThreadPool) throws -> NamedVectors {
    let names = file.names.contains(name) ? [] : columns(name)
    guard names.isEmpty else {
      let matrix = try file.matrix(of: names)
      return NamedVectors(matrix, detail: "columns \(names[0]) to \(names[names.count - 1])")
    }
    return NamedVectors(try file.matrix(name), detail: "lists in text")
  }

  func ids(_ name: String) throws -> StringColumn { try Identifiers.texts(of: file, column: name) }

  /// The columns of a family, or that a pattern names.
  private func columns(_ name: String) -> [String] {
    if let family = families.first(where: { $0.pattern == name }) { return family.names }
    return Glob.isPattern(name) ? Glob.expand(name, in: file.names) : []
  }

  /// What a column holds, by the text of its first row.
  private static func form(_ text: String) -> NamedArray.Form {
    if Int64(text) != nil { return .integers }
    if Double(text) != nil { return .floats }
    return NumberText.isList(text) ? .matrix : .texts
  }

  private static func type(_ form: NamedArray.Form) -> String {
    switch form {
    case .matrix: "lists of numbers"
    case .integers: "whole numbers"
    case .floats: "numbers"
    default: "text"
    }
  }
}
