import BSON
import Store

/// Where a list goes on: a position within it, as text that only the list which gave it takes back.
///
/// The text is base 64 of eight bytes of SHA-256 over the list's name and the position, then the position as BSON. The
/// digest is no secret: a position holds nothing but sort keys of the list's own items and reaches the database as scalars.
/// It makes a cursor that was cut, changed or taken from another list a 400 instead of a strange page.
enum Cursor {
  /// The longest cursor that is looked at: two sort keys of 512 bytes with room to spare.
  static let textBytesMax = 2_048
  private static let digestBytes = 8

  /// The cursor of a position in the list of this name.
  static func text(of position: BSONDocument, inList list: String) -> String {
    Base64URL.encode(digest(position.bytes, list) + position.bytes)
  }

  /// The position that `text` stands for in the list of this name; nil when it is no cursor of that list.
  static func position(in text: String, ofList list: String) -> BSONDocument? {
    guard text.utf8.count <= textBytesMax, let bytes = Base64URL.decode(text), bytes.count > digestBytes else {
      return nil
    }
    let position = bytes[digestBytes...]
    guard bytes[..<digestBytes].elementsEqual(digest(position, list)) else { return nil }
    return try? BSONDocument(validating: Array(position))
  }

  private static func digest(_ position: ArraySlice<UInt8>, _ list: String) -> [UInt8] {
    Array(Digest.sha256(Array(list.utf8) + [0] + position).prefix(digestBytes))
  }
}
