import ArgumentParser
import SemanticID

/// Metrics that tokenizers know, where an index knows one more.
enum KMeansMetric {
  static func parse(_ text: String) throws -> Metric {
    guard let metric = Metric(rawValue: text), RQKMeansOptions.metrics.contains(metric) else {
      throw ValidationError("--metric: expected l2 or cosine, found \"\(text)\"")
    }
    return metric
  }
}
