// swift-tools-version: 6.2
import PackageDescription

// The same answer from four servers. The product never builds this package.
let package = Package(
  name: "HTTPBenchmarks",
  platforms: [.macOS(.v14)],
  dependencies: [
    .package(name: "customer360", path: "../.."),
    .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
    .package(url: "https://github.com/swhitty/FlyingFox", exact: "0.27.1"),
  ],
  targets: [
    .executableTarget(name: "Ours", dependencies: [.product(name: "HTTPServer", package: "customer360")]),
    .executableTarget(
      name: "WithHummingbird", dependencies: [.product(name: "Hummingbird", package: "hummingbird")]),
    .executableTarget(name: "WithFlyingFox", dependencies: [.product(name: "FlyingFox", package: "FlyingFox")]),
  ]
)
