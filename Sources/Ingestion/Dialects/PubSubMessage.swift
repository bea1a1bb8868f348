import BSON

/// A message of Google Pub/Sub as its push delivers it.
public struct PubSubMessage: Sendable {
  /// The message's id, unique in its topic.
  public let id: String
  /// The decoded data; nil when there is none, or none that is base64.
  public let data: [UInt8]?
  /// Data that is not base64, as it came.
  let undecoded: [UInt8]?
  /// When it was published.
  public let publishTime: BSONValue?
  /// The publisher's own names and values.
  public let attributes: BSONDocument?

  init(id: String, data: [UInt8]?, undecoded: [UInt8]?, publishTime: BSONValue?, attributes: BSONDocument?) {
    self.id = id
    self.data = data
    self.undecoded = undecoded
    self.publishTime = publishTime
    self.attributes = attributes
  }

  /// The message of an unwrapped push, whose data is the body, and whose id, time and attributes stand in the head as
  /// `x-goog-pubsub-message-id`, `x-goog-pubsub-publish-time` and further fields.
  public init(unwrapped body: [UInt8], id: String, publishTime: BSONValue?, attributes: BSONDocument? = nil) {
    self.init(id: id, data: body, undecoded: nil, publishTime: publishTime, attributes: attributes)
  }
}
