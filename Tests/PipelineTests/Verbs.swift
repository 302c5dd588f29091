import Foundation
import TestSupport

@testable import Pipeline

/// A few verbs as the command has them.
let someVerbs = VerbCatalogue([
  "prepare amazon": verb(["reviews", "items"], ["core", "split"], output: true),
  "embed model": verb(["items"], ["template"], output: true),
  "embed lsa": verb(["items"], ["template", "dimensions"], output: true),
  "train rq-kmeans": verb(
    [], ["codebook-size", "seed", "balance", "vectors"], flags: [("normalize-residuals", nil)], output: true),
  "train rq-vae": verb([], ["codebook-size", "epochs"], flags: [("batch-norm", "no-batch-norm")], output: true),
  "encode": verb(["model"], ["vectors"], output: true),
  "resolve": verb(["model", "codes"], ["strategy"], output: true),
  "registry add": verb(["model"], ["capacity"], output: true),
  "index build": verb(["model", "codes", "attributes"], ["attribute-columns"], output: true),
  "corpus sequences": verb(["train", "valid", "test", "codes", "model"], ["max-history"], output: true),
  "corpus constraint": verb(["allow"], ["format"], output: true),
  "evaluate codes": verb([], ["k"], repeating: ["codes", "model"], html: true),
  "evaluate offline": verb(
    ["train", "valid", "test"], ["rules", "k"], repeating: ["codes", "model"], texts: ["profile"], html: true),
])

private func verb(
  _ paths: [String], _ values: [String], repeating: [String] = [], texts: [String] = [],
  flags: [(String, String?)] = [], output: Bool = false, html: Bool = false
) -> VerbOptions {
  let written = (output ? ["output"] : []) + (html ? ["html", "csv"] : [])
  return VerbOptions(
    options: (paths + written).map { .init(names: [$0], kind: .value(repeats: $0 == "reviews"), isPath: true) }
      + values.map { .init(names: [$0], kind: .value(repeats: false), isPath: false) }
      + repeating.map { .init(names: [$0], kind: .value(repeats: true), isPath: true) }
      + texts.map { .init(names: [$0], kind: .value(repeats: true), isPath: false) }
      + flags.map { .init(names: [$0.0], kind: .flag(off: $0.1), isPath: false) })
}

extension TemporaryFolder {
  func write(_ bytes: [UInt8], to name: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: file(name))) }
}
