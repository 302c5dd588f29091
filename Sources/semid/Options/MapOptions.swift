import ArgumentParser
import SemanticID

extension CatalogueMap.Method: ExpressibleByArgument {}

/// How items are placed on a map.
struct MapOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How items are placed: pacmap keeps neighbors together; pca shows the two widest directions, and is faster."))
  var map = CatalogueMap.Options().method

  @Option(help: "What near means between vectors: l2 (default) or cosine.", transform: KMeansMetric.parse)
  var metric = CatalogueMap.Options().metric

  @Option(help: ArgumentHelp("Seed of the map, and of the items that are drawn.", valueName: "n"))
  var seed = CatalogueMap.Options().seed

  func options(_ set: EmbeddingSet, _ console: Console) throws -> CatalogueMap.Options {
    if metric == .cosine { try set.checkDirections(pool: console.pool) }
    var options = CatalogueMap.Options()
    options.method = map
    options.metric = metric
    options.seed = seed
    return options
  }
}
