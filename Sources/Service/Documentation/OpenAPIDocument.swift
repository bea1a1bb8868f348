import CDocuments

/// The description of the API: the file `openapi.yaml` of the repository, compiled into the program.
enum OpenAPIDocument {
  /// The file's bytes.
  static let bytes: [UInt8] = {
    // A constant of the program and its length.
    unsafe Array(UnsafeBufferPointer(start: c360_openapi(), count: c360_openapi_length()))
  }()

  /// The file's text.
  static var text: String { String(decoding: bytes, as: UTF8.self) }
}
