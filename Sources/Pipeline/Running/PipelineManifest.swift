import Foundation
import Formats
import Vectors

/// What a folder of results holds, and of what it was made. There are no times in it: the same pipeline on the same
/// inputs writes the same manifest.
struct PipelineManifest: Codable, Sendable {
  static let name = "manifest.json"
  static let pipelineName = "pipeline.yaml"

  struct Step: Codable, Sendable {
    var name: String
    /// The command line, to be typed in the folder of results.
    var command: String
    /// A digest of the command, the contents of its inputs and the version of the engine.
    var key: String
    var inputs: [StepRecord.Input]
    /// By path in the folder of results.
    var outputs: [String: FileDigest]
  }

  var format = "swift-semantic-id results"
  var version = 1
  /// The version of the engine.
  var engine = EngineVersion.current
  /// The instruction set of the kernels: results can differ in their last bits between kinds of processor.
  var kernels: String
  /// The digest of `pipeline.yaml`.
  var pipeline: String
  /// What came from outside of the folder.
  var inputs: [StepRecord.Input]
  var steps: [Step]

  init(pipeline: String, _ plan: PipelinePlan, _ records: [StepRecord]) {
    var digest = SHA256()
    digest.update(Array(pipeline.utf8))
    self.pipeline = digest.hexDigest()
    kernels = Kernels.inUse.rawValue
    var seen: Set<String> = []
    inputs = records.flatMap(\.inputs).filter { $0.path.hasPrefix("/") && seen.insert($0.path).inserted }
    steps = zip(plan.steps, records).map {
      Step(name: $0.name, command: $0.command, key: $1.key, inputs: $1.inputs, outputs: $1.outputs)
    }
  }

  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(String(decoding: try encoder.encode(self), as: UTF8.self) + "\n", to: path)
  }
}
