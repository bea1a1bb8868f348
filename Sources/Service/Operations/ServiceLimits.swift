import BSON
import HTTPServer
import Identity
import Ingestion
import Models
import Projection
import Store

/// Every bound that a client can meet, as `GET /limits` shows them: those of the server by their own names, and those of
/// the API.
struct ServiceLimits: Sendable {
  let http: HTTPLimits
  let ingest: IngestLimits
  let intake: IntakeLimits
  let models: ModelLimits
  let requestTimeoutMs: Int

  var document: BSONDocument {
    BSONDocument { writer in
      for limit in HTTPLimits.all { writer.append(limit.name, http[keyPath: limit.keyPath]) }
      writer.append("requestTimeoutMs", requestTimeoutMs)
      writer.append("ingestItemsMax", ingest.itemsMax)
      writer.append("ingestBodyBytesMax", min(IngestRoutes.bodyBytesMax, http.bodyBytesMax))
      writer.append("projectionLagMsMax", intake.projectionLagMsMax)
      writer.append("requestsPerKeyPerSMax", intake.requestsPerKeyPerSMax)
      writer.append("parkedInteractionSeconds", intake.parkedInteractionSeconds)
      writer.append("trackingMessageBytesMax", ingest.trackingMessageBytesMax)
      writer.append("trackingBodyBytesMax", min(IngestLimits.trackingBodyBytesMax, http.bodyBytesMax))
      writer.append("idempotencyKeyBytesMax", Idempotency.keyBytesMax)
      writer.append("idempotencySeconds", Store.idempotencySeconds)
      writer.append("deadLetterReplayMax", DeadLetterRoutes.replayMax)
      writer.append("searchBytesMax", ProductRoutes.searchBytesMax)
      writer.append("searchWordsMax", VersionedCollection.searchWordsMax)
      writer.append("resourceBodyBytesMax", min(RouteBook.Options().bodyBytesMax, http.bodyBytesMax))
      writer.append("idBytesMax", IngestLimits.idBytesMax)
      writer.append("eventAheadMsMax", IngestLimits.aheadMillisecondsMax)
      writer.append("jsonDepthMax", ingest.json.depthMax)
      writer.append("listLimitDefault", PageRequest.limitDefault)
      writer.append("listLimitMax", PageRequest.limitMax)
      writer.append("cursorBytesMax", Cursor.textBytesMax)
      writer.append("batchGetIdsMax", BatchGetRoutes.idsMax)
      writer.append("mergeCustomersMax", MergeRoutes.customersMax)
      writer.append("duplicateDecisionsMax", DuplicateRoutes.decisionsMax)
      writer.append("duplicateScanRecordsMax", DuplicateScan.recordsMax)
      writer.append("duplicatePairsMax", DuplicateScan.pairsMax)
      writer.append("lookupQuestionBytesMax", CustomerSearch.questionBytesMax)
      writer.append("lookupCandidatesMax", CustomerSearch.candidatesMax)
      writer.append("reasonBytesMax", Act.reasonBytesMax)
      writer.append("identityRulesMax", IdentityRules.rulesMax)
      writer.append("blockedValuesMax", IdentityRules.blockedMax)
      writer.append("customerIdentifiersMax", IdentityRules.customerIdentifiersMax)
      writer.append("rulesDryRunRecordsMax", RulesComparison.recordsMax)
      writer.append("predictionInstancesMax", models.instancesMax)
      writer.append("recommendationsMax", models.recommendationsMax)
      writer.append("excludedProductsMax", models.excludedProductsMax)
      writer.append("queuedJobsMax", models.queuedJobsMax)
      writer.append("trainingBytesMax", models.trainingBytesMax)
      writer.append("trainingInteractionsMax", models.interactionsMax)
      writer.append("catalogueProductsMax", models.catalogueProductsMax)
      writer.append("modelAliasesMax", models.aliasesMax)
      writer.append("endpointVersionsMax", ModelLimits.endpointVersionsMax)
    }
  }
}
