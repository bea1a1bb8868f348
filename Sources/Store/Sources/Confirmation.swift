import MongoDB

extension WriteResult {
  /// Throws when the server refused a statement for good; interruptions have been thrown before.
  @discardableResult
  func confirmed() throws(MongoError) -> WriteResult {
    if let failure = failures.first { throw refusal(failure) }
    return self
  }
}

extension InsertResult {
  /// Throws when the server refused a document for good. Duplicates are stored, so they are none of these.
  @discardableResult
  func confirmed() throws(MongoError) -> InsertResult {
    if let failure = failures.first { throw refusal(failure) }
    return self
  }
}

private func refusal(_ failure: WriteFailure) -> MongoError {
  failure.isDuplicateKey ? .duplicateKey : .command(code: failure.code, codeName: "", labels: [])
}
