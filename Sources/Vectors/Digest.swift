import CNettle

/// SHA-256, by nettle: fingerprints of models and checksums of index files.
package struct SHA256: Sendable {
  private var state = sha256_ctx()

  package init() { nettle_sha256_init(&state) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    nettle_sha256_update(&state, bytes.count, base.assumingMemoryBound(to: UInt8.self))
  }

  package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// The digest's 32 bytes. Starts anew.
  package mutating func digest() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_SIZE))
    nettle_sha256_digest(&state, digest.count, &digest)
    return digest
  }

  /// The digest as 64 hexadecimal digits. Starts anew.
  package mutating func hexDigest() -> String {
    let digest = digest()
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The digest of a whole file, mapped.
  package static func hexDigest(ofFile path: String) throws -> String {
    try hexDigest(of: MappedFile(path: path))
  }

  /// The digest of a file that is mapped.
  package static func hexDigest(of file: MappedFile) -> String {
    var digest = SHA256()
    withExtendedLifetime(file) { digest.update(file.bytes) }
    return digest.hexDigest()
  }
}
