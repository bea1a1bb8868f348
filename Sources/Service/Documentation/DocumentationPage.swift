import HTTPServer
import Store

/// The page that lists the routes for people: made once from `openapi.yaml`, without a script and without anything fetched
/// from elsewhere.
struct DocumentationPage: Sendable {
  /// The page, in UTF-8.
  let html: [UInt8]
  /// What a browser lets the page do: nothing but show itself with its own style sheet, named by its digest.
  let contentSecurityPolicy: String

  init(openAPI text: String) throws(YAMLError) {
    let document = try YAMLReader.read(text)
    let style = Self.styleSheet
    html = Array(Self.page(document, style).utf8)
    contentSecurityPolicy =
      "default-src 'self'; style-src 'sha256-\(Base64.encode(Digest.sha256(style.utf8)))'; base-uri 'none'; "
      + "form-action 'none'; frame-ancestors 'none'"
  }

  private static func page(_ document: YAMLNode, _ style: String) -> String {
    let info = document["info"]
    let title = escaped(info?["title"]?.text ?? "")
    var html = """
      <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
      <title>\(title)</title><style>\(style)</style></head><body><main>
      <h1>\(title) <small>\(escaped(info?["version"]?.text ?? ""))</small></h1>
      \(paragraphs(info?["description"]?.text ?? ""))
      <p>The whole description for programs: <a href="/openapi.yaml">openapi.yaml</a></p>

      """
    let operations = operations(of: document)
    for tag in document["tags"]?.elements ?? [] {
      guard let name = tag["name"]?.text else { continue }
      html += "<section><h2>\(escaped(name))</h2>\(paragraphs(tag["description"]?.text ?? ""))\n"
      for operation in operations where operation.tag == name { html += operation.html }
      html += "</section>\n"
    }
    return html + "</main></body></html>\n"
  }

  /// One method of one path, as far as the page shows it.
  private struct Operation {
    let tag: String
    let html: String
  }

  private static func operations(of document: YAMLNode) -> [Operation] {
    let methods = ["get", "put", "post", "patch", "delete"]
    return (document["paths"]?.entries ?? []).flatMap { path in
      path.value.entries.filter { methods.contains($0.key) }.map { method in
        let shared = path.value["parameters"]?.elements ?? []
        return Operation(
          tag: method.value["tags"]?.elements.first?.text ?? "",
          html: html(of: method.value, method.key, path.key, shared, document))
      }
    }
  }

  private static func html(
    of operation: YAMLNode, _ method: String, _ path: String, _ shared: [YAMLNode], _ document: YAMLNode
  ) -> String {
    var html = "<details><summary><b>\(escaped(method.uppercased()))</b> <code>\(escaped(path))</code> "
    html += "\(escaped(operation["summary"]?.text ?? ""))</summary>\(paragraphs(operation["description"]?.text ?? ""))"
    let parameters = (shared + (operation["parameters"]?.elements ?? [])).map { resolved($0, in: document) }
    let rows = parameters.map { parameter in
      "<tr><td><code>\(escaped(parameter["name"]?.text ?? ""))</code></td><td>\(escaped(parameter["in"]?.text ?? ""))</td>"
        + "<td>\(escaped(parameter["description"]?.text ?? ""))</td></tr>"
    }
    if !rows.isEmpty { html += "<table><tr><th>Parameter</th><th>In</th><th>Meaning</th></tr>\(rows.joined())</table>" }
    if let content = operation["requestBody"]?["content"] {
      html += "<p>Body: \(content.entries.map { "<code>\(escaped($0.key))</code>" }.joined(separator: ", "))</p>"
    }
    let answers = (operation["responses"]?.entries ?? []).map { status in
      "<tr><td>\(escaped(status.key))</td><td>\(escaped(resolved(status.value, in: document)["description"]?.text ?? ""))</td></tr>"
    }
    return html + "<table><tr><th>Status</th><th>Meaning</th></tr>\(answers.joined())</table></details>\n"
  }

  /// What a `$ref` within the document stands for.
  private static func resolved(_ node: YAMLNode, in document: YAMLNode) -> YAMLNode {
    guard let reference = node["$ref"]?.text else { return node }
    return reference.split(separator: "/").dropFirst().reduce(document) { $0[String($1)] ?? .scalar("") }
  }

  private static func paragraphs(_ text: String) -> String {
    text.split(separator: "\n").map { "<p>\(escaped(String($0)))</p>" }.joined()
  }

  private static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  private static let styleSheet = """
    body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1c1c1e;background:#fff}main{max-width:60rem;margin:auto;\
    padding:1rem}h1 small{color:#5c5c60;font-size:1rem}details{border-bottom:1px solid #ddd;padding:.4rem 0}\
    summary{cursor:pointer}summary b{display:inline-block;min-width:3.5rem;color:#0b57a4}table{border-collapse:collapse;\
    margin:.6rem 0}th,td{text-align:left;vertical-align:top;border:1px solid #ddd;padding:.2rem .6rem}code{font-size:.95em}
    """
}
