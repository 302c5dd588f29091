/// Whether a step has to run.
package enum StepState: Hashable, Sendable {
  /// What it would write is there.
  case upToDate
  /// It has to run, for this reason.
  case due(String)
  /// It would replace something that the pipeline did not write, or that somebody changed since.
  case blocked(path: String, reason: String, remedy: String = "move it away, and run again")
}
