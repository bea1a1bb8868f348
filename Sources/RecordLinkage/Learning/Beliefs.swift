/// What is believed of files of customers before one is seen: where estimation starts, and what it returns to without evidence.
enum Beliefs {
  /// For how many pairs the beliefs count.
  static let pairs = 20.0

  /// Outcomes between two records of one person.
  static func match(_ field: LinkageField) -> [Double] {
    switch field {
    case .givenName: [0.68, 0.08, 0.09, 0.04, 0.03, 0.04, 0.005, 0.025, 0.01]
    case .surname: [0.81, 0.03, 0.08, 0.005, 0.03, 0.043, 0.001, 0.0005, 0.0005]
    case .generation: [0.60, 0.35, 0.05]
    case .email, .namesakeEmail: [0.75, 0.06, 0.10, 0.09]
    case .phone: [0.80, 0.08, 0.12]
    case .birthDate: [0.88, 0.08, 0.02, 0.02]
    case .address:
      [0.50, 0.08, 0.02, 0.02, 0.06, 0.03, 0.005, 0.01, 0.03, 0.04, 0.12, 0.02, 0.03, 0.01, 0.025]
    case .unit: [0.75, 0.10, 0.15]
    case .loyaltyId, .nationalId: [0.90, 0.06, 0.02, 0.02]
    }
  }

  /// Outcomes between two people of one household, where they share a field at all.
  static func household(_ field: LinkageField) -> [Double] {
    switch field {
    case .surname: [0.75, 0.02, 0.07, 0.005, 0.02, 0.134, 0.0005, 0.00025, 0.00025]
    case .generation: [0.30, 0.60, 0.10]
    case .email: [0.12, 0.01, 0.03, 0.84]
    case .namesakeEmail: [0.10, 0.04, 0.04, 0.82]
    case .phone: [0.70, 0.08, 0.22]
    case .givenName: [0.40, 0.10, 0.10, 0.10, 0.10, 0.10, 0.05, 0.03, 0.02]
    case .birthDate: [0.40, 0.10, 0.10, 0.40]
    case .loyaltyId, .nationalId: [0.10, 0.10, 0.10, 0.70]
    case .address, .unit: match(field)
    }
  }

  /// How much of a household's outcomes is that of strangers: people who live together have names and birthdays of their own.
  static func shareOfStrangers(_ field: LinkageField) -> Double {
    switch field {
    case .givenName: 0.9
    case .birthDate: 0.95
    case .loyaltyId, .nationalId: 1
    default: 0
    }
  }

  /// How many pairs that belief weighs for each pair of a household that was seen.
  static func firmness(_ field: LinkageField) -> Double {
    switch field {
    case .loyaltyId, .nationalId: 100
    // Some files are full of fathers and sons of one name: the file itself must be heard.
    case .givenName: 0.1
    default: 0.5
    }
  }

  /// For how many pairs the beliefs of strangers count.
  static func strangerPairs(_ field: LinkageField) -> Double { field == .namesakeEmail ? 20 : 1 }

  /// Outcomes between strangers for levels that random pairs never show.
  static func strangers(_ field: LinkageField) -> [Double] {
    var levels = Array(repeating: 0.2 / Double(field.levelCount), count: field.levelCount)
    levels[field.levelCount - 1] += 0.8
    if field == .namesakeEmail { return [0.002, 0.03, 0.03, 0.938] }
    if field == .address { levels = Array(repeating: 1.0 / 15, count: 15) }
    return levels
  }
}
