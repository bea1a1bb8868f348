// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Echo",
  dependencies: [.package(name: "customer360", path: "../..")],
  targets: [.executableTarget(name: "Echo", dependencies: [.product(name: "HTTPServer", package: "customer360")])]
)
