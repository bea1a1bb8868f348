/// A pull parser for RFC 4180 text, over one body or over chunks of a stream.
///
/// ```swift
/// var reader = CSVReader(body)
/// while let row = try reader.next() { row.count; row.string(0) }
/// ```
/// In chunks: `var reader = CSVReader()`, then ``feed(_:)`` and ``next()`` until it gives nil, again and again, then ``finish()``
/// and the last rows. Cost: every byte is scanned once (twice after an unterminated quote).
public struct CSVReader: Sendable {
  /// When set, a row with another number of fields throws ``CSVError/Reason/ragged(expected:found:)``.
  public var columnCount: Int?
  /// The longest row accepted, in bytes.
  public let rowBytesMax: Int
  /// The physical line at which the next row starts, from 1.
  public var line: Int { rowLine }

  /// Where the scanner stands between two bytes.
  private enum State { case rowStart, fieldStart, unquoted, quoted, quoteInQuoted, skippingLine }

  private var buffer: [UInt8]
  private var isFinished: Bool
  /// Bytes dropped from the front of the stream before `buffer`.
  private var droppedBytes = 0
  private var state = State.rowStart
  private var scan = 0
  private var rowStart = 0
  private var rowLine = 1
  /// The physical line under `scan`, and where it starts in `buffer`.
  private var scanLine = 1
  private var scanLineStart = 0
  /// Where the last opening quote stood, and its line: where an unterminated quote is reported and reading resumes.
  private var quoteStart = 0
  private var quoteLine = 1
  private var quoteLineStart = 0
  private var fieldStart = 0
  private var fieldFlags = CSVRow.Field.Flags()
  /// The fields of the row under way, or of the row before.
  private var fields: [CSVRow.Field] = []
  /// The last byte ended a row and was CR: an LF right behind it belongs to it.
  private var mayEatLineFeed = false
  private var isAtStreamStart = true

  /// A reader over one complete body.
  public init(_ bytes: [UInt8], rowBytesMax: Int = 8 << 20) {
    buffer = bytes
    isFinished = true
    self.rowBytesMax = rowBytesMax
  }

  /// A reader that is fed with chunks.
  public init(rowBytesMax: Int = 8 << 20) {
    buffer = []
    isFinished = false
    self.rowBytesMax = rowBytesMax
  }

  /// Adds bytes of the stream. Rows that were handed out stay valid.
  public mutating func feed(_ bytes: some Collection<UInt8>) {
    precondition(!isFinished, "feed after finish")
    let dead = state == .rowStart || state == .skippingLine ? scan : rowStart
    if dead > 0 {
      buffer.removeFirst(dead)
      droppedBytes += dead
      scan -= dead
      rowStart -= dead
      scanLineStart -= dead
      quoteStart -= dead
      quoteLineStart -= dead
      fieldStart -= dead
      if state != .rowStart, state != .skippingLine {
        for index in fields.indices {
          fields[index].start -= dead
          fields[index].end -= dead
        }
      }
    }
    buffer.append(contentsOf: bytes)
  }

  /// Says that no more bytes come.
  public mutating func finish() { isFinished = true }

  /// The next row; nil at the end of the body, or when more bytes must be fed first. Blank lines are skipped.
  public mutating func next() throws(CSVError) -> CSVRow? {
    if isAtStreamStart {
      guard buffer.count >= 3 || isFinished else { return nil }
      isAtStreamStart = false
      if buffer.starts(with: [0xEF, 0xBB, 0xBF]) {
        scan = 3
        scanLineStart = 3
      }
    }
    switch scanRow() {
    case .needsBytes:
      guard isFinished else {
        if scan - rowStart > rowBytesMax, state != .rowStart, state != .skippingLine { throw tooLong() }
        return nil
      }
      return try lastRow()
    case .row: return try takeRow()
    case .textAfterQuote:
      let error = failure(.textAfterQuote, at: scan)
      abandonRow()
      throw error
    }
  }

  private enum Outcome { case row, needsBytes, textAfterQuote }

