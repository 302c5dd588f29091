// swift-tools-version: 6.1
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

/// A Swift module. `ARCHITECTURE.md` names the floor of each module. Modules import lower floors only.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies, swiftSettings: strict)
}

let package = Package(
  name: "swift-semantic-id",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "SemanticID", targets: ["SemanticID"]),
    .library(name: "SemanticIDClient", targets: ["SemanticIDClient"]),
    .executable(name: "semid", targets: ["semid"]),
  ],
  traits: [
    .trait(name: "Parquet", description: "Reads and writes Parquet, through Arrow C++."),
    .trait(name: "HDF5", description: "Reads and writes HDF5, through libhdf5."),
    .default(enabledTraits: ["Parquet", "HDF5"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
  ],
  targets: [
    // Floor 0: C. Kernels and faces of system libraries.
    .target(name: "CKernels"),
    .target(name: "CFiles"),
    .target(
      name: "CFaiss",
      linkerSettings: [
        .linkedLibrary("faiss"), .linkedLibrary("gomp", .when(platforms: [.linux])),
        .linkedLibrary("omp", .when(platforms: [.macOS])), .linkedLibrary("openblas"),
      ]),
    .target(name: "CRoaring", linkerSettings: [.linkedLibrary("roaring")]),
    .systemLibrary(
      name: "CArrow", pkgConfig: "parquet",
      providers: [.brew(["apache-arrow"])]),
    .target(
      name: "CParquet", dependencies: [.target(name: "CArrow", condition: .when(traits: ["Parquet"]))],
      cxxSettings: [.define("SEMID_PARQUET", .when(traits: ["Parquet"]))]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .systemLibrary(
      name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
    .target(
      name: "CHDF5Reader", dependencies: [.target(name: "CHDF5", condition: .when(traits: ["HDF5"]))],
      cSettings: [.define("SEMID_HDF5", .when(traits: ["HDF5"]))]),
    .systemLibrary(
      name: "CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"]), .brew(["nettle"])]),
    .systemLibrary(
      name: "CLibzip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"]), .brew(["libzip"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .target(name: "CRegistryPages", linkerSettings: [.linkedLibrary("sqlite3")]),

    // Floor 1
    module("Vectors", ["CKernels", "COpenBLAS", "CNettle"]),
    // Floor 2
    module(
      "Formats",
      [
        "Vectors", "CKernels", "CFiles", "CHDF5Reader", "CParquet", "CLibzip", "CZlib",
        .target(name: "CHDF5", condition: .when(traits: ["HDF5"])),
      ]),
    module("Clustering", ["Vectors", "CKernels"]),
    // Floor 3
    module("Tokenizers", ["Vectors", "Formats", "Clustering", "CKernels"]),
    module(
      "TextEmbedding",
      ["Vectors", "Formats", "CKernels", .product(name: "HeapModule", package: "swift-collections")]),
    module("Interactions", ["Vectors", "Formats"]),
    // Floor 4
    module("Catalogues", ["Vectors", "Formats", "Interactions"]),
    module(
      "Retrieval",
      [
        "Vectors", "Formats", "Clustering", "Tokenizers", "CKernels", "CFaiss", "CRoaring",
        .product(name: "HeapModule", package: "swift-collections"),
      ]),
    module(
      "Identity",
      [
        "Vectors", "Formats", "Tokenizers", "CRegistryPages", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "HeapModule", package: "swift-collections"),
      ]),
    // Floor 5
    module(
      "Evaluation",
      [
        "Vectors", "Formats", "Interactions", "TextEmbedding", "Tokenizers", "Retrieval", "CKernels",
        .product(name: "Mustache", package: "swift-mustache"),
      ]),
    module(
      "Corpora",
      [
        "Vectors", "Formats", "Interactions", "Tokenizers", "Catalogues", "Retrieval", "CKernels",
        .product(name: "Mustache", package: "swift-mustache"),
      ]),
    // Floor 6
    module("Pipeline", ["Vectors", "Formats", .product(name: "Yams", package: "Yams")]),
    module(
      "Server",
      [
        "Vectors", "Formats", "Tokenizers", "TextEmbedding", "Catalogues", "Retrieval", "Corpora", "Evaluation",
        .product(name: "Yams", package: "Yams"), .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HummingbirdHTTP2", package: "hummingbird"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
      ]),
    // Everything above, under one import
    module(
      "SemanticID",
      [
        "Vectors", "Formats", "Clustering", "Tokenizers", "TextEmbedding", "Interactions", "Catalogues", "Retrieval",
        "Identity", "Evaluation",
        "Corpora",
      ]),
    // For apps that ask a server: nothing of the engine
    module(
      "SemanticIDClient",
      [
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ]),
    // Floor 7
    .executableTarget(
      name: "semid",
      dependencies: [
        "SemanticID", "Pipeline", "Server", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict),

    // Tests: a folder per module
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
    tests("Vectors", ["CKernels"]),
    tests("Formats", ["Vectors"]),
    tests("Tokenizers", ["Vectors", "Formats", "Clustering"]),
    tests("TextEmbedding", ["Vectors", "Formats"]),
    tests("Interactions", ["Vectors", "Formats"]),
    tests("Catalogues", ["Vectors", "Formats", "Interactions"]),
    tests("Retrieval", ["Vectors", "Formats", "Tokenizers"]),
    tests("Identity", ["Vectors", "Formats", "Tokenizers", "CRegistryPages"]),
    tests("Evaluation", ["Vectors", "Formats", "Interactions", "Tokenizers", "Retrieval"]),
    tests("Corpora", ["Vectors", "Formats", "Interactions", "Tokenizers", "Catalogues", "Retrieval"]),
    tests("Pipeline", ["Vectors", "Formats"]),
    tests(
      "Server",
      [
        "Vectors", "Formats", "Tokenizers", "Retrieval", "Corpora", .product(name: "NIOCore", package: "swift-nio"),
      ]),
    tests(
      "SemanticIDClient",
      [
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
      ]),
    // As users have it: SemanticID alone.
    .testTarget(name: "SemanticIDTests", dependencies: ["SemanticID", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "SemidTests",
      dependencies: [
        "semid", "SemanticID", "TestSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c17,
  cxxLanguageStandard: .cxx20
)

// The C face, which the Python package stands on. Its functions are `@c`, which Swift has since 6.3.
#if compiler(>=6.3)
  package.products.append(.library(name: "SemidC", type: .dynamic, targets: ["SemidC"]))
  package.targets += [.target(name: "CSemid"), module("SemidC", ["SemanticID", "CSemid"])]
#endif

// `make fuzz` only: libFuzzer brings the program's `main`, which a plain build does not have.
if Context.environment["SEMID_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "semid-fuzz", dependencies: ["SemanticID"], path: "Fuzz",
      swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]))
}
