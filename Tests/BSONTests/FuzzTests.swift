import BSON
import Testing

/// Random documents and texts, and random damage to them: whatever comes in, nothing traps and every answer is defined.
@Suite struct FuzzTests {
  @Test func `a random document survives validation, copying and the way through JSON`() throws {
    var random = Seeded(360)
    for _ in 0..<2000 {
      let document = randomDocument(&random, depth: 0)
      let checked = try BSONDocument(validating: Array(document.bytes))
      #expect(checked == document)
      #expect(checked.hashValue == document.hashValue)
      #expect(Array(checked).count == checked.count)
      let copy = BSONDocument { for element in document { $0.append(element) } }
      #expect(copy == document)
      let rewritten = BSONDocument { for element in document { $0.append(element.key, element.value) } }
      #expect(rewritten == document)
      // The first way through JSON makes doubles of decimals; from then on text and values stay what they are.
      let text = json(try value(json(document)))
      let isStable = json(try value(text)) == text
      #expect(isStable)
    }
  }

  @Test func `random damage to a document is refused or read, and never traps`() {
    var random = Seeded(361)
    var refused = 0
    for _ in 0..<4000 {
      var bytes = Array(randomDocument(&random, depth: 0).bytes)
      for _ in 0...random.below(3) { damage(&bytes, &random) }
      do { _ = try BSONDocument(validating: bytes) } catch { refused += 1 }
      let trusted = BSONDocument(trusting: bytes)
      walk(trusted, depth: 0)
      _ = trusted["a"]
      _ = trusted.hashValue
      // The output is JSON whatever the input was.
      let text = json(trusted)
      do {
        _ = try JSONDecoding.value(from: Array(text.utf8).span, limits: JSONLimits(depthMax: 300))
      } catch  where error.kind == .duplicateKey || error.kind == .integerOutOfRange || error.kind == .numberOutOfRange
      {
        // Keys may repeat in BSON, and decimals exceed doubles.
      } catch {
        Issue.record("\(error) in \(text)")
      }
    }
    #expect(refused > 1000)
  }

  @Test func `random damage to a text is refused or read, and never traps`() {
    var random = Seeded(362)
    for _ in 0..<4000 {
      var text = Array(json(randomDocument(&random, depth: 0)).utf8)
      for _ in 0...random.below(3) { damage(&text, &random) }
      guard let document = try? JSONDecoding.document(from: text.span) else { continue }
      #expect(throws: Never.self) { try BSONDocument(validating: Array(document.bytes)) }
    }
  }

  @Test func `what the parser reads the skimmer skips`() {
    var random = Seeded(363)
    for _ in 0..<2000 {
      var text = Array(("[" + json(randomDocument(&random, depth: 0)) + ",1]").utf8)
      let whole = refusal(text)
      #expect(whole == nil)
      #expect((try? JSONDecoding.items(ofArray: text.span))?.count == 2)
      damage(&text, &random)
      // The skimmer is the more lenient of the two, never the stricter.
      if refusal(text) == nil, text.first == UInt8(ascii: "[") {
        #expect(throws: Never.self) { try JSONDecoding.items(ofArray: text.span) }
      }
    }
  }

  // MARK: Random things

  private func walk(_ document: BSONDocument, depth: Int) {
    guard depth < 50 else { return }
    for element in document {
      _ = element.key
      switch element.value {
      case .document(let inner), .codeWithScope(_, let inner): walk(inner, depth: depth + 1)
      case .array(let inner): walk(inner.document, depth: depth + 1)
      default: break
      }
    }
  }

  private func damage(_ bytes: inout [UInt8], _ random: inout Seeded) {
    guard !bytes.isEmpty else { return }
    let position = random.below(bytes.count)
    switch random.below(4) {
    case 0: bytes[position] = UInt8(random.below(256))
    case 1: bytes.remove(at: position)
    case 2: bytes.insert(UInt8(random.below(256)), at: position)
    default: bytes.removeSubrange(position...)
    }
  }

  private func randomDocument(_ random: inout Seeded, depth: Int) -> BSONDocument {
    var writer = BSONWriter()
    for position in 0..<random.below(depth == 0 ? 20 : 4) {
      writer.append("\(position)\(randomText(&random))", randomValue(&random, depth: depth))
    }
    return writer.finish()
  }

  private func randomValue(_ random: inout Seeded, depth: Int) -> BSONValue {
    switch random.below(depth < 4 ? 22 : 18) {
    case 0: .double(Double(bitPattern: random.next()))
    case 1: .double(Double(random.below(1_000_000)) / 100)
    case 2, 3: .string(randomText(&random))
    case 4:
      .binary(BSONBinary((0..<random.below(9)).map { _ in UInt8(random.below(256)) }, subtype: UInt8(random.below(5))))
    case 5: .undefined
    case 6: BSONObjectID(hex: "0123456789abcdef00ff77ee").map { .objectID($0) } ?? .null
    case 7: .bool(random.below(2) == 0)
    case 8: .date(BSONDate(millisecondsSince1970: Int64(bitPattern: random.next()) >> Int64(random.below(40))))
    case 9: .null
    case 10: .regex(pattern: "^a\(random.below(10))", options: "i")
    case 11: .code(randomText(&random))
    case 12: .int32(Int32(truncatingIfNeeded: random.next()))
    case 13: .timestamp(random.next())
    case 14: .int64(Int64(bitPattern: random.next()))
    case 15:
      .decimal128(BSONDecimal128(high: 0x3040_0000_0000_0000 - random.next() % 30 << 49, low: random.next() | 1 << 62))
    case 16: random.below(2) == 0 ? .minKey : .maxKey
    case 17: .symbol(randomText(&random))
    case 18: .codeWithScope(randomText(&random), randomDocument(&random, depth: depth + 1))
    case 19, 20: .document(randomDocument(&random, depth: depth + 1))
    default:
      .array(
        BSONArray { array in
          for _ in 0..<random.below(5) { array.append(randomValue(&random, depth: depth + 1)) }
        })
    }
  }

  private func randomText(_ random: inout Seeded) -> String {
    let alphabet: [Character] = ["a", "Z", "9", " ", "\"", "\\", "/", "\n", "\u{1}", "é", "€", "😀", "\u{7F}", "中"]
    return String((0..<random.below(20)).map { _ in alphabet[random.below(alphabet.count)] })
  }
}
