public import ArgumentParser
public import SemanticID

// What options may hold, by its raw value.
extension Metric: ExpressibleByArgument {}
extension Balance: ExpressibleByArgument {}
extension KMeansOptions.Start: ExpressibleByArgument {}
extension CollisionStrategy: ExpressibleByArgument {}
extension CollisionOptions.Moves: ExpressibleByArgument {}
extension CollisionOptions.Numbering: ExpressibleByArgument {}
extension CollisionOptions.Suffix: ExpressibleByArgument {}
extension CollisionOptions.Order: ExpressibleByArgument {}
extension Activation: ExpressibleByArgument {}
extension QuantizerOptions.Learning: ExpressibleByArgument {}
extension QuantizerOptions.Estimator: ExpressibleByArgument {}
extension QuantizerOptions.Start: ExpressibleByArgument {}
extension TrainingSchedule.Loss: ExpressibleByArgument {}
extension IDRepair: ExpressibleByArgument {}
