import CHDF5Reader
package import Vectors

/// An HDF5 file (`.h5`, `.hdf5`), open for reading.
///
/// libhdf5 runs in a child process (see `chdf5reader.h`): files that make it crash or loop, of which there are many, are
/// an `InputError` here. Only what lies in the file itself is read; datasets that keep their values in other files, and
/// links into other files, are not followed.
///
/// Two-dimensional datasets of 32-bit floats that are stored in one run, uncompressed, are mapped in place: they cost
/// no memory and no time to open. Everything else is converted piece by piece.
package struct HDF5File: Sendable {
  package let path: String
  /// Every dataset, by path in alphabetical order.
  package let datasets: [Dataset]
  /// The root group's attributes that are a single text or number.
  package let attributes: [String: Attribute]

  private let options: Options
  private let mapped: MappedFile

  /// Opens a file and lists its contents.
  ///
  /// - Throws: `InputError` when the file is not there, is not HDF5, is cut short or is damaged.
  package init(path: String, options: Options = Options()) throws {
    self.path = path
    self.options = options
    mapped = try MappedFile(path: path)
    #if !HDF5
      throw Self.absent(path)
    #else
      guard Self.hasSignature(mapped) else {
        throw InputError(.malformed, path, expected: "an HDF5 file", found: "another format or an empty file")
      }
      (datasets, attributes) = try Self.contents(path, options)
    #endif
  }

  /// The dataset called `name`, with or without a leading slash.
  package func dataset(_ name: String) throws -> Dataset {
    let bare = name.hasPrefix("/") ? String(name.dropFirst()) : name
    guard let dataset = datasets.first(where: { $0.name == bare }) else {
      throw InputError(.missing, path, at: Self.place(name), found: "no such dataset", remedy: "it has \(listing)")
    }
    return dataset
  }

  /// The text of a root attribute; nil when there is none of that name or it is no text.
  package func attribute(_ name: String) -> String? {
    if case .string(let text) = attributes[name] { text } else { nil }
  }

  /// A two-dimensional dataset of numbers as Float32, rounded where it is wider.
  ///
  /// - Parameter name: by default a known name (`KnownNames.vectors`), or the only two-dimensional dataset of numbers.
  /// - Throws: `InputError` naming the dataset when it is not there, has another rank or type, is larger than memory,
  ///   or holds fewer values than it claims (chunks never written would read as zeros).
  package func matrix(_ name: String? = nil) throws -> Matrix {
    let dataset = try dataset(contents.vectors(name).name)
    guard dataset.shape.count == 2 else {
      throw fault(dataset, expected: "two dimensions, items × components", found: Self.ranks(dataset))
    }
    guard dataset.element == .float || dataset.element == .integer else {
      throw fault(dataset, expected: "numbers", found: "values of class \(dataset.element.rawValue)")
    }
    let rows = dataset.shape[0]
    let columns = dataset.shape[1]
    if let offset = dataset.floatOffset {
      let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
      guard !overflow, count <= (mapped.count - min(offset, mapped.count)) / 4 else {
        throw fault(
          dataset, .malformed, expected: "\(rows) × \(columns) values from byte \(offset)",
          found: "a file of \(mapped.count) bytes", remedy: "the file is cut short or its header is wrong")
      }
      if let values = Buffer<Float>(mapping: mapped, offset: offset, count: count) {
        return Matrix(rows: rows, columns: columns, values: values)
      }
    }
    return Matrix(rows: rows, columns: columns, values: try numbers(SEMID_H5_FLOATS, of: dataset, as: Float.self))
  }

  /// A dataset of integers, of one dimension (one column) or two.
  ///
  /// - Parameter type: refuses values that do not fit.
  package func integers<Integer: FixedWidthInteger & BitwiseCopyable & Sendable>(
    _ name: String, as type: Integer.Type = Int64.self
  ) throws -> (rows: Int, columns: Int, values: Buffer<Integer>) {
    let dataset = try dataset(name)
    guard dataset.element == .integer else {
      throw fault(dataset, expected: "integers", found: "values of class \(dataset.element.rawValue)")
    }
    guard dataset.shape.count == 1 || dataset.shape.count == 2 else {
      throw fault(dataset, expected: "one or two dimensions", found: Self.ranks(dataset))
    }
    let columns = dataset.shape.count == 2 ? dataset.shape[1] : 1
    let wide = try numbers(SEMID_H5_INTEGERS, of: dataset, as: Int64.self)
    if let same = wide as? Buffer<Integer> { return (dataset.shape[0], columns, same) }
    let values = try Buffer<Integer>(count: wide.count) { target in
      try wide.withUnsafeBufferPointer { wide in
        for (index, value) in wide.enumerated() {
          guard let narrow = Integer(exactly: value) else {
            throw InputError(
              .unsupported, path, at: Self.place(name) + ", row \(index / columns) (from 0)",
              expected: "integers from \(Integer.min) to \(Integer.max)", found: "\(value)")
          }
          target[index] = narrow
        }
      }
    }
    return (dataset.shape[0], columns, values)
  }

  /// The vectors of a group that holds each in a dataset of its own, and their names.
  ///
  /// - Parameter group: its path, with or without a leading slash; empty for the root.
  /// - Throws: `InputError` where the group holds anything but datasets of one dimension and one length.
  package func namedRows(in group: String) throws -> (names: StringColumn, vectors: Matrix) {
    try namedRows(in: group.hasPrefix("/") ? String(group.dropFirst()) : group, options)
  }

  /// A dataset of numbers in double precision, of one dimension (one column) or two.
  func doubles(_ name: String) throws -> Buffer<Double> {
    let dataset = try dataset(name)
    guard dataset.element == .float || dataset.element == .integer, (1...2).contains(dataset.shape.count) else {
      throw fault(dataset, expected: "numbers of one or two dimensions", found: dataset.description)
    }
    return try numbers(SEMID_H5_DOUBLES, of: dataset, as: Double.self)
  }

  /// A one-dimensional dataset of text (or one column of two dimensions), as UTF-8.
  package func strings(_ name: String) throws -> StringColumn {
    let dataset = try dataset(name)
    guard dataset.element == .string else {
      throw fault(dataset, expected: "strings", found: "values of class \(dataset.element.rawValue)")
    }
    guard dataset.shape.count == 1 || dataset.shape.count == 2 else {
      throw fault(dataset, expected: "one dimension", found: Self.ranks(dataset))
    }
    return try texts(of: dataset, options)
  }

  private func numbers<Value: BitwiseCopyable & Sendable>(
    _ kind: semid_h5_request_kind, of dataset: Dataset, as type: Value.Type
  ) throws -> Buffer<Value> {
    try numbers(kind, of: dataset, as: type, options)
  }

  func fault(
    _ dataset: Dataset, _ kind: InputError.Kind = .unsupported, expected: String, found: String,
    remedy: String? = nil
  ) -> InputError {
    InputError(kind, path, at: Self.place(dataset.name), expected: expected, found: found, remedy: remedy)
  }

  private var listing: String {
    if datasets.isEmpty { return "no datasets" }
    let shown = datasets.prefix(12).map(\.description).joined(separator: ", ")
    return datasets.count > 12 ? "\(shown) and \(datasets.count - 12) more" : shown
  }

  private static func ranks(_ dataset: Dataset) -> String {
    dataset.shape.count == 1 ? "1 dimension" : "\(dataset.shape.count) dimensions"
  }

  static func place(_ name: String) -> String { "dataset \"\(name)\"" }

  /// The format's eight bytes stand at 0, or after a user block of 512 · 2ⁿ bytes.
  private static func hasSignature(_ file: MappedFile) -> Bool {
    defer { withExtendedLifetime(file) {} }
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
    var offset = 0
    while offset <= file.count - signature.count {
      if file.bytes[offset..<offset + signature.count].elementsEqual(signature) { return true }
      offset = offset == 0 ? 512 : offset * 2
    }
    return false
  }
}
