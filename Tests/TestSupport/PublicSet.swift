import Foundation

/// A public data set that `datasets/fetch` has fetched: in `SEMID_DATASETS_CACHE`, or in `datasets` of the cache.
///
/// Tests that need one say `@Test(.enabled(if: PublicSet.has("movielens-100k")))`; `has` prints why a test is left out.
public enum PublicSet {
  public static let folder: String = {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment["SEMID_DATASETS_CACHE"] { return path }
    let cache = environment["SEMID_CACHE"] ?? (environment["HOME"] ?? "/tmp") + "/.cache/swift-semantic-id"
    return cache + "/datasets"
  }()

  public static func path(_ name: String) -> String { folder + "/" + name }

  public static func has(_ name: String) -> Bool {
    if FileManager.default.fileExists(atPath: path(name)) { return true }
    print("skipped: \(path(name)) is not there; run datasets/fetch \(name)")
    return false
  }
}
