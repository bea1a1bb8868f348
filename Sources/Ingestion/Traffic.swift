import BSON

/// Events that no customer caused. They are kept, under this mark, and left out of everything computed.
///
/// A publisher may set `traffic` itself. Else an event that says so (`isTest`, `debug_mode`, GA4's
/// `traffic_type: internal`) is a test, and one whose user agent names itself a robot is a robot's.
enum Traffic: String, CaseIterable {
  case robot
  case test

  /// What the fields of an input object say; nil for customers.
  init?(_ fields: ItemFields, of input: borrowing Span<UInt8>) {
    // Most events say nothing beyond the fields that are known.
    if fields.extras.isEmpty, !fields.isFilled(Self.propertiesSlot) { return nil }
    let properties = fields.element(in: Self.propertiesSlot, of: input)?.value.documentValue ?? BSONDocument()
    let context = properties.document("context") ?? BSONDocument()
    func given(_ name: String) -> BSONValue? {
      fields.extras.first { $0.keyEquals(name) }?.value ?? properties[name] ?? context[name]
    }
    let isTest =
      Self.testFlags.contains { name in given(name)?.boolValue == true || given(name)?.intValue == 1 }
      || given("traffic_type")?.stringValue == "internal"
    if isTest {
      self = .test
    } else if Self.agents.contains(where: { name in given(name)?.stringValue.map(Self.isRobot) == true }) {
      self = .robot
    } else {
      return nil
    }
  }

  static let testFlags = ["isTest", "debug_mode"]
  static let agents = ["userAgent", "user_agent"]
  /// Words by which robots name themselves, as whole parts of a user agent or at the end of one: `Googlebot`, `curl/8`.
  static let robotEndings = ["bot", "crawler", "spider", "slurp", "scraper"]
  static let robotNames: Set<String> = [
    "curl", "wget", "headlesschrome", "phantomjs", "python", "requests", "scrapy", "facebookexternalhit", "lighthouse",
  ]

  /// Whether a user agent names itself a robot. Looks at its first 512 bytes.
  static func isRobot(_ agent: String) -> Bool {
    let words = agent.utf8.prefix(512).split { byte in
      !((byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z"))
    }
    return words.contains { bytes in
      let word = String(decoding: bytes, as: UTF8.self).lowercased()
      return robotNames.contains(word) || robotEndings.contains { word.hasSuffix($0) }
    }
  }

  private static let propertiesSlot = Schema.event.slot("properties")
}
