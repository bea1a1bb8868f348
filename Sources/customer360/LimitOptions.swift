import ArgumentParser
import HTTPServer

/// One option of `serve` for every limit of the HTTP server, under the limit's name in kebab case.
struct LimitOptions: ParsableArguments {
  @Option(help: .limit("Longest request line, without CR LF: 414."))
  var requestLineBytesMax: Int?
  @Option(help: .limit("Largest header section, every field line with its CR LF: 431."))
  var headBytesMax: Int?
  @Option(help: .limit("Most header fields: 431."))
  var headerFieldsMax: Int?
  @Option(help: .limit("Most empty lines before a request line: 400."))
  var emptyLinesMax: Int?
  @Option(help: .limit("Largest body after decoding; caps the limit of every route: 413."))
  var bodyBytesMax: Int?
  @Option(help: .limit("Longest line of a chunk, without CR LF: 400."))
  var chunkLineBytesMax: Int?
  @Option(help: .limit("All chunk extensions of a body together: 400."))
  var chunkExtensionsBytesMax: Int?
  @Option(help: .limit("Largest trailer section: 431."))
  var trailersBytesMax: Int?
  @Option(help: .limit("Unread bytes per connection; then reading pauses."))
  var inputBufferBytesMax: Int?
  @Option(help: .limit("Open connections: 503 with Retry-After, and close."))
  var connectionsMax: Int?
  @Option(help: .limit("Open connections from one address, 0 for no limit: 503 with Retry-After, and close."))
  var connectionsPerAddressMax: Int?
  @Option(
    help: .limit("From the first byte of a head (or from the connect, for a TLS handshake) to its last: 408 and close.")
  )
  var headTimeoutMs: Int?
  @Option(help: .limit("From the end of the head to the last byte of the body: 408 and close."))
  var bodyTimeoutMs: Int?
  @Option(help: .limit("Slowest body, measured over `bodyRateWindowMs`: 408 and close."))
  var bodyRateBytesPerSMin: Int?
  @Option(help: .limit("How long the rate of a body is measured before it is judged."))
  var bodyRateWindowMs: Int?
  @Option(help: .limit("Between requests: the connection closes silently."))
  var idleTimeoutMs: Int?
  @Option(help: .limit("While a response waits for the client without any progress: the connection is reset."))
  var writeTimeoutMs: Int?
  @Option(help: .limit("From the end of a request to its answer: 503."))
  var handlerTimeoutMs: Int?
  @Option(help: .limit("Bodies and answers held in memory over all connections: 503 with Retry-After."))
  var bytesInFlightMax: Int?
  @Option(help: .limit("Threads that run handlers which may block."))
  var workersMax: Int?
  @Option(help: .limit("Of these, how many may run handlers that write at a time."))
  var writersMax: Int?
  @Option(help: .limit("Requests that wait for a worker, those that write apart: 503 with Retry-After."))
  var workerQueueMax: Int?
  @Option(
    help: .limit(
      "The body of a refused request that is still read so that its connection can go on; a larger one closes it."))
  var discardBytesMax: Int?
  @Option(
    help: .limit(
      "How long, after the last response, the client's further bytes are read and dropped before the connection closes."
    ))
  var lingerTimeoutMs: Int?
  @Option(help: .limit("How many such bytes."))
  var lingerBytesMax: Int?
  @Option(
    help: .limit("How long idle connections stay open once draining has begun, to answer what is already on its way."))
  var drainIdleTimeoutMs: Int?
  @Option(help: .limit("How long draining waits for requests in flight."))
  var drainTimeoutMs: Int?
  @Option(help: .limit("Smallest response that is compressed."))
  var compressBytesMin: Int?
  @Option(
    help: .limit("Largest ratio of a compressed request body, judged after `inflateRatioGraceBytes` of output: 413."))
  var inflateRatioMax: Int?
  @Option(help: .limit("Output that a compressed request may reach whatever its ratio."))
  var inflateRatioGraceBytes: Int?
  @Option(
    help: .limit(
      "What a streamed answer produces ahead of its client, and what a streamed request body gathers before it is handed on."
    ))
  var streamBufferBytesMax: Int?
  @Option(help: .limit("The value of `Retry-After` when the server is overloaded."))
  var retryAfterS: Int?

