import HTTPServer
import MongoDB
import Store

/// What stands before every handler: who is calling, whether the route is theirs, how long it may take.
struct Gate: Sendable {
  let authenticator: Authenticator
  let limiter: RateLimiter
  /// Time for one request, in milliseconds.
  let requestTimeoutMs: Int

  /// Who sends a request, and what the key has left; before the body is read, from memory only.
  func credential(of request: HTTPRequest) throws(Problem) -> Credential {
    let credential = try authenticator.credential(of: request)
    guard case .caller(let caller) = credential else { return credential }
    return .caller(try limited(caller))
  }

  /// Whether the caller may use the route, as far as memory tells, before the body is read.
  func authorize(_ request: HTTPRequest, _ access: RouteAccess) throws(Problem) {
    if case .caller(let caller) = request.principal as? Credential { try check(caller, access) }
  }

  /// The part that may block: a key that is not in memory is looked up.
  func admit(_ request: HTTPRequest, _ access: RouteAccess) throws -> Call {
    let deadline = Deadline.after(milliseconds: requestTimeoutMs)
    switch request.principal as? Credential {
    case .caller(let caller):
      return Call(request: request, caller: caller, deadline: deadline)
    case .unknownKey(let key):
      try authenticator.ring.loadAfterMiss(deadline: deadline)
      let caller = try authenticator.caller(afterLoading: key)
      try check(caller, access)
      return Call(request: request, caller: try limited(caller), deadline: deadline)
    case nil:
      throw Problem.wrongKey
    }
  }

  private func limited(_ caller: Caller) throws(Problem) -> Caller {
    var caller = caller
    caller.allowance = try limiter.take(caller.keyId ?? "")
    return caller
  }

  private func check(_ caller: Caller, _ access: RouteAccess) throws(Problem) {
    guard access.allows(caller) else {
      if case .scopes(let wanted) = access { throw .missingScope(wanted.union([.admin])) }
      throw .missingScope([])
    }
  }
}
