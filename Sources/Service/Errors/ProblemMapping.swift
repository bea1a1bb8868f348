import BSON
import HTTPServer
import Identity
import Ingestion
import Models
import MongoDB
import Store

// The one place where errors of modules become answers. No switch has a default: a new case has to find its status here.

extension Problem {
  /// The problem for an error that a handler let through.
  init(for error: any Error) {
    switch error {
    case let problem as Problem: self = problem
    case let error as StoreError: self.init(error)
    case let error as IngestError: self.init(error)
    case let error as EditError: self.init(error)
    case let error as ModelsError: self.init(error)
    case let error as IdentityError: self.init(error)
    case let error as JSONError: self.init(invalidJSON: error)
    // No module lets another kind out.
    default: self = .internalFault
    }
  }

  private init(_ error: StoreError) {
    switch error {
    case .database(let error): self.init(error)
    case .contention: self = .unavailable("contention", "Others kept writing the same items. Send the request again.")
    case .invalidCursor: self = .invalidCursor
    // Nothing that a request does is under a lease.
    case .malformedDocument, .leaseLost: self = .internalFault
    }
  }

  private init(_ error: MongoError) {
    switch error {
    case .unavailable, .deadlineExceeded: self = .databaseUnavailable
    case .writeConflict, .writeConcernFailed:
      self = .unavailable("write_not_confirmed", "The database did not confirm the write. Send the request again.")
    case .tooLarge:
      self.init(.contentTooLarge, "document_too_large", detail: "A document is larger than the database takes.")
    case .command: self = error.isRetryable ? .databaseUnavailable : .internalFault
    case .duplicateKey, .changeStreamHistoryLost, .malformedReply, .invalidConfiguration, .privateServer:
      self = .internalFault
    }
  }

  private init(_ error: IngestError) {
    switch error {
    case .malformedEnvelope(let code, let offset):
      self.init(
        .badRequest, "malformed_batch", detail: "The items of the batch cannot be told apart.",
        errors: [Item(code: code, detail: "Offset in bytes: \(offset).")])
    case .tooManyItems(let limit):
      self.init(
        .contentTooLarge, "too_many_items", detail: "A batch holds at most \(limit) items. Send several.")
    case .rejectedAsAWhole(let report):
      self.init(
        .unprocessableContent, "batch_rejected",
        detail: "\(report.rejected) of \(report.received) items cannot be stored, so none was.",
        errors: report.errors.map { Item($0, pointer: "/\($0.index)") })
    case .store(let error): self.init(error)
    }
  }

  private init(_ error: IdentityError) {
    switch error {
    case .invalidRules(let faults):
      self.init(
        .badRequest, "invalid_rules", detail: "The rules cannot be taken: \(faults.first?.detail ?? "")",
        errors: faults.map {
          Item(
            pointer: $0.pointer, code: $0.code, detail: $0.detail,
            field: $0.pointer.split(separator: "/").last.map(String.init))
        })
    }
  }

  private init(_ error: EditError) {
    switch error {
    case .rejected(let rejection):
      let isTooLarge = rejection.code == FaultCode.documentTooLarge.rawValue
      let pointer = rejection.field.map { "/" + escapedPointer(shortened($0)) } ?? ""
      self.init(
        isTooLarge ? .contentTooLarge : .badRequest, isTooLarge ? rejection.code : "item_rejected",
        detail: "The item cannot be stored.",
        errors: [
          Item(
            pointer: pointer, code: rejection.code, detail: "The item cannot be stored.",
            field: rejection.field.map(shortened))
        ])
    case .store(let error): self.init(error)
    }
  }

  private init(_ error: ModelsError) {
    let detail = error.message.prefix(1).uppercased() + error.message.dropFirst() + "."
    switch error {
    case .notFound, .notTrained: self.init(.notFound, error.code, detail: detail)
    case .invalidModelName: self.init(.badRequest, error.code, detail: detail)
    case .invalidParameter(let name, _): self = .invalidParameter(name, detail)
    case .invalidField(let name, _): self = .invalidField("/" + escapedPointer(shortened(name)), error.code, detail)
    case .invalidOption(let name, _):
      self.init(
        .badRequest, error.code, detail: detail,
        errors: [Item(pointer: "/options/\(escapedPointer(shortened(name)))", code: error.code, detail: detail)])
    case .invalidInstance(let index, let field, _):
      let pointer = "/instances/\(index)" + (field.isEmpty ? "" : "/" + escapedPointer(shortened(field)))
      self.init(
        .badRequest, error.code, detail: detail,
        errors: [
          Item(
            pointer: pointer, code: error.code, detail: detail, field: field.isEmpty ? nil : shortened(field),
            index: index)
        ])
    case .tooManyInstances: self.init(.contentTooLarge, error.code, detail: detail)
    case .insufficientData, .tooMuchData, .tooMuchMemory: self.init(.unprocessableContent, error.code, detail: detail)
    case .busy: self.init(.tooManyRequests, error.code, detail: detail)
    case .jobEnded, .cancelled, .gateNotPassed, .aliasReserved: self.init(.conflict, error.code, detail: detail)
    case .unreadableVersion: self = .internalFault
    case .store(let error): self.init(error)
    }
  }

  /// The database does not answer.
  static var databaseUnavailable: Problem {
    .unavailable("database_unavailable", "The database is not available. Send the request again.")
  }

  /// Something that should not have happened; the log says what.
  static var internalFault: Problem {
    Problem(.internalServerError, "internal_error", detail: "The service failed. The log has the request's id.")
  }
}
