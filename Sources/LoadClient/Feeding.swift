import BSON
import Dispatch

/// Reads one file into the dispatcher, and settles what comes back.
struct Feeding {
  let path: String
  let options: LoadOptions
  let dispatcher: Dispatcher
  let started: UInt64
  private(set) var summary = LoadSummary()
  private var byteCount: Int?
  private var position = 0
  private var reportedAt: UInt64 = 0

  init(path: String, options: LoadOptions, dispatcher: Dispatcher, started: UInt64) {
    self.path = path
    self.options = options
    self.dispatcher = dispatcher
    self.started = started
  }

  mutating func run(_ rejects: inout RejectsFile?, _ report: (Loader.Event) -> Void) throws(LoadError) {
    var source = try RecordSource(path, kind: options.kind, mapping: options.mapping)
    byteCount = source.byteCount
    var batch = Batch(form: source.form)
    var unreadable: LoadError?
    reading: while true {
      let record: RecordSource.Record?
      do throws(LoadError) {
        record = try source.next()
      } catch {
        // What was read until here is still sent.
        unreadable = error
        break reading
      }
      position = source.position
      switch record {
      case nil: break reading
      case .plain(let bytes, let line):
        if isFull(batch, adding: bytes.count) { try hand(over: &batch, &rejects, report) }
        batch.append(bytes, line: line)
        note(bytes.span, in: &batch)
      case .rendered(let bytes, let original, let line):
        if isFull(batch, adding: bytes.count) { try hand(over: &batch, &rejects, report) }
        batch.append(bytes, original: original, line: line)
        note(bytes.span, in: &batch)
      case .rejected(let line):
        if batch.rejected.count >= options.batchItemsMax { try hand(over: &batch, &rejects, report) }
        batch.rejected.append(line)
      }
    }
    if !batch.isEmpty { try hand(over: &batch, &rejects, report) }
    while !dispatcher.isIdle { try attend(&rejects, report) }
    if let unreadable { throw unreadable }
  }

  private func isFull(_ batch: Batch, adding bytes: Int) -> Bool {
    !batch.items.isEmpty
      && (batch.items.count >= options.batchItemsMax || batch.bodyBytes + bytes > options.batchBytesMax)
  }

  /// Notes the key of an item whose order matters. An item that cannot be read has none, and will be rejected.
  private func note(_ item: borrowing Span<UInt8>, in batch: inout Batch) {
    let fields = options.kind.keyFields
    guard !fields.isEmpty, let document = try? JSONDecoding.document(from: item) else { return }
    var hasher = Hasher()
    for field in fields {
      guard let value = document[field] else { return }
      // 7 and "7" are one id.
      hasher.combine(value.stringValue ?? value.intValue.map(String.init) ?? "")
    }
    batch.keys.insert(hasher.finalize())
  }

  private mutating func hand(
    over batch: inout Batch, _ rejects: inout RejectsFile?, _ report: (Loader.Event) -> Void
  ) throws(LoadError) {
    while !dispatcher.submit(batch) { try attend(&rejects, report) }
    batch = Batch(form: batch.form)
    try settle(&rejects, report)
  }

  /// Waits a moment for something to happen.
  private mutating func attend(_ rejects: inout RejectsFile?, _ report: (Loader.Event) -> Void) throws(LoadError) {
    try settle(&rejects, report)
    if let failure = dispatcher.failure { throw failure }
    dispatcher.waitForProgress(milliseconds: 200)
    try settle(&rejects, report)
  }

  private mutating func settle(_ rejects: inout RejectsFile?, _ report: (Loader.Event) -> Void) throws(LoadError) {
    for outcome in dispatcher.settle() {
      summary.accepted += outcome.accepted
      summary.duplicates += outcome.duplicates
      summary.rejected += outcome.rejected.count
      try rejects?.append(outcome.rejected, file: path)
    }
    let now = DispatchTime.now().uptimeNanoseconds
    summary.milliseconds = Int((now - started) / 1_000_000)
    guard now - reportedAt > 200_000_000 else { return }
    reportedAt = now
    report(.progress(LoadProgress(path: path, byteCount: byteCount, position: position, summary: summary)))
  }
}
