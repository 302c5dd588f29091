// swift-tools-version: 6.1
import PackageDescription

// Apart from the engine's own package: these targets need libFuzzer and AddressSanitizer, which `scripts/fuzz` switches
// on for every module.
let package = Package(
  name: "Fuzz",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "swift-semantic-id", path: "..")],
  targets: [
    .executableTarget(
      name: "fuzz", dependencies: ["CFuzzer", .product(name: "SemanticID", package: "swift-semantic-id")]),
    .target(name: "CFuzzer"),
  ],
  swiftLanguageModes: [.v6]
)
