// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Transcoding",
  dependencies: [.package(name: "customer360", path: "../..")],
  targets: [
    .executableTarget(name: "Transcoding", dependencies: [.product(name: "BSON", package: "customer360")])
  ]
)
