/// The version of the engine: `semid --version`, the newest heading of the changelog, and manifests that name what made
/// them.
package enum EngineVersion {
  package static let current = "0.2.0"
}
