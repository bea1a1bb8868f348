import Store

extension PrometheusText {
  /// What the workers of pull sources are at; nothing where there are none.
  mutating func append(_ pulls: [PullActivity]) {
    guard !pulls.isEmpty else { return }
    func labels(_ pull: PullActivity) -> [(name: String, value: String)] {
      [("source", pull.name), ("type", pull.type)]
    }
    begin("customer360_pull_state", .gauge, "1 for what the worker of a pull source is at in this process.")
    for pull in pulls {
      for state in PullActivity.State.allCases {
        sample(pull.state == state ? 1 : 0, labels(pull) + [("state", state.rawValue)])
      }
    }
    begin("customer360_pull_items_total", .counter, "Items that a worker read, by what became of them.")
    for pull in pulls {
      for (outcome, count) in [
        ("accepted", pull.accepted), ("duplicate", pull.duplicates), ("rejected", pull.rejected),
      ] { sample(count, labels(pull) + [("outcome", outcome)]) }
    }
    begin("customer360_pull_failures_total", .counter, "Runs of a worker that failed and were tried again.")
    for pull in pulls { sample(pull.failures, labels(pull)) }
    begin("customer360_pull_lag", .gauge, "What is known to be in a source and is not read yet, in units of its own.")
    for pull in pulls {
      if let lag = pull.lag { sample(lag.amount, labels(pull) + [("unit", lag.unit)]) }
    }
    begin("customer360_pull_last_success_timestamp_seconds", .gauge, "When a source was last read to its end.")
    for pull in pulls {
      if let time = pull.lastSuccessAt { sample(Double(time.millisecondsSince1970) / 1000, labels(pull)) }
    }
  }
}
