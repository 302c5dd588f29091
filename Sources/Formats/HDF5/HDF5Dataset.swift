import Vectors

extension HDF5File {
  /// What a file says of one of its arrays.
  public struct Dataset: Hashable, Sendable {
    /// Its path in the file, without a leading slash: `train`, `items/vectors`.
    public let name: String
    /// The length of each dimension; empty for a single value.
    public let shape: [Int]
    public let element: Element
    /// Bytes of one stored value; of a pointer where strings vary in length.
    public let elementBytes: Int
    /// Where this machine's own floats lie in the file, row after row; nil when they are packed or of another type.
    let floatOffset: Int?
  }

  /// The class of a dataset's values.
  public enum Element: String, Hashable, Sendable {
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
  public enum Attribute: Hashable, Sendable {
    case string(String)
    case integer(Int)
    case float(Double)
  }

  /// What bounds the reading of a file whose claims cannot be trusted.
  public struct Options: Hashable, Sendable {
    /// The most bytes that one dataset may take in memory.
    public var maximumBytes: Int
    /// Processor seconds that libhdf5 may spend on one step, of some megabytes, before the file is given up.
    public var patience: Int

    /// - Parameter maximumBytes: by default the machine's memory.
    public init(maximumBytes: Int? = nil, patience: Int = 30) {
      self.maximumBytes = maximumBytes ?? ProcessMemory.installed
      self.patience = patience
    }
  }
}

extension HDF5File.Dataset: CustomStringConvertible {
  /// `train: float 60000 × 784`.
  public var description: String {
    let sizes = shape.isEmpty ? "a single value" : shape.map(String.init).joined(separator: " × ")
    return "\(name): \(element.rawValue) \(sizes)"
  }
}
