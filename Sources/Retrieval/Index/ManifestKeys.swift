import Formats
import Vectors

/// The keys that a manifest may have, level by level.
///
/// An unknown key may be one that lists deleted items, with one letter changed. And of two equal keys JSON readers keep
/// one in silence.
indirect enum ManifestKeys: Sendable {
  case value
  case object([String: ManifestKeys])
  case list(ManifestKeys)
  /// An object whose keys are names of files.
  case named(ManifestKeys)

  private static let file = ManifestKeys.object(["bytes": .value, "sha256": .value])

  private static func attribute(version: Int) -> ManifestKeys {
    var keys: [String: ManifestKeys] = [
      "name": .value, "kind": .value, "values": .value, "items": .value, "textBytes": .value,
    ]
    if version >= 5 { keys["entries"] = .value }
    return .object(keys)
  }

  private static func segment(version: Int) -> ManifestKeys {
    .object([
      "name": .value, "count": .value, "nodes": .value, "idBytes": .value, "cells": .value, "prefixNorms": .value,
      "attributes": .list(attribute(version: version)), "faiss": .value,
      "deleted": .object(["name": .value, "count": .value, "file": file]), "files": .named(file),
    ])
  }

  /// The keys of a version, without `digest`, which stands outside the text that it covers.
  static func of(version: Int) -> ManifestKeys {
    var keys: [String: ManifestKeys] = [
      "format": .value, "version": .value, "metric": .value, "levelSizes": .value, "dimension": .value, "model": .value,
      "hasTokenizer": .value, "faiss": .value, "sketchCopies": .value, "byteVectors": .value, "hasCodebooks": .value,
      "latentDimension": .value, "segments": .list(segment(version: version)),
    ]
    if version >= 5 {
      keys["modelFiles"] = .named(file)
      keys["mayEndEarly"] = .value
    }
    return .object(keys)
  }

  /// - Throws: `InputError` that names the first key that is unknown or occurs twice.
  func check(_ text: [UInt8], source: String) throws {
    try text.withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes: bytes, source: source)
      try check(&scanner, at: [])
    }
  }

  private func check(_ scanner: inout JSONScanner, at path: [String]) throws {
    // A value of another shape than its key's is refused when it is decoded.
    switch (self, scanner.peek()) {
    case (.object(let keys), UInt8(ascii: "{")):
      try Self.members(&scanner, at: path) { key in keys[key] }
    case (.named(let inner), UInt8(ascii: "{")):
      try Self.members(&scanner, at: path) { _ in inner }
    case (.list(let inner), UInt8(ascii: "[")):
      try scanner.array { try inner.check(&$1, at: path + [String($0)]) }
    default: try scanner.skip()
    }
  }

  private static func members(
    _ scanner: inout JSONScanner, at path: [String], _ keys: (String) -> ManifestKeys?
  ) throws {
    var seen: Set<String> = []
    try scanner.object { key, scanner in
      guard seen.insert(key).inserted else { throw fault(scanner.source, path + [key], found: "it twice") }
      guard let inner = keys(key) else { throw fault(scanner.source, path + [key], found: "another") }
      try inner.check(&scanner, at: path + [key])
    }
  }

  private static func fault(_ source: String, _ path: [String], found: String) -> InputError {
    InputError(
      .malformed, source, at: "key \(path.joined(separator: "."))",
      expected: "the keys of an index's manifest, each once", found: found, remedy: "build the index again")
  }
}
