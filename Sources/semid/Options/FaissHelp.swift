import ArgumentParser
import SemanticID

/// What help says of the strings that FAISS makes indexes from.
enum FaissHelp {
  static let factory = ArgumentHelp(
    "How FAISS holds the vectors, a factory string of: \(IndexBuilder.faissFamilies). RQ, LSQ, NSG, IMI and IDMap are "
      + "refused.", valueName: "factory")
}