  /// The defaults, changed by the environment, changed by the options.
  func limits() throws -> HTTPLimits {
    var limits = HTTPLimits()
    try limits.set(\.requestLineBytesMax, to: requestLineBytesMax, named: "request-line-bytes-max")
    try limits.set(\.headBytesMax, to: headBytesMax, named: "head-bytes-max")
    try limits.set(\.headerFieldsMax, to: headerFieldsMax, named: "header-fields-max")
    try limits.set(\.emptyLinesMax, to: emptyLinesMax, named: "empty-lines-max")
    try limits.set(\.bodyBytesMax, to: bodyBytesMax, named: "body-bytes-max")
    try limits.set(\.chunkLineBytesMax, to: chunkLineBytesMax, named: "chunk-line-bytes-max")
    try limits.set(\.chunkExtensionsBytesMax, to: chunkExtensionsBytesMax, named: "chunk-extensions-bytes-max")
    try limits.set(\.trailersBytesMax, to: trailersBytesMax, named: "trailers-bytes-max")
    try limits.set(\.inputBufferBytesMax, to: inputBufferBytesMax, named: "input-buffer-bytes-max")
    try limits.set(\.connectionsMax, to: connectionsMax, named: "connections-max")
    try limits.set(\.connectionsPerAddressMax, to: connectionsPerAddressMax, named: "connections-per-address-max")
    try limits.set(\.headTimeoutMs, to: headTimeoutMs, named: "head-timeout-ms")
    try limits.set(\.bodyTimeoutMs, to: bodyTimeoutMs, named: "body-timeout-ms")
    try limits.set(\.bodyRateBytesPerSMin, to: bodyRateBytesPerSMin, named: "body-rate-bytes-per-s-min")
    try limits.set(\.bodyRateWindowMs, to: bodyRateWindowMs, named: "body-rate-window-ms")
    try limits.set(\.idleTimeoutMs, to: idleTimeoutMs, named: "idle-timeout-ms")
    try limits.set(\.writeTimeoutMs, to: writeTimeoutMs, named: "write-timeout-ms")
    try limits.set(\.handlerTimeoutMs, to: handlerTimeoutMs, named: "handler-timeout-ms")
    try limits.set(\.bytesInFlightMax, to: bytesInFlightMax, named: "bytes-in-flight-max")
    try limits.set(\.workersMax, to: workersMax, named: "workers-max")
    try limits.set(\.writersMax, to: writersMax, named: "writers-max")
    try limits.set(\.workerQueueMax, to: workerQueueMax, named: "worker-queue-max")
    try limits.set(\.discardBytesMax, to: discardBytesMax, named: "discard-bytes-max")
    try limits.set(\.lingerTimeoutMs, to: lingerTimeoutMs, named: "linger-timeout-ms")
    try limits.set(\.lingerBytesMax, to: lingerBytesMax, named: "linger-bytes-max")
    try limits.set(\.drainIdleTimeoutMs, to: drainIdleTimeoutMs, named: "drain-idle-timeout-ms")
    try limits.set(\.drainTimeoutMs, to: drainTimeoutMs, named: "drain-timeout-ms")
    try limits.set(\.compressBytesMin, to: compressBytesMin, named: "compress-bytes-min")
    try limits.set(\.inflateRatioMax, to: inflateRatioMax, named: "inflate-ratio-max")
    try limits.set(\.inflateRatioGraceBytes, to: inflateRatioGraceBytes, named: "inflate-ratio-grace-bytes")
    try limits.set(\.streamBufferBytesMax, to: streamBufferBytesMax, named: "stream-buffer-bytes-max")
    try limits.set(\.retryAfterS, to: retryAfterS, named: "retry-after-s")
    return limits
  }
}
