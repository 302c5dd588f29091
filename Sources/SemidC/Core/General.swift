public import CSemid
import SemanticID

/// Raised when a function of the face changes.
private let abi: Int32 = 3

/// Zero-terminated, and never freed.
nonisolated(unsafe) private let version: UnsafePointer<CChar> = {
  let text = Array(EngineVersion.current.utf8CString)
  let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
  copy.initialize(from: text, count: text.count)
  return UnsafePointer(copy)
}()

@c @implementation
public func semid_abi() -> Int32 { abi }

@c @implementation
public func semid_version() -> UnsafePointer<CChar> { version }

@c @implementation
public func semid_close(_ handle: UInt64) -> Int32 { Call.run { try HandleTable.close(handle) } }

@c @implementation
public func semid_open_handles() -> Int64 { Int64(HandleTable.count) }

@c @implementation
public func semid_embeddings_read(
  _ path: semid_text, _ options: semid_text, _ threads: Int64, _ result: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    struct Options: Codable {
      var vectors: String?
      var ids: String?
      var idsPath: String?
    }
    struct Summary: Encodable {
      var source: String
      var rows: Int
      var columns: Int
      var taken: [InputSummary.Entry]
    }
    let options = try CallOptions.decode(options, over: Options(), "options")
    let set = try EmbeddingSet(
      opening: path.required("path"),
      options: .init(vectors: options.vectors, ids: options.ids, idsPath: options.idsPath),
      pool: Call.pool(threads))
    var arrays: [String: CallResult.Values] = ["vectors": .float(set.vectors.values)]
    if let ids = set.ids { arrays.set(ids, as: "ids") }
    try result.give(
      CallResult(
        json: Summary(
          source: set.source, rows: set.count, columns: set.dimension, taken: set.input.entries), arrays))
  }
}
