import HTTPServer
import Logging
import MongoDB
import Models
import Store
import Testing

@testable import Service

/// `openapi.yaml` and the routes, held against each other in both directions.
@Suite struct OpenAPITests {
  private let document: YAMLNode
  private let routes: RouteBook

  init() throws {
    document = try YAMLReader.read(OpenAPIDocument.text)
    // Nothing is asked of the database: there is none.
    let store = Store(try MongoDatabase(uri: "mongodb://127.0.0.1:1", database: "none"))
    let log = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    let models = ModelService(store: store, log: log, clock: WallClock.now)
    routes = try Service(configuration: ServiceConfiguration(), store: store, models: models, log: log).routes
  }

  private var operations: [(name: String, path: String, node: YAMLNode, shared: [YAMLNode])] {
    (document["paths"]?.entries ?? []).flatMap { path in
      path.value.entries.filter { $0.key != "parameters" }.map { method in
        (
          "\(method.key.uppercased()) \(path.key)", path.key, method.value,
          path.value["parameters"]?.elements ?? []
        )
      }
    }
  }

  private func resolved(_ node: YAMLNode) throws -> YAMLNode {
    guard let reference = node["$ref"]?.text else { return node }
    var found = document
    for name in reference.split(separator: "/").dropFirst() {
      found = try #require(found[String(name)], "\(reference) leads nowhere")
    }
    return found
  }

  @Test func `every route is described and every description has its route`() {
    let declared = Set(routes.router.routes.map { "\($0.method.rawValue) \($0.pattern)" })
    #expect(declared == Set(operations.map(\.name)))
    #expect(declared == Set(RouteAccess.table.keys))
  }

  @Test func `the description has the version of the program`() {
    #expect(document["info"]?["version"]?.text == ServiceVersion.current)
  }

  @Test func `a route that writes runs among the writers, one that reads does not`() {
    for route in routes.router.routes {
      let reads = route.method == .get || route.pattern.hasSuffix(":batchGet") || route.pattern.hasSuffix(":predict")
      #expect((route.place == .onWriters) == !reads, "\(route.method.rawValue) \(route.pattern)")
    }
  }

  @Test func `the query parameters of a route are those of its description`() throws {
    for operation in operations {
      let route = try #require(
        routes.router.routes.first { "\($0.method.rawValue) \($0.pattern)" == operation.name })
      let parameters = try (operation.shared + (operation.node["parameters"]?.elements ?? [])).map(resolved)
      let query = parameters.filter { $0["in"]?.text == "query" }.compactMap { $0["name"]?.text }
      #expect(Set(query) == Set(routes.queries[ObjectIdentifier(route)] ?? []), "\(operation.name)")
      let path = parameters.filter { $0["in"]?.text == "path" }.compactMap { $0["name"]?.text }
      #expect(path.sorted() == route.parameterNames.sorted(), "\(operation.name)")
    }
  }

  @Test func `media types and need of a key are those of the route`() throws {
    for operation in operations {
      let route = try #require(
        routes.router.routes.first { "\($0.method.rawValue) \($0.pattern)" == operation.name })
      if route.method == .post {
        let types = operation.node["requestBody"]?["content"]?.entries.map(\.key) ?? []
        #expect(Set(types) == Set(route.options.mediaTypes.map(\.essence)), "\(operation.name)")
      }
      let isOpen = operation.node["security"] != nil
      #expect(isOpen == (routes.access[ObjectIdentifier(route)] == .everybody), "\(operation.name)")
      let statuses = Set(operation.node["responses"]?.entries.map(\.key) ?? [])
      #expect(statuses.isSuperset(of: ["500", "503"]), "\(operation.name)")
      if !isOpen { #expect(statuses.isSuperset(of: ["400", "401", "403"]), "\(operation.name)") }
      if route.method == .post { #expect(statuses.isSuperset(of: ["413", "415"]), "\(operation.name)") }
    }
  }

  @Test func `operations have names of their own and known tags`() {
    let ids = operations.compactMap { $0.node["operationId"]?.text }
    #expect(ids.count == operations.count && Set(ids).count == ids.count)
    let tags = Set(document["tags"]?.elements.compactMap { $0["name"]?.text } ?? [])
    for operation in operations {
      #expect(operation.node["summary"]?.text?.isEmpty == false, "\(operation.name)")
      #expect(tags.contains(operation.node["tags"]?.elements.first?.text ?? ""), "\(operation.name)")
    }
  }

  @Test func `every reference leads somewhere and every component is referred to`() throws {
    var references: Set<String> = []
    func walk(_ node: YAMLNode) {
      switch node {
      case .scalar: break
      case .list(let elements): elements.forEach(walk)
      case .map(let entries):
        for entry in entries {
          if entry.key == "$ref", let reference = entry.value.text { references.insert(reference) }
          walk(entry.value)
        }
      }
    }
    walk(document)
    for reference in references { _ = try resolved(.map([.init(key: "$ref", value: .scalar(reference))])) }
    for kind in document["components"]?.entries ?? [] where kind.key != "securitySchemes" {
      for component in kind.value.entries {
        #expect(references.contains("#/components/\(kind.key)/\(component.key)"), "\(component.key) is not used")
      }
    }
  }

  @Test func `the page for people shows every path`() throws {
    let page = String(decoding: try DocumentationPage(openAPI: OpenAPIDocument.text).html, as: UTF8.self)
    for operation in operations { #expect(page.contains("<code>\(operation.path)</code>"), "\(operation.path)") }
    #expect(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"))
  }
}
