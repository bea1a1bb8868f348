import BSON
import Store
import Testing

@testable import Service

@Suite struct APIKeyTextTests {
  @Test func `a new key reads as it was written and is stored as a hash`() throws {
    var generator = SystemRandomNumberGenerator()
    let key = APIKeyText(using: &generator)
    let read = try #require(APIKeyText(key.text))
    #expect(read.id == key.id)
    #expect(read.secretHash == key.secretHash)
    let stored = key.stored(name: "till", scopes: [.agent], createdAt: BSONDate(millisecondsSince1970: 0))
    #expect(!String(decoding: stored.secretHash, as: UTF8.self).contains(key.secret))
    #expect(APIKeyText(using: &generator).text != key.text)
  }

  @Test(arguments: [
    "", "c360_", "c360__", "c360_abcd_", "c360_abcd_short", "x360_abcd_0123456789abcdef", "c360_abcd_0123456789ABCDEF",
    "c360_abcd_0123456789abcdef_x", "c360_ab$d_0123456789abcdef", "c360_abcd_0123456789abcde\u{E9}",
    "c360_abc_0123456789abcdef", "C360_abcd_0123456789abcdef", " c360_abcd_0123456789abcdef",
    "c360_abcd_" + String(repeating: "0", count: 129),
  ]) func `other texts are no keys`(_ text: String) {
    #expect(APIKeyText(text) == nil)
  }

  @Test func `hashes are compared whole`() {
    #expect(constantTimeEqual([1, 2, 3], [1, 2, 3]))
    #expect(!constantTimeEqual([1, 2, 3], [1, 2, 4]))
    #expect(!constantTimeEqual([1, 2, 3], [1, 2]))
    #expect(!constantTimeEqual([], [1]))
  }
}
