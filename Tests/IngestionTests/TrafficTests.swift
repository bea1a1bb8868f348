import BSON
import Testing

@testable import Ingestion

@Suite struct `Traffic that no customer caused` {
  @Test(arguments: [
    (
      #""properties":{"userAgent":"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}"#, "robot"
    ),
    (#""userAgent":"curl/8.5.0""#, "robot"), (#""user_agent":"AhrefsBot""#, "robot"),
    (#""properties":{"context":{"userAgent":"Mozilla/5.0 HeadlessChrome/120.0"}}"#, "robot"),
    (#""isTest":true"#, "test"), (#""properties":{"debug_mode":1}"#, "test"),
    (#""properties":{"traffic_type":"internal"}"#, "test"), (#""traffic":"robot""#, "robot"),
    (#""traffic":"test","userAgent":"curl""#, "test"),
  ])
  func `is kept under a mark`(members: String, mark: String) throws {
    #expect(try only(.events, event(members)).document.string("traffic") == mark)
  }

  @Test(arguments: [
    "", #""userAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36""#,
    #""isTest":false"#, #""userAgent":7"#, #""properties":{"text":"robot"}"#, #""userAgent":"Android bottle""#,
    #""traffic_type":"external""#,
  ])
  func `is not what customers do`(members: String) throws {
    #expect(try only(.events, event(members)).document.string("traffic") == nil)
  }

  @Test func `has a mark that is one of two`() throws {
    let rejection = try fault(.events, event(#""traffic":"bots""#))
    #expect(rejection.code == "unknown_value" && rejection.field == "traffic")
  }
}
