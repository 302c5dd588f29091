public import CSemid
import SemanticID

@c @implementation
public func semid_defaults(_ of: semid_text, _ rows: Int64, _ result: UnsafeMutablePointer<UInt64>?) -> Int32 {
  Call.run {
    let defaults: any Encodable
    switch try of.required("defaults") {
    case "resolve": defaults = CollisionOptions()
    case "index": defaults = IndexOptions()
    case "search": defaults = SearchOptions()
    case "evaluate": defaults = MeasuringOptions()
    default:
      let kind = try of.kind()
      defaults =
        kind == .rqKMeans
        ? RQKMeansOptions() : RQVAEOptions(kind: kind, rows: rows < 0 ? nil : Int(clamping: rows))
    }
    try result.give(try CallResult(json: defaults))
  }
}
