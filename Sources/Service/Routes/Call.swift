import HTTPServer
import MongoDB

/// One request on its way through a handler: who sends it and by when it must be answered.
struct Call: Sendable {
  let request: HTTPRequest
  let caller: Caller
  /// Every call of the database gets what is left until here.
  let deadline: Deadline

  /// How much of a person this caller may see.
  var personalData: PersonalData { PersonalData(for: caller.scopes) }

  /// A part of the path.
  func parameter(_ name: String) -> String { request.parameter(name) }
}
