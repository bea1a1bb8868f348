// swift-tools-version: 6.2
import PackageDescription

// The house, from the ground floor up. Imports point down only; docs/architecture.md says why each target exists.

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, exclude: ["\(name).md"], swiftSettings: strict)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, swiftSettings: strict)
}

let log = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
  name: "customer360",
  products: [
    .executable(name: "customer360", targets: ["customer360"]),
    .library(name: "HTTPServer", targets: ["HTTPServer"]),
    .library(name: "BSON", targets: ["BSON"]),
    .library(name: "MongoDB", targets: ["MongoDB"]),
    .library(name: "MachineLearning", targets: ["MachineLearning"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    // C: system libraries and the shims over what Swift cannot import.
    .systemLibrary(name: "CLibMongoC", pkgConfig: "libmongoc-1.0", providers: [.apt(["libmongoc-dev"])]),
    .systemLibrary(name: "CLibZ", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CLibSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CLibCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    // Of gmime-3.0.pc SwiftPM refuses -pthread and -D: GObject's flags do, and CMail declares what it calls of libgmime.
    .systemLibrary(name: "CLibGMime", pkgConfig: "gobject-2.0", providers: [.apt(["libgmime-3.0-dev"])]),
    .target(name: "CMongoC", dependencies: ["CLibMongoC"]),
    .target(name: "CSockets"),
    .target(name: "COpenSSL", dependencies: ["CLibSSL"]),
    .target(name: "CCurl", dependencies: ["CLibCurl"]),
    .target(name: "CMail", dependencies: ["CLibGMime"], linkerSettings: [.linkedLibrary("gmime-3.0")]),
    .target(name: "CDocuments"),
    .target(name: "CKernels", exclude: ["Kernels.inc"]),
    .target(name: "CModels", exclude: ["sentiment.model"]),

    // Ground floor: knows nothing of customers.
    library("BSON"),
    library("Locks"),
    library("CSV"),
    library("Avro", ["CLibZ"]),
    library("MongoDB", ["BSON", "CMongoC", "Locks", log]),
    library("HTTPServer", ["CSockets", "CLibZ", "COpenSSL", "Locks", log]),
    library("MachineLearning", ["CKernels", "CModels", "Locks"]),
    library("RecordLinkage", ["Locks"]),
    library("Mail", ["CMail"]),
    library("YAML", ["BSON", "CLibYAML"]),

    // The collections.
    library("Store", ["BSON", "MongoDB", "COpenSSL", "Locks", log]),

    // Capabilities.
    library("Ingestion", ["BSON", "CSV", "MachineLearning", "Mail", "Store"]),
    library("Identity", ["BSON", "RecordLinkage", "Store"]),
    library("Projection", ["BSON", "Identity", "Locks", "RecordLinkage", "Store", log]),
    library("Models", ["BSON", "CSockets", "Locks", "MachineLearning", "Store", log]),

    library(
      "Connectors",
      ["BSON", "CCurl", "CLibPQ", "Ingestion", "LoadClient", "Locks", "MongoDB", "Store", "YAML", log]),

    // The HTTP face.
    library(
      "Service",
      [
        "BSON", "CDocuments", "COpenSSL", "HTTPServer", "Identity", "Ingestion", "Locks", "Models", "Projection",
        "Store", log,
      ]),

    // Beside the service: the sample data, the client of the API, models on files.
    library("SampleRetailer"),
    library("LoadClient", ["BSON", "CCurl", "CLibZ", "COpenSSL", "CSV", "Locks", "YAML"]),
    library("Lab", ["BSON", "CSV", "Mail", "MachineLearning", "RecordLinkage"]),

    .executableTarget(
      name: "customer360",
      dependencies: [
        "Avro", "Connectors", "Lab", "LoadClient", "Locks", "SampleRetailer", "Service", log,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict,
      // Equal functions once, relocations packed: 1.6 MB less. No library product has these flags.
      linkerSettings: [
        .unsafeFlags(
          ["-use-ld=lld", "-Xlinker", "--icf=all", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs"],
          .when(configuration: .release))
      ]),

    // A real mongod for the tests: not part of the product.
    .target(
      name: "MongoTesting", dependencies: ["BSON", "Locks", "MongoDB"], path: "Tests/MongoTesting",
      swiftSettings: strict),

    tests(of: "BSON"),
    tests(of: "CSV"),
    tests(of: "Avro"),
    tests(of: "MongoDB", ["BSON", "CMongoC", "Locks", "MongoTesting"]),
    // A TLS client and certificates for the tests of the server.
    .target(name: "CHTTPTestSupport", dependencies: ["CLibSSL"], path: "Tests/CHTTPTestSupport"),
    tests(of: "HTTPServer", ["CHTTPTestSupport", "CSockets", "Locks"]),
    tests(of: "MachineLearning", ["CKernels"]),
    tests(of: "Mail"),
    tests(of: "YAML", ["BSON"]),
    tests(of: "RecordLinkage", ["CSV"]),
    tests(of: "Store", ["BSON", "Locks", "MongoDB", "MongoTesting"]),
    tests(of: "Ingestion", ["BSON", "Locks", "MongoTesting", "Store"]),
    tests(of: "Identity", ["BSON", "MongoTesting", "Store"]),
    tests(of: "Projection", ["BSON", "Identity", "MongoDB", "MongoTesting", "Store"]),
    tests(of: "Models", ["BSON", "Locks", "MachineLearning", "MongoDB", "MongoTesting", "Store"]),
    tests(
      of: "Service",
      [
        "BSON", "CHTTPTestSupport", "CSockets", "HTTPServer", "Locks", "Models", "MongoDB", "MongoTesting",
        "Projection", "Store", log,
      ]),
    tests(of: "Connectors", ["BSON", "HTTPServer", "Ingestion", "Locks", "MongoDB", "MongoTesting", "Store"]),
    tests(of: "SampleRetailer"),
    tests(of: "LoadClient", ["Locks"]),
    tests(of: "Lab", ["MachineLearning"]),
  ]
)
