import BSON
import MachineLearning
import Store

/// Lifetime value as it serves.
struct ValueScorer: Sendable {
  let model: PurchaseModel
  let horizonDays: Int
  /// Last day of the data, days since 1970.
  let lastDay: Int
  let money: MoneyRates

  /// The scores of customers; nil for one who never bought.
  func scores(_ logs: [CustomerLog]) throws(MachineLearningError) -> [BSONDocument?] {
    var scores: [BSONDocument?] = []
    for log in logs {
      let cutoff = max(lastDay, log.lastDay ?? lastDay)
      let summary = try log.summary(cutoff: cutoff)
      scores.append(summary.frequency > 0 ? document(summary, cutoff: cutoff) : nil)
    }
    return scores
  }

  private func document(_ summary: PurchaseHistory.Summary, cutoff: Int) -> BSONDocument {
    let record = PurchaseModel.Record(summary, cutoff: cutoff)
    let repeats = max(0, summary.frequency - 1)
    let mean = repeats > 0 ? summary.amounts.dropFirst().reduce(0, +) / Double(repeats) : 0
    let amount = model.expectedAmount(repeats: repeats, mean: mean)
    let purchases = model.expectedPurchases(record, days: Double(horizonDays))
    return BSONDocument { writer in
      writer.append("alive_probability", model.aliveProbability(record))
      writer.append("expected_purchases", purchases)
      if let amount {
        writer.append("expected_order_value", amount)
        writer.append("lifetime_value", amount * purchases)
      } else {
        writer.appendNull("expected_order_value")
        writer.appendNull("lifetime_value")
      }
      writer.append("horizon_days", horizonDays)
      if let currency = money.currency { writer.append("currency", currency) }
    }
  }

  /// What was fitted, by the papers' names.
  var parameters: BSONDocument {
    BSONDocument { writer in
      writer.append("r", model.r)
      writer.append("alpha", model.alpha)
      writer.append("a", model.a)
      writer.append("b", model.b)
      for (name, value) in zip(["p", "q", "v"], model.spending ?? []) { writer.append(name, value) }
    }
  }

  private static let formatVersion = 1

  /// The model as bytes: equal models give equal bytes.
  func serialized() -> [UInt8] {
    let document = BSONDocument { writer in
      writer.append("format", Self.formatVersion)
      writer.append("horizonDays", horizonDays)
      writer.append("lastDay", lastDay)
      money.append(to: &writer)
      writer.append("model", model.serialized())
    }
    return Array(document.bytes)
  }
}

extension ValueScorer {
  /// Reads what `serialized` wrote.
  init(bytes: [UInt8]) throws(MachineLearningError) {
    let frame = try ModelFrame(bytes, format: Self.formatVersion)
    self.init(
      model: try PurchaseModel(serialized: try frame.bytes("model")),
      horizonDays: try frame.int("horizonDays", in: 1...10_000),
      lastDay: try frame.int("lastDay", in: -1_000_000...10_000_000), money: MoneyRates(frame.document))
  }
}

/// Recency, frequency and monetary value as they serve.
struct RFMScorer: Sendable {
  let model: RFMModel
  /// Last day of the data, days since 1970.
  let lastDay: Int
  let money: MoneyRates

  /// The scores of customers; nil for one who never bought.
  func scores(_ logs: [CustomerLog]) throws(MachineLearningError) -> [BSONDocument?] {
    var scores: [BSONDocument?] = []
    for log in logs {
      let cutoff = max(lastDay, log.lastDay ?? lastDay)
      let summary = try log.summary(cutoff: cutoff)
      scores.append(model.score(summary, cutoff: cutoff).map { Self.document($0, summary, cutoff: cutoff) })
    }
    return scores
  }

  private static func document(
    _ score: RFMModel.Score, _ summary: PurchaseHistory.Summary, cutoff: Int
  ) -> BSONDocument {
    BSONDocument {
      $0.append("recency", score.recency)
      $0.append("frequency", score.frequency)
      $0.append("monetary", score.monetary)
      $0.append("code", score.code)
      $0.append("segment", score.segment)
      $0.append("recency_days", cutoff - (summary.days.last ?? cutoff))
      $0.append("purchase_days", summary.frequency)
      $0.append("total_amount", summary.total)
    }
  }

  /// The borders between the quintiles.
  var parameters: BSONDocument {
    BSONDocument { writer in
      let borders = [
        ("recencyDays", model.recencyCuts), ("frequency", model.frequencyCuts), ("monetary", model.monetaryCuts),
      ]
      for (name, cuts) in borders { writer.append(name, array: { list in for cut in cuts { list.append(cut) } }) }
    }
  }

  private static let formatVersion = 1

  /// The model as bytes: equal models give equal bytes.
  func serialized() -> [UInt8] {
    let document = BSONDocument { writer in
      writer.append("format", Self.formatVersion)
      writer.append("lastDay", lastDay)
      money.append(to: &writer)
      writer.append("model", model.serialized())
    }
    return Array(document.bytes)
  }
}

extension RFMScorer {
  /// Reads what `serialized` wrote.
  init(bytes: [UInt8]) throws(MachineLearningError) {
    let frame = try ModelFrame(bytes, format: Self.formatVersion)
    self.init(
      model: try RFMModel(serialized: try frame.bytes("model")),
      lastDay: try frame.int("lastDay", in: -1_000_000...10_000_000), money: MoneyRates(frame.document))
  }
}
