import ArgumentParser
import SemanticID

/// Whether segments are merged after an update.
struct MergeOption: ParsableArguments {
  @Flag(help: "Leave small segments as they are.")
  var noMerge = false

  var options: LiveIndex.Options { LiveIndex.Options(merging: noMerge ? nil : MergePolicy()) }
}
