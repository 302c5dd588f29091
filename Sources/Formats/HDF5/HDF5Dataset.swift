import Vectors

extension HDF5File {
  /// What a file says of one of its arrays.
  package struct Dataset: Hashable, Sendable {
    /// Its path in the file, without a leading slash: `train`, `items/vectors`.
    package let name: String
    /// The length of each dimension; empty for a single value.
    package let shape: [Int]
    package let element: Element
    /// Bytes of one stored value; of a pointer where strings vary in length.
    package let elementBytes: Int
    /// Where this machine's own floats lie in the file, row after row; nil when they are packed or of another type.
    let floatOffset: Int?
  }

  /// The class of a dataset's values.
  package enum Element: String, Hashable, Sendable {
    /// Floating point of any width.
    case float
    /// Integers of any width.
    case integer
    /// Text, of fixed or varying length.
    case string
    /// Anything else: compounds, references, enumerations, opaque bytes.
    case other
  }

  /// A single value attached to a file.
  package enum Attribute: Hashable, Sendable {
    case string(String)
    case integer(Int)
    case float(Double)
  }

  /// What bounds the reading of a file whose claims cannot be trusted.
  package struct Options: Hashable, Sendable {
    /// The most bytes that one dataset may take in memory.
    package var maximumBytes: Int
    /// Processor seconds that libhdf5 may spend on one step, of some megabytes, before the file is given up.
    package var patience: Int

    /// - Parameter maximumBytes: by default the machine's memory.
    package init(maximumBytes: Int? = nil, patience: Int = 30) {
      self.maximumBytes = maximumBytes ?? ProcessMemory.installed
      self.patience = patience
    }
  }
}

extension HDF5File.Dataset: CustomStringConvertible {
  /// `train: float 60000 × 784`.
  package var description: String {
    let sizes = shape.isEmpty ? "a single value" : shape.map(String.init).joined(separator: " × ")
    return "\(name): \(element.rawValue) \(sizes)"
  }
}
