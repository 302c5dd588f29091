import CLibzip
public import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An `.npz` file: a zip archive of `.npy` arrays, stored or deflated.
///
/// Opening reads the archive's directory; each array is read, and its checksum verified, when it is asked for. Arrays in
/// an archive are seldom aligned (numpy does not align them), so they are read into memory, not mapped.
public struct NPZFile: Sendable {
  /// The names of the arrays, without `.npy`, in the archive's order.
  public let keys: [String]
  /// The file, for errors.
  public let source: String

  private let bytes: Buffer<UInt8>
  private let entries: [String: UInt64]

  /// The most bytes that one array may unpack to: half of the machine's memory.
  static let memoryLimit: UInt64 = {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let size = sysconf(Int32(_SC_PAGESIZE))
    return pages > 0 && size > 0 ? UInt64(pages) * UInt64(size) / 2 : 1 << 34
  }()

  public init(path: String) throws {
    let file = try MappedFile(path: path)
    guard let bytes = Buffer<UInt8>(mapping: file, offset: 0, count: file.count) else {
      throw InputError(.io, path, found: "cannot be mapped")
    }
    try self.init(bytes: bytes, source: path)
  }

  /// Reads an archive from the bytes of a whole file.
  public init(bytes: Buffer<UInt8>, source: String) throws {
    // libzip takes nothing at all for an archive of nothing.
    guard !bytes.isEmpty else {
      throw InputError(.malformed, source, expected: "a zip archive", found: "an empty file")
    }
    var keys: [String] = []
    var entries: [String: UInt64] = [:]
    try Self.withArchive(bytes, source) { archive in
      for index in 0..<UInt64(max(0, zip_get_num_entries(archive, 0))) {
        guard let name = zip_get_name(archive, index, 0).map({ String(cString: $0) }), name.hasSuffix(".npy") else {
          continue
        }
        let key = String(name.dropLast(4))
        guard entries.updateValue(index, forKey: key) == nil else {
          throw InputError(.malformed, source, at: "array \(key)", expected: "one array of this name", found: "two")
        }
        keys.append(key)
      }
    }
    self.bytes = bytes
    self.source = source
    self.keys = keys
    self.entries = entries
  }

  /// Reads the array `key`.
  ///
  /// - Throws: `InputError` when there is none, when its contents do not match their checksum, or when the sizes that
  ///   the archive and the array's header claim disagree, which is checked before memory is allocated.
  public func array(_ key: String) throws -> NPYArray {
    let place = "array \(key)"
    guard let index = entries[key] else {
      throw InputError(
        .missing, source, expected: "an array \(key)",
        found: keys.isEmpty ? "no arrays" : keys.prefix(20).joined(separator: ", "))
    }
    return try Self.withArchive(bytes, source) { archive in
      let size = try checkedSize(archive, index, place)
      guard let file = zip_fopen_index(archive, index, 0) else {
        throw InputError(.malformed, source, at: place, found: String(cString: zip_strerror(archive)))
      }
      defer { zip_fclose(file) }
      // The array's own header first: what it claims must be what the archive claims.
      var head = [UInt8](repeating: 0, count: min(size, 1 << 16))
      try head.withUnsafeMutableBytes { try read(file, into: $0, place) }
      if head.count < size {
        let header = try head.withUnsafeBytes { try NPYHeader(parsing: $0, source: source, place: place) }
        let claimed = byteCount(of: header.shape, elementSize: header.elements.size)
        guard let claimed, claimed == size - header.dataOffset else {
          throw InputError(
            .malformed, source, at: place, expected: "\(sizeText(claimed)) of data for shape \(text(header.shape))",
            found: "\(size - header.dataOffset) bytes")
        }
      }
      let contents = try Buffer<UInt8>(count: size) { target in
        _ = target.update(fromContentsOf: head)
        try read(
          file, into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[head.count...]),
          place)
        // Reading on to the end has libzip compare the checksum.
        var beyond: UInt8 = 0
        guard zip_fread(file, &beyond, 1) == 0 else { throw readError(file, place, found: "more bytes than claimed") }
      }
      return try NPYArray(bytes: contents, source: source, place: place)
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
        .unsupported, source, at: place, expected: "a stored or deflated array", found: "another compression",
        remedy: "save it with numpy.savez or numpy.savez_compressed")
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
        .unsupported, source, at: place, expected: "an array of at most \(Self.memoryLimit) bytes, half of memory",
        found: "\(information.size) bytes", remedy: "save it as .npy, which is mapped")
    }
    return Int(information.size)
  }

  private func read(_ file: OpaquePointer, into target: UnsafeMutableRawBufferPointer, _ place: String) throws {
    var rest = target[...]
    while !rest.isEmpty {
      let piece = UnsafeMutableRawBufferPointer(rebasing: rest)
      let count = zip_fread(file, piece.baseAddress, UInt64(min(piece.count, 1 << 30)))
      guard count > 0 else { throw readError(file, place, found: "fewer bytes than claimed") }
      rest = rest.dropFirst(Int(count))
    }
  }

  private func readError(_ file: OpaquePointer, _ place: String, found: String) -> InputError {
    let error = zip_file_get_error(file)
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
