import SemanticID

/// Times a step, in seconds.
func timed<Result>(_ body: () async throws -> Result) async rethrows -> (result: Result, seconds: Double) {
  let start = ContinuousClock.now
  let result = try await body()
  return (result, Stopwatch.seconds(since: start))
}
