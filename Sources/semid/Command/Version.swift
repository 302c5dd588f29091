/// The version of the package: what `semid --version` prints.
enum Version {
  static let current = "0.1.0"
}
