import CLibzip
import Vectors

/// A zip archive of stored or deflated members, read by libzip from the bytes of a file.
///
/// Opening reads the directory. A member's claimed size is held against its packed size and the machine's memory before
/// anything is allocated, and its checksum is verified.
struct ZipArchive: Sendable {
  let bytes: Buffer<UInt8>
  /// The file, for errors.
  let source: String
  /// The members' names, in the archive's order.
  let names: [String]

  /// The most bytes that one member may unpack to: half of the machine's memory.
  static let memoryLimit = UInt64(ProcessMemory.installed / 2)

  init(bytes: Buffer<UInt8>, source: String) throws {
    // libzip takes nothing at all for an archive of nothing.
    guard !bytes.isEmpty else {
      throw InputError(.malformed, source, expected: "a zip archive", found: "an empty file")
    }
    names = try Self.withArchive(bytes, source) { archive in
      (0..<UInt64(max(0, zip_get_num_entries(archive, 0)))).map { index in
        zip_get_name(archive, index, 0).map { String(cString: $0) } ?? ""
      }
    }
    self.bytes = bytes
    self.source = source
  }

  /// Unpacks the member at `index`.
  ///
  /// - Parameters:
  ///   - place: what errors call it.
  ///   - examine: sees the first bytes, 65,536 at most, and the whole size, before the rest is unpacked.
  func contents(
    of index: Int, place: String, examine: (UnsafeRawBufferPointer, Int) throws -> Void = { _, _ in }
  ) throws -> Buffer<UInt8> {
    try Self.withArchive(bytes, source) { try contents(of: index, place: place, in: $0, examine) }
  }

  /// Unpacks several members, with the directory read once.
  ///
  /// - Parameter places: what errors call each.
  func contents(of indices: [Int], places: [String]) throws -> [Buffer<UInt8>] {
    try Self.withArchive(bytes, source) { archive in
      try zip(indices, places).map { try contents(of: $0, place: $1, in: archive) { _, _ in } }
    }
  }

  private func contents(
    of index: Int, place: String, in archive: OpaquePointer, _ examine: (UnsafeRawBufferPointer, Int) throws -> Void
  ) throws -> Buffer<UInt8> {
    let size = try checkedSize(archive, UInt64(index), place)
    guard let file = zip_fopen_index(archive, UInt64(index), 0) else {
      throw InputError(.malformed, source, at: place, found: String(cString: zip_strerror(archive)))
    }
    defer { zip_fclose(file) }
    var head = [UInt8](repeating: 0, count: min(size, 1 << 16))
    try head.withUnsafeMutableBytes { try read(file, into: $0, place) }
    try head.withUnsafeBytes { try examine($0, size) }
    return try Buffer<UInt8>(count: size) { target in
      _ = target.update(fromContentsOf: head)
      try read(
        file, into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[head.count...]), place
      )
      // Reading on to the end has libzip compare the checksum.
      var beyond: UInt8 = 0
      guard zip_fread(file, &beyond, 1) == 0 else { throw readError(file, place, found: "more bytes than claimed") }
    }
  }

  /// The first bytes of the member at `index`, 65,536 at most, unchecked but for their size.
  func head(of index: Int, place: String) throws -> [UInt8] {
    try Self.withArchive(bytes, source) { archive in
      let size = try checkedSize(archive, UInt64(index), place)
      guard let file = zip_fopen_index(archive, UInt64(index), 0) else {
        throw InputError(.malformed, source, at: place, found: String(cString: zip_strerror(archive)))
      }
      defer { zip_fclose(file) }
      var head = [UInt8](repeating: 0, count: min(size, 1 << 16))
      try head.withUnsafeMutableBytes { try read(file, into: $0, place) }
      return head
    }
  }

  /// The size that entry `index` unpacks to, when it is one that can be true.
  private func checkedSize(_ archive: OpaquePointer, _ index: UInt64, _ place: String) throws -> Int {
    var information = zip_stat_t()
    zip_stat_init(&information)
    let needed = UInt64(ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD)
    guard zip_stat_index(archive, index, 0, &information) == 0, information.valid & needed == needed else {
      throw InputError(.malformed, source, at: place, found: String(cString: zip_strerror(archive)))
    }
    let method = Int32(information.comp_method)
    guard method == ZIP_CM_STORE || method == ZIP_CM_DEFLATE, information.encryption_method == ZIP_EM_NONE else {
      throw InputError(
        .unsupported, source, at: place, expected: "a stored or deflated member", found: "another compression",
        remedy: "pack it with one of these")
    }
    // Deflate's best is 1,032 to 1.
    let most = method == ZIP_CM_STORE ? information.comp_size : information.comp_size.multipliedClamping(by: 1040)
    guard information.comp_size <= bytes.count, information.size <= most else {
      throw InputError(
        .malformed, source, at: place, expected: "at most \(most) bytes from \(information.comp_size) packed ones",
        found: "a claim of \(information.size)", remedy: "the archive is damaged")
    }
    guard information.size <= Self.memoryLimit else {
      throw InputError(
        .unsupported, source, at: place, expected: "a member of at most \(Self.memoryLimit) bytes, half of memory",
        found: "\(information.size) bytes")
    }
    return Int(information.size)
  }

  private func read(_ file: OpaquePointer, into target: UnsafeMutableRawBufferPointer, _ place: String) throws {
    var rest = target[...]
    // A base address is there as long as there are bytes; libzip 1.11 says in its header that it takes no null.
    while let base = UnsafeMutableRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
      let count = zip_fread(file, base, UInt64(min(rest.count, 1 << 30)))
      guard count > 0 else { throw readError(file, place, found: "fewer bytes than claimed") }
      rest = rest.dropFirst(Int(count))
    }
  }

  private func readError(_ file: OpaquePointer, _ place: String, found: String) -> InputError {
    // Never null, which the header says from libzip 1.11 on.
    let error: UnsafeMutablePointer<zip_error_t>? = zip_file_get_error(file)
    let reason = error.flatMap { zip_error_code_zip($0) == ZIP_ER_OK ? nil : String(cString: zip_error_strerror($0)) }
    return InputError(.malformed, source, at: place, found: reason ?? found, remedy: "the archive is damaged")
  }

  private static func withArchive<Result>(
    _ bytes: Buffer<UInt8>, _ source: String, _ body: (OpaquePointer) throws -> Result
  ) throws -> Result {
    try bytes.withUnsafeBufferPointer { raw in
      let archive: OpaquePointer = try zipping(source) { error in
        guard let contents = zip_source_buffer_create(raw.baseAddress, UInt64(raw.count), 0, error) else { return nil }
        guard let archive = zip_open_from_source(contents, ZIP_RDONLY, error) else {
          zip_source_free(contents)
          return nil
        }
        return archive
      }
      defer { zip_discard(archive) }
      return try body(archive)
    }
  }
}

extension UInt64 {
  fileprivate func multipliedClamping(by factor: UInt64) -> UInt64 {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
  }
}
