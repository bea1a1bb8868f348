import BSON
import Testing

@testable import Models

@Suite("Sentiment in the registry")
struct OpinionTests {
  @Test func `texts are scored as a whole and by sentence`() throws {
    let service = try World().service()
    defer { service.stop() }
    let job = try service.trained("sentiment")
    #expect(job.string("state") == "succeeded" && job.bool("isDefault") == true, "\(job)")
    let texts = ["I love this lamp. The delivery was terrible!", "Wonderful, works perfectly.", ""]
    let answer = try service.predict(
      "sentiment", instances: instances(texts.map { text in instance { $0.append("text", text) } }))
    let predictions = answer.array("predictions")?.compactMap(\.documentValue) ?? []
    #expect(predictions.count == 3)
    let sentences = predictions[0].array("sentences")?.compactMap(\.documentValue) ?? []
    #expect(sentences.count == 2, "\(predictions[0])")
    #expect((sentences.first?.double("score") ?? 0) > 0 && (sentences.last?.double("score") ?? 0) < 0)
    #expect(sentences.first?.string("text")?.hasPrefix("I love") == true)
    #expect((predictions[1].double("score") ?? 0) > 0.2)
    #expect(predictions[2].double("score") == 0 && predictions[2].double("magnitude") == 0)
    for wrong in [
      BSONDocument(), instance { $0.append("text", 3) },
      instance { $0.append("text", String(repeating: "a", count: 65_537)) },
    ] {
      expect(throws: ErrorPattern { if case .invalidInstance(0, "text", _) = $0 { true } else { false } }) {
        try service.predict("sentiment", instances: instances([wrong]))
      }
    }
    expect(throws: ErrorPattern { if case .invalidOption("HORIZON", _) = $0 { true } else { false } }) {
      try service.train("sentiment", options: BSONDocument { $0.append("HORIZON", 3) })
    }
  }
}
