import CHDF5Reader
import Synchronization
import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A child process that runs libhdf5 for one answer, and the frames that it sends.
///
/// The child may have been led astray by its file, so nothing that it sends is believed: every length is checked
/// before it is used. A child that is not at its end when this value goes is killed.
struct HDF5Child: ~Copyable {
  private let path: String
  private let place: String?
  private let child: semid_h5_child
  private let patience: Int
  private var isReaped = false

  init(_ kind: semid_h5_request_kind, path: String, dataset: String? = nil, options: HDF5File.Options) throws {
    self.path = path
    self.place = dataset.map(HDF5File.place)
    patience = options.patience
    var child = semid_h5_child()
    let status = path.withCString { cPath in
      (dataset ?? "").withCString { cDataset in
        var request = semid_h5_request(
          path: cPath, dataset: cDataset, kind: kind.rawValue, patience: UInt32(clamping: options.patience),
          memory_limit: UInt64(clamping: options.maximumBytes))
        return HDF5Library.lock.withLock { _ in semid_h5_start(&request, &child) }
      }
    }
    guard status == 0 else {
      throw InputError(
        .io, path, found: "no process could be started to read it: \(String(cString: strerror(status)))")
    }
    self.child = child
  }

  deinit {
    if !isReaped { _ = semid_h5_finish(child, 1) }
  }

  /// The next frame's header, errors that the child reports aside; nil at the end of its answer.
  mutating func next() throws -> semid_h5_frame? {
    var frame = semid_h5_frame()
    try withUnsafeMutableBytes(of: &frame) { try read(into: $0) }
    switch frame.tag {
    case SEMID_H5_END.rawValue:
      isReaped = true
      _ = semid_h5_finish(child, 0)
      return nil
    case SEMID_H5_ERROR.rawValue:
      let text = String(decoding: try bytes(of: frame, atMost: 4096), as: UTF8.self)
      let lines = text.split(separator: "\n", maxSplits: 1)
      throw InputError(
        frame.detail == SEMID_H5_UNSUPPORTED.rawValue ? .unsupported : .malformed, path, at: place,
        found: lines.first.map(String.init) ?? "contents that cannot be read",
        remedy: lines.count > 1 ? String(lines[1]) : nil)
    default: return frame
    }
  }

  /// A frame's payload. Memory grows with what arrives, not with what the header claims.
  mutating func bytes(of frame: semid_h5_frame, atMost limit: Int) throws -> [UInt8] {
    guard frame.bytes <= UInt64(clamping: limit) else { throw nonsense() }
    var bytes: [UInt8] = []
    while bytes.count < Int(frame.bytes) {
      let start = bytes.count
      bytes.append(contentsOf: repeatElement(0, count: min(1 << 24, Int(frame.bytes) - start)))
      try bytes.withUnsafeMutableBytes { try read(into: UnsafeMutableRawBufferPointer(rebasing: $0[start...])) }
    }
    return bytes
  }

  mutating func read(into target: UnsafeMutableRawBufferPointer) throws {
    var rest = target[...]
    while !rest.isEmpty {
      let piece = UnsafeMutableRawBufferPointer(rebasing: rest)
      #if canImport(Glibc)
        let count = Glibc.read(child.descriptor, piece.baseAddress, min(piece.count, 1 << 30))
      #elseif canImport(Musl)
        let count = Musl.read(child.descriptor, piece.baseAddress, min(piece.count, 1 << 30))
      #elseif canImport(Darwin)
        let count = Darwin.read(child.descriptor, piece.baseAddress, min(piece.count, 1 << 30))
      #endif
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw death() }
      rest = rest.dropFirst(count)
    }
  }

  /// What to say of an answer that no sound child gives.
  func nonsense() -> InputError {
    InputError(
      .malformed, path, at: place, expected: "a sound HDF5 file", found: "contents that lead libhdf5 astray",
      remedy: "the file is damaged; write it again")
  }

  private mutating func death() -> InputError {
    isReaped = true
    switch semid_h5_finish(child, 0) {
    case 0: return nonsense()
    case SIGXCPU:
      return InputError(
        .malformed, path, at: place, expected: "a sound HDF5 file",
        found: "contents on which libhdf5 makes no progress (\(patience) s)",
        remedy: "the file is damaged; write it again")
    case SIGKILL:
      return InputError(
        .malformed, path, at: place, found: "the process that read it was killed, perhaps for want of memory")
    case let signal:
      return InputError(
        .malformed, path, at: place, expected: "a sound HDF5 file",
        found: "contents that crash libhdf5 (signal \(signal))", remedy: "the file is damaged; write it again")
    }
  }
}
