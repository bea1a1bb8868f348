/// How common the values of many records are, kept so that pairs can be scored when those records are not at hand: agreeing in a rare value
/// says more than in a common one.
///
/// Of each column only values that several records have are kept, by their hashes: of the others it is known that they are rare.
struct ValueFrequencies: Sendable, Equatable {
  /// Values of one column at the most, the commonest.
  static let valuesMax = 20_000
  /// Records that a value must have to be kept.
  static let recordsMin: UInt32 = 3

  /// One field's values.
  struct Column: Sendable, Equatable {
    /// Records that have a value here at all.
    var filled: UInt64 = 0
    /// Hashes of values, ascending,
    var hashes: [UInt64] = []
    /// and the records that have each.
    var records: [UInt32] = []
  }

  /// By field; empty where frequencies play no part.
  private(set) var columns: [Column]

  init(columns: [Column]) { self.columns = columns }

  /// What a table's values come to.
  init(_ table: RecordTable) {
    columns = LinkageField.allCases.map { field in
      guard let lexicon = table.lexicon(of: field) else { return Column() }
      var common: [(hash: UInt64, records: UInt32)] = []
      for id in 1..<UInt32(max(1, lexicon.count)) where lexicon.counts[Int(id)] >= Self.recordsMin {
        common.append((StableHash.of(lexicon.bytes.span.extracting(lexicon.range(id))), lexicon.counts[Int(id)]))
      }
      if common.count > Self.valuesMax {
        common.sort { $0.records != $1.records ? $0.records > $1.records : $0.hash < $1.hash }
        common.removeLast(common.count - Self.valuesMax)
      }
      common.sort { $0.hash < $1.hash }
      return Column(filled: UInt64(lexicon.filled), hashes: common.map(\.hash), records: common.map(\.records))
    }
  }

  /// The chance that a stranger has the row's value in a field, nil where frequencies play no part.
  func frequency(_ field: LinkageField, _ row: RecordTable.Row, _ table: RecordTable) -> Double? {
    guard let lexicon = table.lexicon(of: field), let id = row.value(of: field), id > 0 else { return nil }
    let column = columns[field.rawValue]
    let hash = StableHash.of(lexicon.bytes.span.extracting(lexicon.range(id)))
    var low = 0, high = column.hashes.count
    while low < high {
      let middle = (low + high) / 2
      if column.hashes[middle] < hash { low = middle + 1 } else { high = middle }
    }
    let records = low < column.hashes.count && column.hashes[low] == hash ? column.records[low] : 1
    return max(1, Double(records) - 1) / Double(max(2, column.filled))
  }
}

extension RecordTable {
  /// The values whose frequency counts in a field.
  func lexicon(of field: LinkageField) -> Lexicon? {
    switch field {
    case .givenName: givenNames
    case .surname: surnames
    case .email, .namesakeEmail: emails
    case .phone: phones
    case .birthDate: dates
    case .address: addresses
    case .loyaltyId: loyaltyIds
    case .nationalId: nationalIds
    case .generation, .unit: nil
    }
  }
}

extension RecordTable.Row {
  /// The number of the row's value in the lexicon of a field.
  func value(of field: LinkageField) -> UInt32? {
    switch field {
    case .givenName: given
    case .surname: surname
    case .email, .namesakeEmail: email
    case .phone: phoneValue
    case .birthDate: dateValue
    case .address: address
    case .loyaltyId: loyaltyId
    case .nationalId: nationalId
    case .generation, .unit: nil
    }
  }
}
