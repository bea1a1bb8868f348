import BSON

/// Throughput of the transcoders on documents like ours, one thread, best of several rounds:
/// `swift run -c release --package-path Benchmarks/Transcoding [beginning of a name]`.
@main
enum Transcoding {
  static func main() throws {
    report("customer: building", bytes: customer().byteCount) { _ = customer() }
    let (one, other) = (customer(), customer())
    var differences = 0
    report("customer: comparing", bytes: one.byteCount) { if one != other { differences += 1 } }
    report("customer: looking up the last field", bytes: one.byteCount) {
      if one.array("segments") == nil { differences += 1 }
    }
    precondition(differences == 0)
    for (name, document) in [("customer", customer()), ("event", event()), ("numbers", numbers()), ("text", prose())] {
      var json: [UInt8] = []
      JSONEncoding.append(document, to: &json)
      let bytes = Array(document.bytes)
      let selection = JSONFieldSelection(renaming: ["_id": "customerId"], dropping: ["hash"])
      var out: [UInt8] = []
      out.reserveCapacity(json.count * 4)
      report("\(name): BSON to JSON", bytes: bytes.count) {
        out.removeAll(keepingCapacity: true)
        JSONEncoding.append(document, selection: selection, to: &out)
      }
      report("\(name): JSON to BSON", bytes: json.count) {
        _ = try? JSONDecoding.document(from: json.span)
      }
      report("\(name): skimming", bytes: json.count + 2) { [batch = [UInt8(ascii: "[")] + json + [UInt8(ascii: "]")]] in
        _ = try? JSONDecoding.items(ofArray: batch.span)
      }
      report("\(name): validation", bytes: bytes.count) {
        _ = try? BSONDocument(validating: bytes)
      }
    }
  }

  static func report(_ name: String, bytes: Int, _ body: () -> Void) {
    if CommandLine.arguments.count > 1, !name.hasPrefix(CommandLine.arguments[1]) { return }
    let clock = ContinuousClock()
    let repeats = max(1, 4_000_000 / bytes)
    var best = Duration.seconds(1000)
    for _ in 0..<15 {
      best = min(best, clock.measure { for _ in 0..<repeats { body() } })
    }
    let seconds = Double(best.components.attoseconds) / 1e18 + Double(best.components.seconds)
    let nanoseconds = seconds / Double(repeats) * 1e9
    print("\(name): \(bytes) B, \(Int(nanoseconds)) ns, \(Int(Double(bytes) / nanoseconds * 1000)) MB/s")
  }

  /// A customer as GET /customers/{id} returns one.
  static func customer() -> BSONDocument {
    BSONDocument { writer in
      writer.append("_id", "c_0f8c1d2e3b4a5968778695a4b3c2d1e0")
      writer.append("hash", "b1946ac92492d2347c6235b4d2611184")
      writer.append("profile") { profile in
        profile.append("firstName", "Annemarie")
        profile.append("lastName", "Müller-Lüdenscheidt")
        profile.append("email", "annemarie.mueller@example.org")
        profile.append("phone", "+4930123456789")
        profile.append("birthDate", "1984-05-17")
        profile.append("consent") {
          $0.append("email", true)
          $0.append("sms", false)
        }
      }
      writer.append("identifiers") { identifiers in
        for number in 0..<6 {
          identifiers.append { (identifier: inout BSONWriter) in
            identifier.append("type", number % 2 == 0 ? "email" : "device")
            identifier.append("value", "identifier-\(number)-0123456789abcdef")
            identifier.append("firstSeen", BSONDate(millisecondsSince1970: 1_700_000_000_000 + Int64(number) * 1000))
          }
        }
      }
      writer.append("totals") { totals in
        totals.append("orders", 17)
        totals.append("revenue", 1834.55)
        totals.append("averageOrder", 1834.55 / 17)
        totals.append("lastOrder", BSONDate(millisecondsSince1970: 1_712_345_678_901))
        totals.append("daysSinceLastOrder", 12)
      }
      writer.append("recentInteractions") { interactions in
        for number in 0..<12 {
          interactions.append { (interaction: inout BSONWriter) in
            interaction.append("type", ["page_view", "add_to_cart", "purchase"][number % 3])
            interaction.append("productId", "p-\(1000 + number)")
            interaction.append("at", BSONDate(millisecondsSince1970: 1_712_000_000_000 + Int64(number) * 86_400_000))
            interaction.append("value", Double(number) * 9.99)
            interaction.append("url", "https://shop.example.org/products/\(1000 + number)?ref=mail")
          }
        }
      }
      writer.append("segments", ["loyal", "newsletter", "high_value"])
    }
  }

  /// An event as it is sent.
  static func event() -> BSONDocument {
    BSONDocument { writer in
      writer.append("eventId", "5b2f2c1e-91a8-4c1e-9b43-1a2b3c4d5e6f")
      writer.append("eventType", "add_to_cart")
      writer.append("eventTimestamp", "2024-05-17T12:34:56.789Z")
      writer.append("subject", "user-123456")
      writer.append("properties") {
        $0.append("productId", "p-1234")
        $0.append("quantity", 2)
        $0.append("price", 19.99)
        $0.append("currency", "EUR")
        $0.append("campaign", "spring \"sale\"")
      }
    }
  }

  static func numbers() -> BSONDocument {
    BSONDocument { writer in
      writer.append("factors") { factors in
        for number in 0..<500 { factors.append(Double(number * number) / 7.0) }
      }
      writer.append("counts") { counts in
        for number in 0..<500 { counts.append(number * 12_345) }
      }
    }
  }

  static func prose() -> BSONDocument {
    BSONDocument { writer in
      writer.append("latin", String(repeating: "The quick brown fox jumps over the lazy dog. ", count: 100))
      writer.append(
        "german", String(repeating: "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. ", count: 50))
      writer.append("chinese", String(repeating: "敏捷的棕色狐狸跳过了懒狗。", count: 50))
    }
  }
}
