import HTTPServer

/// `GET /`, `/docs` and `/openapi.yaml`.
struct DocumentRoutes: Sendable {
  let page: DocumentationPage

  func declare(in book: inout RouteBook) {
    book.on(.get, "/openapi.yaml") { call in
      conditional(OpenAPIDocument.bytes, "application/yaml", to: call.request, fields: Self.fields)
    }
    book.on(.get, "/docs") { call in
      var fields = Self.fields
      fields.append("Content-Security-Policy", page.contentSecurityPolicy)
      return conditional(page.html, .html, to: call.request, fields: fields)
    }
    book.on(.get, "/") { _ in
      HTTPResponse(status: 303, fields: ["Location": "/docs", "Cache-Control": "no-cache"])
    }
  }

  private static var fields: HTTPFields { ["Cache-Control": "no-cache"] }
}
