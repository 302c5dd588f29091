/// One step of a pipeline: one verb with its options, what it reads and what it writes.
///
/// Steps run in the folder of results. Paths in it are relative, all others are absolute. So the command line of a step
/// can be typed there by hand.
package struct PipelineStep: Sendable {
  /// A word of the command line.
  package enum Word: Hashable, Sendable {
    case text(String)
    /// A path that is read.
    case input(String)
    /// A path in the folder of results.
    case output(String)

    package var text: String {
      switch self {
      case .text(let text), .input(let text), .output(let text): text
      }
    }
  }

  /// `train/balanced`: the kind of step, and what it is about.
  package var name: String
  /// `train rq-kmeans`.
  package var verb: [String]
  /// What follows the verb.
  package var words: [Word]
  /// All that is read: the inputs among the words, and files that the verb finds beside them.
  package var inputs: [String]
  /// All that is written. Of a directory, all files in it.
  package var outputs: [String]
  /// Where its results go as JSON; nil: the log has them as text.
  package var json: String?
  /// Words that make the verb leave what an earlier, stopped run of other inputs has left: `--restart`.
  package var restart: [String] = []
  /// What holds IDs of the model that this step makes, and would not fit another one.
  package var bound: String?
  /// An output that is no cache: IDs that were given once. Where it is gone, the step runs only when it is asked for.
  package var ledger: String?
  /// Where the pipeline's file says so, for errors.
  package var place: String
  /// Where it says so of single options.
  package var places: [String: String] = [:]

  /// The command line, as it is run.
  package var commandLine: [String] { verb + words.map(\.text) + (json == nil ? [] : ["--json"]) }

  /// The command line as it would be typed.
  package var command: String {
    (["semid"] + commandLine).map(Self.quoted).joined(separator: " ") + (json.map { " > " + Self.quoted($0) } ?? "")
  }

  private static func quoted(_ word: String) -> String {
    let plain = "-_./=:,+@%".unicodeScalars
    let isPlain = word.unicodeScalars.allSatisfy { scalar in
      ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
        || plain.contains(scalar)
    }
    return isPlain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
