public import ArgumentParser
public import SemanticID

// What options may hold, by its raw value.
extension RQKMeansOptions.Metric: ExpressibleByArgument {}
extension KMeansOptions.Start: ExpressibleByArgument {}
extension SearchMetric: ExpressibleByArgument {}
extension Activation: ExpressibleByArgument {}
extension QuantizerOptions.Learning: ExpressibleByArgument {}
extension QuantizerOptions.Estimator: ExpressibleByArgument {}
extension QuantizerOptions.Start: ExpressibleByArgument {}
extension TrainingSchedule.Loss: ExpressibleByArgument {}
