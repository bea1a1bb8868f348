/// A row that could not be read. The reader has already moved on: the next call of ``CSVReader/next()`` reads the line after it.
public struct CSVError: Error, Sendable, Equatable {
  /// What is wrong with the row.
  public enum Reason: Sendable, Equatable {
    /// A byte other than a comma or a line end follows a closing quote.
    case textAfterQuote
    /// The input ends inside a quoted field. Rows after the line with the opening quote are still read.
    case unterminatedQuote
    /// The row has another number of fields than ``CSVReader/columnCount``.
    case ragged(expected: Int, found: Int)
    /// The row is longer than ``CSVReader/rowBytesMax``.
    case rowTooLong(bytesMax: Int)
  }

  /// What is wrong.
  public let reason: Reason
  /// The physical line, from 1.
  public let line: Int
  /// The byte in that line, from 1.
  public let column: Int
  /// The offset of the row's first byte in the whole input.
  public let rowOffset: Int

  /// A stable name for the reason, for API answers.
  public var code: String {
    switch reason {
    case .textAfterQuote: "csv_text_after_quote"
    case .unterminatedQuote: "csv_unterminated_quote"
    case .ragged: "csv_ragged_row"
    case .rowTooLong: "csv_row_too_long"
    }
  }

  /// A sentence for people, without the place.
  public var message: String {
    switch reason {
    case .textAfterQuote: "a comma or a line end must follow a closing quote"
    case .unterminatedQuote: "the quote that opens here is never closed"
    case .ragged(let expected, let found): "the row has \(found) fields, expected \(expected)"
    case .rowTooLong(let bytesMax): "the row is longer than \(bytesMax) bytes"
    }
  }
}
