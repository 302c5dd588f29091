import Foundation

/// The folder of real data sets: `SEMID_DATA`, or `../shared/data` beside the package.
///
/// Tests that need it say `@Test(.enabled(if: RealData.has("file")))`; `has` prints why a test is left out.
public enum RealData {
  public static let folder: String =
    ProcessInfo.processInfo.environment["SEMID_DATA"] ?? packageRoot + "/../shared/data"

  public static let packageRoot: String =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .path

  public static func path(_ name: String) -> String { folder + "/" + name }

  public static func has(_ name: String) -> Bool {
    if FileManager.default.fileExists(atPath: path(name)) { return true }
    print("skipped: \(path(name)) is not there; set SEMID_DATA to the folder of real data")
    return false
  }
}
