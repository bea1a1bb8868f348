import BSON
import HTTPServer
import Ingestion

/// Every bound that a client can meet, as `GET /limits` shows them: those of the server by their own names, and those of
/// the API.
struct ServiceLimits: Sendable {
  let http: HTTPLimits
  let ingest: IngestLimits
  let requestTimeoutMs: Int

  var document: BSONDocument {
    BSONDocument { writer in
      for limit in HTTPLimits.all { writer.append(limit.name, http[keyPath: limit.keyPath]) }
      writer.append("requestTimeoutMs", requestTimeoutMs)
      writer.append("ingestItemsMax", ingest.itemsMax)
      writer.append("ingestBodyBytesMax", min(IngestRoutes.bodyBytesMax, http.bodyBytesMax))
      writer.append("resourceBodyBytesMax", min(RouteBook.Options().bodyBytesMax, http.bodyBytesMax))
      writer.append("idBytesMax", IngestLimits.idBytesMax)
      writer.append("eventAheadMsMax", IngestLimits.aheadMillisecondsMax)
      writer.append("jsonDepthMax", ingest.json.depthMax)
      writer.append("listLimitDefault", PageRequest.limitDefault)
      writer.append("listLimitMax", PageRequest.limitMax)
      writer.append("cursorBytesMax", Cursor.textBytesMax)
      writer.append("batchGetIdsMax", BatchGetRoutes.idsMax)
    }
  }
}
