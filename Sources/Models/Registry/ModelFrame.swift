import BSON
import MachineLearning

/// The frame around the bytes of a model: a document with its format and its parts, read with a check at every step.
struct ModelFrame {
  let document: BSONDocument

  /// A gigabyte is far more than the largest model that can be trained.
  private static let limits = BSONLimits(documentBytesMax: 1 << 30)

  init(_ bytes: [UInt8], format: Int) throws(MachineLearningError) {
    do {
      document = try BSONDocument(validating: bytes, limits: Self.limits)
    } catch {
      throw .unreadableModel("its frame is damaged")
    }
    guard document.int("format") == format else { throw .unreadableModel("its format is unknown") }
  }

  func contains(_ field: String) -> Bool { document.contains(field) }

  func bytes(_ field: String) throws(MachineLearningError) -> [UInt8] {
    guard let binary = document.binary(field) else { throw .unreadableModel("\(field) is missing") }
    return binary.bytes
  }

  func int(_ field: String, in range: ClosedRange<Int>) throws(MachineLearningError) -> Int {
    guard let number = document.int(field), range.contains(number) else {
      throw .unreadableModel("\(field) is missing or out of range")
    }
    return number
  }

  func text(_ field: String) throws(MachineLearningError) -> String {
    guard let text = document.string(field) else { throw .unreadableModel("\(field) is missing") }
    return text
  }

  func texts(_ field: String) throws(MachineLearningError) -> [String] {
    guard let array = document.array(field) else { throw .unreadableModel("\(field) is missing") }
    return array.compactMap(\.stringValue)
  }

  func doubles(_ field: String) throws(MachineLearningError) -> [Double] {
    guard let array = document.array(field) else { throw .unreadableModel("\(field) is missing") }
    return array.compactMap(\.doubleValue)
  }
}
