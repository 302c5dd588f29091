public import CSemid
import SemanticID

private struct RegistrationSummary: Encodable {
  var generation: Generation
  var added: Int
  var known: Int
  var restored: Int
  var displaced: Int
  var spilled: Int
}

private struct RemovalSummary: Encodable {
  var generation: Generation
  var removed: Int
  var alreadyRemoved: Int
  var released: Int
}

/// nil: the last generation.
private func number(_ generation: Int64) throws -> Int? {
  try InputError.check("generation", generation, in: 0...1 << 48)
  return generation == 0 ? nil : Int(generation)
}

private func required(_ ids: semid_texts) throws -> StringColumn {
  guard let ids = try ids.ids() else { throw InputError(.usage, "ids", expected: "ids of items", found: "none") }
  return ids
}

@c @implementation
public func semid_registry_open(
  _ path: semid_text, _ access: semid_text, _ registry: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let names: [String: Registry.Access] = ["read": .read, "update": .update, "create": .create]
    let name = try access.string("access") ?? "create"
    guard let access = names[name] else {
      throw InputError(.usage, "access", expected: "read, update or create", found: name)
    }
    let opened = try Registry(opening: path.string("path"), access: access)
    try registry.give(.registry(opened, mayChange: name != "read"), as: "registry")
  }
}

@c @implementation
public func semid_registry_add(
  _ registry: UInt64, _ ids: semid_texts, _ vectors: semid_matrix, _ tokenizer: UInt64, _ capacity: Int64,
  _ threads: Int64, _ result: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let pool = try Call.pool(threads)
    let model = try tokenizer.tokenizer
    let done = try registry.changeableRegistry.register(
      ids: required(ids), vectors: vectors.required("vectors", pool: pool), tokenizer: model,
      capacity: capacity == 0 ? nil : Int(clamping: capacity), pool: pool, source: "vectors")
    try result.give(
      try CallResult(
        json: RegistrationSummary(
          generation: done.generation, added: done.added, known: done.known, restored: done.restored,
          displaced: done.displaced, spilled: done.spilled), ["codes": .uint16(done.codes.values)]))
  }
}

@c @implementation
public func semid_registry_lookup(
  _ registry: UInt64, _ ids: semid_texts, _ generation: Int64, _ result: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let registry = try registry.registry
    let generation = try number(generation)
    let entries = try registry.lookup(required(ids), generation: generation)
    let levels = try registry.generation()?.levelSizes.count ?? 0
    let none = [UInt16](repeating: 0, count: levels)
    try result.give(
      CallResult([
        "found": .bytes(Buffer(entries.map { $0 == nil ? UInt8(0) : 1 })),
        "codes": .uint16(Buffer(entries.flatMap { $0?.codes ?? none })),
        "since": .int64(Buffer(entries.map { Int64($0?.since ?? -1) })),
        "removed": .int64(Buffer(entries.map { Int64($0?.removed ?? -1) })),
      ]))
  }
}

@c @implementation
public func semid_registry_items(
  _ registry: UInt64, _ prefix: UnsafePointer<UInt16>?, _ length: Int64, _ generation: Int64, _ limit: Int64,
  _ result: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let registry = try registry.registry
    let codes = try CallerArray.copy(prefix, count: length, "prefix")
    let entries = try registry.items(
      withPrefix: codes, generation: try number(generation), limit: limit < 0 ? nil : Int(clamping: limit))
    var arrays: [String: CallResult.Values] = [
      "codes": .uint16(Buffer(entries.flatMap(\.codes))), "since": .int64(Buffer(entries.map { Int64($0.since) })),
    ]
    arrays.set(StringColumn(entries.map(\.item)), as: "ids")
    try result.give(CallResult(arrays))
  }
}

@c @implementation
public func semid_registry_snapshot(
  _ registry: UInt64, _ generation: Int64, _ result: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let snapshot = try registry.registry.snapshot(generation: try number(generation))
    var arrays: [String: CallResult.Values] = ["codes": .uint16(snapshot.codes.values)]
    arrays.set(snapshot.ids, as: "ids")
    try result.give(try CallResult(json: snapshot.generation, arrays))
  }
}

@c @implementation
public func semid_registry_remove(
  _ registry: UInt64, _ ids: semid_texts, _ releasing: Int32, _ result: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let done = try registry.changeableRegistry.remove(required(ids), releasing: releasing != 0, source: "ids")
    try result.give(
      try CallResult(
        json: RemovalSummary(
          generation: done.generation, removed: done.removed, alreadyRemoved: done.alreadyRemoved,
          released: done.released)))
  }
}

@c @implementation
public func semid_registry_generations(_ registry: UInt64, _ result: UnsafeMutablePointer<UInt64>?) -> Int32 {
  Call.run { try result.give(try CallResult(json: try registry.registry.generations())) }
}

@c @implementation
public func semid_registry_verify(_ registry: UInt64) -> Int32 { Call.run { try registry.registry.verify() } }

@c @implementation
public func semid_registry_copy(_ registry: UInt64, _ path: semid_text) -> Int32 {
  Call.run { try registry.registry.copy(to: path.required("path")) }
}
