public import ArgumentParser
public import SemanticID

// What options may hold, by its raw value.
extension TokenizerJSON.Existing: ExpressibleByArgument {}
extension InteractionSource.Repeats: ExpressibleByArgument {}
extension SequenceCorpus.Form: ExpressibleByArgument {}
extension HeldOutDocuments: ExpressibleByArgument {}
extension InstructionCorpus.Form: ExpressibleByArgument {}
