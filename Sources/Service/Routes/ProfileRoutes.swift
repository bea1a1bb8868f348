import BSON
import HTTPServer
import Logging
import MongoDB
import Projection
import Store

/// What the data of each source are like: a report that is made in the background.
struct ProfileRoutes: Sendable {
  private let run: BackgroundRun

  /// Customers between two notes of how far a run is.
  private static let customersPerNote = 20_000

  init(store: Store, log: Logger) {
    run = BackgroundRun(setting: "data_profile", store: store, log: log) { (_, deadline, note) throws(StoreError) in
      var noted = 0
      let report = try ProfileRun(store: store).run(deadline: deadline) { (done, count) throws(StoreError) in
        guard done - noted >= Self.customersPerNote else { return }
        noted = done
        try note(
          BSONDocument { writer in
            writer.append(
              "progress",
              document: {
                $0.append("done", done)
                $0.append("of", count)
              })
          })
      }
      return BSONDocument { $0.append("report", report) }
    }
  }

  func declare(in book: inout RouteBook) {
    book.on(.get, "/identity/profile") { call in
      .json(json(of: try run.status(deadline: call.deadline)), fields: ["Cache-Control": "no-store"])
    }
    book.on(.post, "/identity/profile:run") { call in
      _ = try ObjectBody(call.request.body, fields: [], mayBeEmpty: true)
      guard try run.start(deadline: call.deadline) else {
        throw Problem(.conflict, "profile_in_progress", detail: "A run is under way.")
      }
      return .json(
        json(of: try run.status(deadline: call.deadline)), status: .accepted, fields: ["Cache-Control": "no-store"])
    }
  }
}
