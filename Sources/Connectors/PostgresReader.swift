import CLibPQ
import Glibc

/// A connection to PostgreSQL; owned by one object, used on one thread.
// Safe: the handles never leave, and the values that own them are the only ones that free them.
@safe final class PostgresReader {
  private let connection: OpaquePointer

  /// Connects. `dsn` is a connection string or URI of libpq; what it leaves out is in libpq's own variables (PGPASSWORD, …).
  init(dsn: String) throws(PullError) {
    // libpq copies the string; the handle is freed in deinit.
    guard let connection = unsafe PQconnectdb(dsn) else { throw .source("PostgreSQL: out of memory") }
    unsafe self.connection = connection
    guard unsafe PQstatus(connection) == CONNECTION_OK else {
      throw .source("PostgreSQL: \(unsafe Self.text(PQerrorMessage(connection)))")
    }
    // Times with their offset in UTC, numbers with all their digits, whatever the server's defaults.
    for setting in [
      "client_encoding TO 'UTF8'", "timezone TO 'UTC'", "datestyle TO 'ISO'", "extra_float_digits TO 1",
      "default_transaction_read_only TO on",
    ] {
      _ = try rows("SET \(setting)", [])
    }
  }

  // The handle is this object's own.
  deinit { unsafe PQfinish(connection) }

  /// A name as SQL writes it.
  func quoted(_ name: String) throws(PullError) -> String {
    // The answer is copied and freed.
    guard let quoted = unsafe PQescapeIdentifier(connection, name, name.utf8.count) else {
      throw .usage("the column name \(name) cannot be used")
    }
    defer { unsafe PQfreemem(quoted) }
    return unsafe String(cString: quoted)
  }

  /// The rows of a statement as text; NULL is nil.
  func rows(_ statement: String, _ parameters: [String]) throws(PullError) -> [[[UInt8]?]] {
    try send(statement, parameters)
    return try receive()
  }

  /// Sends a statement. The server works while this side does something else, until `receive`.
  func send(_ statement: String, _ parameters: [String]) throws(PullError) {
    let copies = unsafe parameters.map { unsafe strdup($0) }
    defer { unsafe copies.forEach { unsafe free($0) } }
    let values = unsafe copies.map { unsafe UnsafePointer<CChar>($0) }
    // Statement and parameters are read during the call.
    let isSent = unsafe values.withUnsafeBufferPointer { pointers in
      unsafe PQsendQueryParams(connection, statement, Int32(parameters.count), nil, pointers.baseAddress, nil, nil, 0)
    }
    guard isSent == 1 else { throw .source("PostgreSQL: \(unsafe Self.text(PQerrorMessage(connection)))") }
  }

  /// The rows of the statement that was sent; waits for them.
  func receive() throws(PullError) -> [[[UInt8]?]] {
    // The result is cleared below. After it there is none: a statement with parameters has one.
    let result = unsafe PQgetResult(connection)
    defer {
      unsafe PQclear(result)
      while let more = unsafe PQgetResult(connection) { unsafe PQclear(more) }
    }
    let status = unsafe PQresultStatus(result)
    guard status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK else {
      throw .source("PostgreSQL: \(unsafe Self.text(PQresultErrorMessage(result)))")
    }
    let columns = unsafe PQnfields(result)
    let count = unsafe PQntuples(result)
    return (0..<count).map { row in
      (0..<columns).map { column in
        if unsafe PQgetisnull(result, row, column) != 0 { return nil }
        // The value lives as long as the result; it is copied.
        let start = unsafe UnsafeRawPointer(PQgetvalue(result, row, column))
        let count = Int(unsafe PQgetlength(result, row, column))
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
      }
    }
  }

  private static func text(_ message: UnsafePointer<CChar>?) -> String {
    // A string of libpq that lives through the call.
    let text = unsafe message.map { unsafe String(cString: $0) } ?? ""
    return text.split(separator: "\n").joined(separator: " ")
  }

  /// How many rows a clause from FROM on has.
  func count(_ clause: String, _ parameters: [String]) throws(PullError) -> Int {
    Int(String(decoding: try rows("SELECT count(*) \(clause)", parameters).first?[0] ?? [], as: UTF8.self)) ?? 0
  }
}
