import LoadClient
import Testing

struct GzipTests {
  private let text = Array(String(repeating: "sku,quantity,price\n", count: 60_000).utf8)

  private func unpacked(_ packed: [UInt8], chunk: Int) throws -> [UInt8] {
    var decoder = GzipDecoder()
    var plain: [UInt8] = []
    for start in stride(from: 0, to: packed.count, by: chunk) {
      try decoder.write(Array(packed[start..<min(start + chunk, packed.count)]), to: &plain)
    }
    try decoder.finish()
    return plain
  }

  @Test(arguments: [1, 7, 4096, 1 << 20]) func `what was packed is unpacked, whatever the chunks`(chunk: Int) throws {
    let packed = GzipEncoder.packed(text)
    #expect(packed.count < text.count / 20)
    #expect(GzipDecoder.isGzip(packed))
    #expect(try unpacked(packed, chunk: chunk) == text)
  }

  @Test func `several members in a row are one text`() throws {
    let packed = GzipEncoder.packed(text) + GzipEncoder.packed([]) + GzipEncoder.packed(Array("end".utf8))
    #expect(try unpacked(packed, chunk: 1000) == text + Array("end".utf8))
  }

  @Test func `packing in pieces gives one member`() throws {
    var encoder = GzipEncoder(level: 6)
    var packed: [UInt8] = []
    for start in stride(from: 0, to: text.count, by: 100_000) {
      encoder.write(Array(text[start..<min(start + 100_000, text.count)])) { (piece) throws(Never) in packed += piece }
    }
    encoder.write([], finish: true) { (piece) throws(Never) in packed += piece }
    #expect(try unpacked(packed, chunk: 5000) == text)
  }

  @Test func `a member that ends too early is an error`() {
    let packed = GzipEncoder.packed(text)
    #expect(throws: GzipError.truncated) { try unpacked(Array(packed.dropLast(20)), chunk: 999) }
  }

  @Test func `damaged bytes are an error`() {
    var packed = GzipEncoder.packed(text)
    packed[packed.count / 2] ^= 0xFF
    #expect(throws: GzipError.malformed) { try unpacked(packed, chunk: 4096) }
  }

  @Test func `text after the last member is an error`() {
    #expect(throws: GzipError.malformed) { try unpacked(GzipEncoder.packed(text) + Array("text".utf8), chunk: 4096) }
  }
}