  /// Runs the state machine to the end of a row (`scan` behind its line end, `rowLine` still its first line) or of the buffer.
  private mutating func scanRow() -> Outcome {
    let comma = UInt8(ascii: ","), quote = UInt8(ascii: "\""), lineFeed = UInt8(ascii: "\n")
    let carriageReturn = UInt8(ascii: "\r")
    // A second reference, so that the span does not keep `self` from being changed.
    let held = buffer
    let bytes = held.span
    let count = bytes.count
    while scan < count {
      let byte = bytes[scan]
      switch state {
      case .rowStart:
        if byte == lineFeed || byte == carriageReturn {
          let isSecondHalf = byte == lineFeed && mayEatLineFeed
          mayEatLineFeed = byte == carriageReturn
          scan += 1
          if !isSecondHalf { scanLine += 1 }
          scanLineStart = scan
          continue
        }
        mayEatLineFeed = false
        rowStart = scan
        rowLine = scanLine
        // The memory of the last row's fields, unless somebody still holds that row.
        fields.removeAll(keepingCapacity: true)
        state = .fieldStart
      case .fieldStart:
        fieldFlags = []
        if byte == quote {
          fieldFlags = .quoted
          quoteStart = scan
          quoteLine = scanLine
          quoteLineStart = scanLineStart
          scan += 1
          fieldStart = scan
          state = .quoted
        } else {
          fieldStart = scan
          state = .unquoted
        }
      case .unquoted:
        var position = scan
        while position < count {
          let byte = bytes[position]
          // One comparison sends most bytes on: comma, CR and LF are all below 45.
          if byte <= comma, byte == comma || byte == lineFeed || byte == carriageReturn { break }
          position += 1
        }
        scan = position
        guard position < count else { return .needsBytes }
        endField(at: position)
        if bytes[position] != comma { return endLine(carriageReturn: bytes[position] == carriageReturn) }
        scan += 1
        state = .fieldStart
      case .quoted:
        var position = scan
        while position < count {
          let byte = bytes[position]
          if byte == quote { break }
          position += 1
          if byte == carriageReturn || byte == lineFeed {
            // CRLF is one line end; the opening quote stands before, so there is a byte to look back at.
            if byte == carriageReturn || bytes[position - 2] != carriageReturn { scanLine += 1 }
            scanLineStart = position
          }
        }
        scan = position
        guard position < count else { return .needsBytes }
        scan += 1
        state = .quoteInQuoted
      case .quoteInQuoted:
        if byte == quote {
          fieldFlags.insert(.escaped)
          scan += 1
          state = .quoted
        } else if byte == comma {
          endField(at: scan - 1)
          scan += 1
          state = .fieldStart
        } else if byte == lineFeed || byte == carriageReturn {
          endField(at: scan - 1)
          return endLine(carriageReturn: byte == carriageReturn)
        } else {
          return .textAfterQuote
        }
      case .skippingLine:
        scan += 1
        if byte == lineFeed || byte == carriageReturn {
          mayEatLineFeed = byte == carriageReturn
          scanLine += 1
          scanLineStart = scan
          state = .rowStart
        }
      }
    }
    return .needsBytes
  }

  private mutating func endField(at end: Int) {
    fields.append(CSVRow.Field(start: fieldStart, end: end, flags: fieldFlags))
  }

  private mutating func endLine(carriageReturn: Bool) -> Outcome {
    mayEatLineFeed = carriageReturn
    scan += 1
    scanLine += 1
    scanLineStart = scan
    state = .rowStart
    return .row
  }

  /// The row that ends with the input instead of a line end.
  private mutating func lastRow() throws(CSVError) -> CSVRow? {
    switch state {
    case .rowStart, .skippingLine: return nil
    case .fieldStart:
      fieldStart = scan
      fieldFlags = []
      endField(at: scan)
    case .unquoted: endField(at: scan)
    case .quoteInQuoted: endField(at: scan - 1)
    case .quoted:
      let error = CSVError(
        reason: .unterminatedQuote, line: quoteLine, column: quoteStart - quoteLineStart + 1,
        rowOffset: droppedBytes + rowStart)
      // What follows holds doubled quotes only, so the second look at it finds no other unterminated quote.
      scan = quoteStart
      scanLine = quoteLine
      scanLineStart = quoteLineStart
      abandonRow()
      throw error
    }
    state = .rowStart
    scan = buffer.count
    return try takeRow()
  }

  private mutating func takeRow() throws(CSVError) -> CSVRow {
    let row = CSVRow(
      buffer: buffer, fields: fields, line: rowLine, offset: droppedBytes + rowStart, start: rowStart, end: scan)
    rowStart = scan
    if row.end - row.start > rowBytesMax {
      throw CSVError(reason: .rowTooLong(bytesMax: rowBytesMax), line: row.line, column: 1, rowOffset: row.offset)
    }
    if let columnCount, columnCount != row.count {
      let place = row.count > columnCount ? row.place(of: columnCount) : row.endPlace
      throw CSVError(
        reason: .ragged(expected: columnCount, found: row.count), line: place.line, column: place.column,
        rowOffset: row.offset)
    }
    return row
  }

  private func failure(_ reason: CSVError.Reason, at position: Int) -> CSVError {
    CSVError(
      reason: reason, line: scanLine, column: position - scanLineStart + 1, rowOffset: droppedBytes + rowStart)
  }

  private mutating func tooLong() -> CSVError {
    let error = CSVError(
      reason: .rowTooLong(bytesMax: rowBytesMax), line: rowLine, column: 1, rowOffset: droppedBytes + rowStart)
    abandonRow()
    return error
  }

  private mutating func abandonRow() { state = .skippingLine }
}
