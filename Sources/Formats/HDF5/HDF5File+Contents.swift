extension HDF5File {
  /// What the datasets may be.
  var contents: NamedArrays {
    let found = rowGroups
    let inGroups = Set(found.map(\.group))
    var arrays = datasets.map(NamedArray.init)
    // One dataset per item, only where there is no matrix beside.
    let isTable = arrays.contains { $0.form == .matrix && !inGroups.contains(Self.group(holding: $0.name)) }
    let groups = isTable ? [] : found
    for index in arrays.indices where !isTable && inGroups.contains(Self.group(holding: arrays[index].name)) {
      arrays[index].form = .other
    }
    return NamedArrays(
      source: path, noun: "dataset",
      arrays: arrays
        + groups.map { group, rows, columns in
          NamedArray(
            name: group.isEmpty ? "*" : group + "/*", type: "\(rows) datasets of \(columns) numbers", form: .matrix,
            rows: rows, isComposed: true)
        })
  }

  /// The group that a name of `contents` stands for whose datasets are the vectors; nil for the name of a dataset.
  static func group(of name: String) -> String? {
    if name == "*" || name == "/*" { return "" }
    return name.hasSuffix("/*") ? String(name.dropLast(2)) : nil
  }

  private static func group(holding name: String) -> String {
    name.lastIndex(of: "/").map { String(name[..<$0]) } ?? ""
  }

  /// Groups that hold two datasets or more, all of numbers, of one length, and of one dimension or one row.
  private var rowGroups: [(group: String, rows: Int, columns: Int)] {
    var lengths: [String: (rows: Int, columns: Int?)] = [:]
    for dataset in datasets {
      let group = Self.group(holding: dataset.name)
      let isNumber = dataset.element == .float || dataset.element == .integer
      let isRow = dataset.shape.count == 1 || (dataset.shape.count == 2 && dataset.shape[0] == 1)
      // Numbers of items under a known name are a column, not a row.
      let name = dataset.name.split(separator: "/").last.map(String.init) ?? ""
      let isColumn = (KnownNames.itemIDs.names + KnownNames.notVectors.names).contains(name)
      let own = isNumber && isRow && !isColumn ? dataset.shape.last : nil
      let before = lengths[group]
      let columns = before == nil || before?.columns == own ? own : nil
      lengths[group] = ((before?.rows ?? 0) + 1, columns)
    }
    return lengths.compactMap { group, found in
      guard let columns = found.columns, found.rows > 1, columns > 1 else { return nil }
      return (group, found.rows, columns)
    }.sorted { $0.0 < $1.0 }
  }
}

extension NamedArray {
  fileprivate init(_ dataset: HDF5File.Dataset) {
    let shape = dataset.shape
    let isColumn = shape.count == 1 || (shape.count == 2 && shape[1] == 1)
    let isNumber = dataset.element == .float || dataset.element == .integer
    self.init(
      name: dataset.name, type: "\(dataset.element.rawValue) \(Self.sizes(shape))", form: .other, rows: shape.first)
    // One column is one number per row, or vectors of one dimension: its name says which.
    if shape.count == 2, isNumber, shape[1] != 1 || !KnownNames.itemIDs.names.contains(lastPart) {
      form = .matrix
    } else if isColumn {
      switch dataset.element {
      case .string: form = .texts
      case .integer: form = .integers
      case .float: form = .floats
      case .other: form = .other
      }
    }
  }
}
