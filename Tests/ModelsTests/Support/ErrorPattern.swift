import Models
import Testing

/// A shape of errors to expect.
struct ErrorPattern {
  let matches: (ModelsError) -> Bool
}

/// Says that there is no such thing.
func notFound(_ resource: ModelsError.Resource) -> ErrorPattern {
  ErrorPattern { if case .notFound(resource, _) = $0 { true } else { false } }
}

/// Says that no version serves.
var notTrained: ErrorPattern { ErrorPattern { if case .notTrained = $0 { true } else { false } } }

/// Expects an error of a shape.
func expect(
  throws pattern: ErrorPattern, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> some Any
) {
  #expect(sourceLocation: sourceLocation) {
    _ = try body()
  } throws: { error in
    (error as? ModelsError).map(pattern.matches) == true
  }
}
