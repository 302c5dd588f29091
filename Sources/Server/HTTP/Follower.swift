import Logging
import Retrieval
import ServiceLifecycle
import Vectors

/// Looks whether the files of indexes have changed, and opens what stands there now.
struct Follower: Service {
  let core: ServerCore
  let logger: Logger

  func run() async throws {
    guard core.options.follow > 0, !core.options.isWritable else {
      try? await gracefulShutdown()
      return
    }
    await cancelWhenGracefulShutdown {
      var faults: [String: String] = [:]
      while !Task.isCancelled {
        try? await Task.sleep(for: .seconds(core.options.follow))
        for served in core.indexes.values.sorted(by: { $0.name < $1.name }) {
          let before = served.state.generation
          // Opening may take seconds: not on the threads of requests.
          let fault = try? await core.writing.run(until: .now + .seconds(3600)) { served.follow() }
          if let fault = fault ?? nil {
            // Said once: the next look finds the same.
            if faults.updateValue(fault.description, forKey: served.name) != fault.description {
              logger.error(
                "a state cannot be opened; the one before stays",
                metadata: [
                  "index": "\(served.name)", "error": "\(fault)",
                ])
            }
          } else {
            faults[served.name] = nil
            let after = served.state
            if after.generation != before {
              logger.info(
                "serving a new state",
                metadata: [
                  "index": "\(served.name)", "generation": "\(after.generation)", "items": "\(after.index.count)",
                ])
            }
          }
        }
      }
    }
  }
}
