import ArgumentParser
import HTTPServer

/// One option of `serve` for every limit of the HTTP server, under the limit's name in kebab case.
struct LimitOptions: ParsableArguments {
  @Option(
    name: .customLong("request-line-bytes-max"),
    help: ArgumentHelp("Longest request line, without CR LF: 414.", valueName: "n")) var requestLineBytesMax: Int?
  @Option(
    name: .customLong("head-bytes-max"),
    help: ArgumentHelp("Largest header section, every field line with its CR LF: 431.", valueName: "n"))
  var headBytesMax: Int?
  @Option(name: .customLong("header-fields-max"), help: ArgumentHelp("Most header fields: 431.", valueName: "n"))
  var headerFieldsMax: Int?
  @Option(
    name: .customLong("empty-lines-max"),
    help: ArgumentHelp("Most empty lines before a request line: 400.", valueName: "n")) var emptyLinesMax: Int?
  @Option(
    name: .customLong("body-bytes-max"),
    help: ArgumentHelp("Largest body after decoding; caps the limit of every route: 413.", valueName: "n"))
  var bodyBytesMax: Int?
  @Option(
    name: .customLong("chunk-line-bytes-max"),
    help: ArgumentHelp("Longest line of a chunk, without CR LF: 400.", valueName: "n")) var chunkLineBytesMax: Int?
  @Option(
    name: .customLong("chunk-extensions-bytes-max"),
    help: ArgumentHelp("All chunk extensions of a body together: 400.", valueName: "n")) var chunkExtensionsBytesMax:
    Int?
  @Option(name: .customLong("trailers-bytes-max"), help: ArgumentHelp("Largest trailer section: 431.", valueName: "n"))
  var trailersBytesMax: Int?
  @Option(
    name: .customLong("input-buffer-bytes-max"),
    help: ArgumentHelp("Unread bytes per connection; then reading pauses.", valueName: "n")) var inputBufferBytesMax:
    Int?
  @Option(
    name: .customLong("connections-max"),
    help: ArgumentHelp("Open connections: 503 with Retry-After, and close.", valueName: "n")) var connectionsMax: Int?
  @Option(
    name: .customLong("connections-per-address-max"),
    help: ArgumentHelp(
      "Open connections from one address, 0 for no limit: 503 with Retry-After, and close.", valueName: "n"))
  var connectionsPerAddressMax: Int?
  @Option(
    name: .customLong("head-timeout-ms"),
    help: ArgumentHelp(
      "From the first byte of a head (or from the connect, for a TLS handshake) to its last: 408 and close.",
      valueName: "n")) var headTimeoutMs: Int?
  @Option(
    name: .customLong("body-timeout-ms"),
    help: ArgumentHelp("From the end of the head to the last byte of the body: 408 and close.", valueName: "n"))
  var bodyTimeoutMs: Int?
  @Option(
    name: .customLong("body-rate-bytes-per-s-min"),
    help: ArgumentHelp("Slowest body, measured over `bodyRateWindowMs`: 408 and close.", valueName: "n"))
  var bodyRateBytesPerSMin: Int?
  @Option(
    name: .customLong("body-rate-window-ms"),
    help: ArgumentHelp("How long the rate of a body is measured before it is judged.", valueName: "n"))
  var bodyRateWindowMs: Int?
  @Option(
    name: .customLong("idle-timeout-ms"),
    help: ArgumentHelp("Between requests: the connection closes silently.", valueName: "n")) var idleTimeoutMs: Int?
  @Option(
    name: .customLong("write-timeout-ms"),
    help: ArgumentHelp(
      "While a response waits for the client without any progress: the connection is reset.", valueName: "n"))
  var writeTimeoutMs: Int?
  @Option(
    name: .customLong("handler-timeout-ms"),
    help: ArgumentHelp("From the end of a request to its answer: 503.", valueName: "n")) var handlerTimeoutMs: Int?
  @Option(
    name: .customLong("bytes-in-flight-max"),
    help: ArgumentHelp("Bodies and answers held in memory over all connections: 503 with Retry-After.", valueName: "n"))
  var bytesInFlightMax: Int?
  @Option(
    name: .customLong("workers-max"), help: ArgumentHelp("Threads that run handlers which may block.", valueName: "n"))
  var workersMax: Int?
  @Option(
    name: .customLong("writers-max"),
    help: ArgumentHelp("Of these, how many may run handlers that write at a time.", valueName: "n")) var writersMax:
    Int?
  @Option(
    name: .customLong("worker-queue-max"),
    help: ArgumentHelp(
      "Requests that wait for a worker, those that write apart: 503 with Retry-After.", valueName: "n"))
  var workerQueueMax: Int?
  @Option(
    name: .customLong("discard-bytes-max"),
    help: ArgumentHelp(
      "The body of a refused request that is still read so that its connection can go on; a larger one closes it.",
      valueName: "n")) var discardBytesMax: Int?
  @Option(
    name: .customLong("linger-timeout-ms"),
    help: ArgumentHelp(
      "How long, after the last response, the client's further bytes are read and dropped before the connection closes.",
      valueName: "n")) var lingerTimeoutMs: Int?
  @Option(name: .customLong("linger-bytes-max"), help: ArgumentHelp("How many such bytes.", valueName: "n"))
  var lingerBytesMax: Int?
  @Option(
    name: .customLong("drain-idle-timeout-ms"),
    help: ArgumentHelp(
      "How long idle connections stay open once draining has begun, to answer what is already on its way.",
      valueName: "n")) var drainIdleTimeoutMs: Int?
  @Option(
    name: .customLong("drain-timeout-ms"),
    help: ArgumentHelp("How long draining waits for requests in flight.", valueName: "n")) var drainTimeoutMs: Int?
  @Option(
    name: .customLong("compress-bytes-min"), help: ArgumentHelp("Smallest response that is compressed.", valueName: "n")
  ) var compressBytesMin: Int?
  @Option(
    name: .customLong("inflate-ratio-max"),
    help: ArgumentHelp(
      "Largest ratio of a compressed request body, judged after `inflateRatioGraceBytes` of output: 413.",
      valueName: "n")) var inflateRatioMax: Int?
  @Option(
    name: .customLong("inflate-ratio-grace-bytes"),
    help: ArgumentHelp("Output that a compressed request may reach whatever its ratio.", valueName: "n"))
  var inflateRatioGraceBytes: Int?
  @Option(
    name: .customLong("stream-buffer-bytes-max"),
    help: ArgumentHelp(
      "What a streamed answer produces ahead of its client, and what a streamed request body gathers before it is handed on.",
      valueName: "n")) var streamBufferBytesMax: Int?
  @Option(
    name: .customLong("retry-after-s"),
    help: ArgumentHelp("The value of `Retry-After` when the server is overloaded.", valueName: "n")) var retryAfterS:
    Int?

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
