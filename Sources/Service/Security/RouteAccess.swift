import HTTPServer
import Store

/// Who may call a route.
enum RouteAccess: Equatable {
  /// Everybody: probes only.
  case everybody
  /// Whoever has a key, of any scope.
  case anyKey
  /// A key with one of these scopes, or `admin`.
  case scopes(Set<KeyScope>)

  func allows(_ caller: Caller) -> Bool {
    switch self {
    case .everybody, .anyKey: true
    case .scopes(let wanted): caller.scopes.contains(.admin) || !caller.scopes.isDisjoint(with: wanted)
    }
  }

  /// Every route of the service and who may call it. A route that does not stand here cannot be declared.
  static let table: [String: RouteAccess] = [
    "GET /livez": .everybody,
    "GET /readyz": .everybody,
    "GET /startupz": .everybody,
    "GET /healthz": .everybody,

    "GET /": .anyKey,
    "GET /docs": .anyKey,
    "GET /openapi.yaml": .anyKey,
    "GET /limits": .anyKey,
    "GET /metrics": .anyKey,

    "POST /ingest/events": .scopes([.ingest]),
    "POST /ingest/customers": .scopes([.ingest]),
    "POST /ingest/products": .scopes([.ingest]),
    "POST /ingest/orders": .scopes([.ingest]),
    "POST /ingest/ratings": .scopes([.ingest]),
    "POST /ingest/interactions": .scopes([.ingest]),
    "POST /ingest/emails": .scopes([.ingest]),
    "POST /ingest/cloudevents": .scopes([.ingest]),
    "POST /ingest/pubsub": .scopes([.ingest]),
    "POST /v1/{call}": .scopes([.ingest]),

    "GET /sources": .scopes([.admin]),
    "GET /interactions/parked": .scopes([.agent]),
    "DELETE /interactions/parked": .scopes([.admin]),
    "GET /dead-letters": .scopes([.admin]),
    "POST /dead-letters:replay": .scopes([.admin]),
    "GET /dead-letters/{id}": .scopes([.admin]),
    "DELETE /dead-letters/{id}": .scopes([.admin]),
    "POST /dead-letters/{id}/replay": .scopes([.admin]),

    "GET /customers/lookup": .scopes([.agent, .marketer]),
    "POST /customers:batchGet": .scopes([.agent, .marketer]),
    "GET /customers/{id}": .scopes([.agent, .marketer]),
    "GET /customers/{id}/timeline": .scopes([.agent, .marketer]),
    "GET /customers/{id}/orders": .scopes([.agent, .marketer]),
    "GET /customers/{id}/events": .scopes([.agent, .marketer]),
    "GET /customers/{id}/interactions": .scopes([.agent, .marketer]),
    "GET /customers/{id}/identities": .scopes([.agent, .marketer]),
    "GET /identity/rules": .scopes([.agent, .marketer]),
    "PUT /identity/rules": .scopes([.admin]),
    "GET /identity/merges": .scopes([.agent]),
    "POST /identity/merges": .scopes([.agent]),
    "GET /identity/merges/{id}": .scopes([.agent]),
    "POST /identity/merges/{id}/undo": .scopes([.agent]),
    "GET /identity/denials": .scopes([.agent]),
    "GET /identity/denials/{id}": .scopes([.agent]),
    "POST /identity/denials/{id}/undo": .scopes([.agent]),
    "GET /identity/duplicates": .scopes([.agent]),
    "POST /identity/duplicates:decide": .scopes([.agent]),
    "POST /identity/duplicates:scan": .scopes([.admin]),
    "GET /identity/frozen": .scopes([.agent]),
    "GET /identity/profile": .scopes([.admin]),
    "POST /identity/profile:run": .scopes([.admin]),
    "GET /customers/{id}/pins": .scopes([.agent]),
    "POST /customers/{id}/pins": .scopes([.agent]),
    "POST /identity/pins/{id}/undo": .scopes([.agent]),
    "GET /customers/{id}/recommendations": .scopes([.agent, .marketer]),
    "GET /customers/{id}/segments": .scopes([.agent, .marketer]),
    "GET /customers/{id}/scores": .scopes([.agent, .marketer]),

    "GET /products": .scopes([.agent, .marketer]),
    "GET /products/{id}": .scopes([.agent, .marketer, .ingest]),
    "PUT /products/{id}": .scopes([.ingest]),
    "PATCH /products/{id}": .scopes([.ingest]),
    "DELETE /products/{id}": .scopes([.ingest]),
    "GET /records/{source}/{sourceId}": .scopes([.agent, .marketer, .ingest]),
    "PUT /records/{source}/{sourceId}": .scopes([.ingest]),
    "PATCH /records/{source}/{sourceId}": .scopes([.ingest]),
    "DELETE /records/{source}/{sourceId}": .scopes([.ingest]),
    "GET /orders/{id}": .scopes([.agent, .marketer, .ingest]),
    "PUT /orders/{id}": .scopes([.ingest]),
    "PATCH /orders/{id}": .scopes([.ingest]),
    "DELETE /orders/{id}": .scopes([.ingest]),
    "GET /ratings/{userId}/{productId}": .scopes([.agent, .marketer, .ingest]),
    "PUT /ratings/{userId}/{productId}": .scopes([.ingest]),
    "PATCH /ratings/{userId}/{productId}": .scopes([.ingest]),
    "DELETE /ratings/{userId}/{productId}": .scopes([.ingest]),
    "GET /products/{id}/similar": .scopes([.agent, .marketer]),

    "GET /segments": .scopes([.marketer]),
    "GET /segments/{id}": .scopes([.marketer]),
    "GET /segments/{id}/members": .scopes([.marketer]),
    "GET /segments/{id}/count": .scopes([.marketer]),

    "POST /models/{name}:train": .scopes([.admin]),
    "POST /models/{name}:plan": .scopes([.admin]),
    "GET /models/{name}/drift": .scopes([.marketer]),
    "GET /models/{name}/schedule": .scopes([.marketer]),
    "PUT /models/{name}/schedule": .scopes([.admin]),
    "DELETE /models/{name}/schedule": .scopes([.admin]),
    "POST /models/{name}:rollback": .scopes([.admin]),
    "PUT /models/{name}/aliases/{alias}": .scopes([.admin]),
    "DELETE /models/{name}/aliases/{alias}": .scopes([.admin]),
    "GET /jobs": .scopes([.admin]),
    "GET /jobs/{id}": .scopes([.admin]),
    "POST /jobs/{id}:cancel": .scopes([.admin]),
    "GET /models": .scopes([.marketer]),
    "GET /models/{name}": .scopes([.marketer]),
    "GET /models/{name}/versions": .scopes([.marketer]),
    "GET /models/{name}/versions/{version}": .scopes([.marketer]),
    "GET /models/{name}/versions/{version}/evaluate": .scopes([.marketer]),
    "GET /models/{name}/versions/{version}/centroids": .scopes([.marketer]),
    "GET /models/{name}/versions/{version}/card": .scopes([.marketer]),
    "POST /models/{name}:predict": .scopes([.agent, .marketer]),
    "POST /models/{name}/versions/{version}:predict": .scopes([.agent, .marketer]),

    "GET /endpoints": .scopes([.marketer]),
    "GET /endpoints/{id}": .scopes([.marketer]),
    "PUT /endpoints/{id}": .scopes([.admin]),
    "DELETE /endpoints/{id}": .scopes([.admin]),
    "GET /endpoints/{id}/shadow": .scopes([.marketer]),
    "POST /endpoints/{id}:predict": .scopes([.agent, .marketer]),
  ]
}
