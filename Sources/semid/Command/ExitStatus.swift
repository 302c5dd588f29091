import ArgumentParser
import Foundation
import SemanticID

/// How `semid` ends, in the numbers of `sysexits.h`, so that scripts can tell a typing error from a broken file.
enum ExitStatus: Int32 {
  /// Done.
  case success = 0
  /// The command line cannot be used (`EX_USAGE`).
  case usage = 64
  /// An input is not what it should be, or does not belong with another (`EX_DATAERR`).
  case dataError = 65
  /// An input is not there (`EX_NOINPUT`).
  case noInput = 66
  /// A fault of the program (`EX_SOFTWARE`).
  case software = 70
  /// The output cannot be created (`EX_CANTCREAT`).
  case cannotCreate = 73
  /// Reading or writing failed (`EX_IOERR`).
  case io = 74
}

extension ExitStatus {
  init(_ kind: InputError.Kind) {
    self =
      switch kind {
      case .usage: .usage
      case .malformed, .mismatch, .unsupported: .dataError
      case .missing: .noInput
      case .io: .io
      case .cannotCreate: .cannotCreate
      }
  }

  /// The status for an error that no verb turned into an `InputError`.
  init(_ error: any Error) {
    if let error = error as? InputError {
      self.init(error.kind)
    } else if error is ValidationError {
      self = .usage
    } else if let error = error as? CocoaError {
      switch error.code {
      case .fileNoSuchFile, .fileReadNoSuchFile: self = .noInput
      case .fileWriteNoPermission, .fileWriteVolumeReadOnly, .fileWriteFileExists, .fileWriteInvalidFileName:
        self = .cannotCreate
      default: self = .io
      }
    } else if let error = error as? POSIXError {
      self = error.code == .ENOENT ? .noInput : .io
    } else {
      self = .software
    }
  }
}
