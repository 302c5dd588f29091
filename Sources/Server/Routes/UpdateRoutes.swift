import Retrieval
import Vectors

/// Changing an index.
enum UpdateRoutes {
  static let all: [Route] = [
    Route("PUT", "/v1/indexes/{index}/items", "putItems", role: .write, on: .writing, put),
    Route("POST", "/v1/indexes/{index}/items/delete", "deleteItems", role: .write, on: .writing, delete),
    Route("POST", "/v1/indexes/{index}/compact", "compact", role: .write, on: .writing) { call in
      answer(try call.index().compact(), call)
    },
  ]

  private static func put(_ call: Call) throws -> Answer {
    let served = try call.index()
    try requireWritable(served)
    // Read against the state of now; what the index is made of does not change with updates.
    let request = try ItemsRequest(call, served.state.index)
    let report = try served.update { try request.changes(of: $0) }
    call.server.mergeLater(served)
    return answer(report, call)
  }

  private static func requireWritable(_ served: ServedIndex) throws {
    guard !served.isWritable else { return }
    throw ServerFault(
      .forbidden, served.name, expected: "an index that may be changed", found: "one that is only read",
      remedy: "start the server with --writable")
  }

  private static func delete(_ call: Call) throws -> Answer {
    let served = try call.index()
    try requireWritable(served)
    let fields = try call.fields(["ids", "filter"])
    let ids = try fields.texts("ids")
    guard (ids != nil) != fields.has("filter") else {
      throw InputError(
        .usage, "body", expected: "one of ids and filter", found: ids == nil ? "neither" : "both")
    }
    if let ids { try call.checkBatch(ids.count, "ids") }
    let report = try served.update { index in
      if let ids { return IndexChanges(deleted: unique(ids), ignoresUnknown: true) }
      // Of the state that is changed, so that no item slips in between.
      guard let filter = try FilterRequest.filter(fields, of: ServedState(index)) else { return IndexChanges() }
      let rows = try index.rows(prefix: [UInt16](), filter: filter)
      return IndexChanges(deleted: rows.map(index.id(ofRow:)), ignoresUnknown: true)
    }
    call.server.mergeLater(served)
    return answer(report, call)
  }

  private static func unique(_ ids: [String]) -> [String] {
    var seen = Set<[UInt8]>()
    return ids.filter { seen.insert(Array($0.utf8)).inserted }
  }

  private static func answer(_ report: UpdateReport, _ call: Call) -> Answer {
    Answer.result(since: call.started) { json in
      json.object { json in
        json.member("added", report.added)
        json.member("replaced", report.replaced)
        json.member("deleted", report.deleted)
        json.member("unknown", report.unknown)
        json.member("items", report.items)
        json.member("segments", report.segments)
      }
    }
  }
}
