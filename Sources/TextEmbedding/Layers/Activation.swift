import CKernels
import Vectors

/// An activation, by the name that configurations have for it.
enum EncoderActivation: String, Sendable {
  case relu
  /// By the error function.
  case gelu
  /// By tanh.
  case geluTanh = "gelu_new"
  case silu

  init(named name: String, _ fields: JSONFields, _ key: String) throws {
    switch name {
    case "relu": self = .relu
    case "gelu", "gelu_python": self = .gelu
    case "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_accurate": self = .geluTanh
    case "silu", "swish": self = .silu
    default:
      throw fields.fault(
        key, .unsupported, expected: "relu, gelu, gelu_new, gelu_pytorch_tanh or silu", found: "\"\(name.prefix(60))\"")
    }
  }

  func apply(_ x: FloatRows, _ rows: Range<Int>, columns: Int) {
    let kind: semid_activation =
      switch self {
      case .relu: SEMID_RELU
      case .gelu: SEMID_GELU
      case .geluTanh: SEMID_GELU_TANH
      case .silu: SEMID_SILU
      }
    for row in rows { semid_activate(kind, x.row(row), columns) }
  }
}

extension FloatRows {
  /// The first `columns` of each row times the next ones, one by one.
  func gate(_ rows: Range<Int>, columns: Int) {
    for row in rows { semid_scale_by(self.row(row), self.row(row) + columns, columns) }
  }
}
