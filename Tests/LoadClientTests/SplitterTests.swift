import Testing

@testable import LoadClient

struct SplitterTests {
  private func lines(_ text: String, chunk: Int, lineBytesMax: Int = 1000) -> [LineSplitter.Piece] {
    var splitter = LineSplitter(lineBytesMax: lineBytesMax)
    var pieces: [LineSplitter.Piece] = []
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: chunk) {
      splitter.feed(Array(bytes[start..<min(start + chunk, bytes.count)]))
      while let piece = splitter.next() { pieces.append(piece) }
    }
    splitter.finish()
    while let piece = splitter.next() { pieces.append(piece) }
    return pieces
  }

  private func items(_ text: String, chunk: Int, itemBytesMax: Int = 1000) -> [ArraySplitter.Piece] {
    var splitter = ArraySplitter(itemBytesMax: itemBytesMax)
    var pieces: [ArraySplitter.Piece] = []
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: chunk) {
      splitter.feed(Array(bytes[start..<min(start + chunk, bytes.count)]))
      while let piece = splitter.next() { pieces.append(piece) }
    }
    splitter.finish()
    while let piece = splitter.next() { pieces.append(piece) }
    return pieces
  }

  private func line(_ text: String, _ number: Int) -> LineSplitter.Piece {
    .line(Array(text.utf8)[...], number: number)
  }
  private func item(_ text: String, _ line: Int) -> ArraySplitter.Piece { .item(Array(text.utf8)[...], line: line) }

  @Test(arguments: 1...12) func `lines end at line feeds, with or without a carriage return`(chunk: Int) {
    #expect(
      lines("\u{FEFF}{\"a\":1}\n\n  {\"b\":2}\r\n{\"c\":3}", chunk: chunk)
        == [line("{\"a\":1}", 1), line("{\"b\":2}", 3), line("{\"c\":3}", 4)])
  }

  @Test(arguments: 1...12) func `a line past the limit is cut, and the next one is read`(chunk: Int) {
    let pieces = lines("123456789\n12345678\nabcdefghijklmnop", chunk: chunk, lineBytesMax: 8)
    #expect(pieces.count == 3)
    #expect(pieces.dropFirst().first == line("12345678", 2))
    for (piece, number) in [(pieces.first, 1), (pieces.last, 3)] {
      guard case .tooLong(let head, number) = piece else {
        Issue.record("not too long: \(String(describing: piece))")
        continue
      }
      #expect(head.count > 8)
    }
  }

  @Test(arguments: 1...12) func `items of an array end at commas outside of strings and brackets`(chunk: Int) {
    let text = " [ {\"a\":\"],\\\"{\"} ,\n [1,[2,{}]],\"x,\\\\\",7\n] \n"
    #expect(
      items(text, chunk: chunk)
        == [item("{\"a\":\"],\\\"{\"}", 1), item("[1,[2,{}]]", 2), item("\"x,\\\\\"", 2), item("7", 2)])
  }

  @Test(arguments: ["[]", " [ \n ] "]) func `an empty array has no items`(text: String) {
    #expect(items(text, chunk: 1).isEmpty)
  }

  @Test(arguments: ["[1,2", "[1,]", "[,1]", "[1}]", "[1] 2", "[{\"a\":\"", "["])
  func `what is no array is found out`(text: String) {
    for chunk in [1, 100] {
      guard case .malformed = items(text, chunk: chunk).last else {
        Issue.record("\(text) passes")
        continue
      }
    }
  }

  @Test(arguments: 1...12) func `an item past the limit is cut, and the next one is read`(chunk: Int) {
    let pieces = items(
      "[{\"a\":\"0123456789\"},1,{\"b\":\"0123456789012345678901234567890\"},2]", chunk: chunk, itemBytesMax: 18)
    #expect(pieces.count == 4)
    #expect(pieces.contains(item("{\"a\":\"0123456789\"}", 1)))
    #expect(pieces.contains(item("1", 1)) && pieces.last == item("2", 1))
  }
}
