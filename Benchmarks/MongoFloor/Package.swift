// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "MongoFloor",
  dependencies: [.package(name: "customer360", path: "../..")],
  targets: [
    .systemLibrary(name: "CFloorMongoC", path: "Sources/CLibMongoC", pkgConfig: "libmongoc-1.0"),
    .target(name: "CFloor", dependencies: ["CFloorMongoC"], cSettings: [.unsafeFlags(["-O2"])]),
    .executableTarget(
      name: "MongoFloor",
      dependencies: [
        "CFloor", .product(name: "BSON", package: "customer360"), .product(name: "MongoDB", package: "customer360"),
      ]),
  ]
)
