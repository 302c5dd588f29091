// swift-tools-version: 6.1
import Foundation
import PackageDescription

// A package of its own, so that who builds or tests the engine neither resolves nor compiles the benchmark library.

// What the modules of the engine share among themselves has package access. These benchmarks measure that, so they are
// compiled as part of the engine's package, whose name to the compiler is that of its folder.
let folder = URL(fileURLWithPath: Context.packageDirectory).standardizedFileURL.deletingLastPathComponent()
let packageName = folder.lastPathComponent.lowercased().map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .unsafeFlags(["-package-name", packageName]),
]

let benchmark: Target.Dependency = .product(name: "Benchmark", package: "benchmark")
// The product of the whole engine; suites import those of its modules that they measure.
let engine: Target.Dependency = .product(name: "SemanticID", package: "swift-semantic-id")

/// A suite of micro-benchmarks, in the folder `name`.
func suite(_ name: String) -> Target {
  .executableTarget(
    name: name, dependencies: ["BenchmarkSupport", engine, benchmark], path: name, packageAccess: false,
    swiftSettings: strict,
    plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
}

let package = Package(
  name: "swift-semantic-id-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "swift-semantic-id", path: ".."),
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    .target(
      name: "BenchmarkSupport", dependencies: [engine, benchmark], path: "BenchmarkSupport",
      packageAccess: false, swiftSettings: strict),
    suite("KernelBenchmarks"),
    suite("TokenizerBenchmarks"),
    suite("RetrievalBenchmarks"),
  ],
  swiftLanguageModes: [.v6]
)
