// How two rows of a table agree, field by field.

extension RecordTable {
  /// Compares two records in every field.
  func compare(_ a: Row, _ b: Row) -> Pattern {
    var pattern = Pattern()
    compareNames(a, b, &pattern)
    if a.generation > 0 || b.generation > 0 {
      pattern[.generation] = a.generation == b.generation ? 0 : a.generation == 0 || b.generation == 0 ? 1 : 2
    }
    if a.email > 0, b.email > 0 {
      let isNamesake =
        NameLevel.agrees(pattern[.givenName])
        && (NameLevel.agrees(pattern[.surname]) || pattern[.givenName] >= NameLevel.exchanged)
      pattern[isNamesake ? .namesakeEmail : .email] = emailLevel(a, b)
    }
    if a.phone > 0, b.phone > 0 { pattern[.phone] = phoneLevel(a.phone, b.phone) }
    if a.birthDate > 0, b.birthDate > 0 { pattern[.birthDate] = dateLevel(a.birthDate, b.birthDate) }
    compareAddresses(a, b, &pattern)
    if a.loyaltyId > 0, b.loyaltyId > 0 { pattern[.loyaltyId] = identifierLevel(loyaltyIds, a.loyaltyId, b.loyaltyId) }
    if a.nationalId > 0, b.nationalId > 0 {
      pattern[.nationalId] = identifierLevel(nationalIds, a.nationalId, b.nationalId)
    }
    return pattern
  }

  // MARK: Names

  /// First and last names, straight or exchanged, whichever fits better.
  private func compareNames(_ a: Row, _ b: Row, _ pattern: inout Pattern) {
    let hasGiven = a.given > 0 && b.given > 0
    let hasSurname = a.surname > 0 && b.surname > 0
    let given = hasGiven ? givenLevel(a, b) : Pattern.missing
    let surname = hasSurname ? surnameLevel(a, b) : Pattern.missing
    pattern[.givenName] = given
    pattern[.surname] = surname
    guard given >= NameLevel.similar, surname >= NameLevel.similar, min(given, surname) != NameLevel.exact else {
      return
    }
    // Exchanged: the first name of one is the family name of the other.
    let first = a.given > 0 && b.surname > 0 ? exchangedLevel(a.given, b.surname) : Pattern.missing
    let second = b.given > 0 && a.surname > 0 ? exchangedLevel(b.given, a.surname) : Pattern.missing
    let better = min(first, second), worse = max(first, second)
    if better == NameLevel.exact, worse == NameLevel.exact || worse == Pattern.missing {
      pattern[.givenName] = NameLevel.exchanged
    } else if better <= NameLevel.typo, worse <= NameLevel.similar {
      pattern[.givenName] = NameLevel.nearlyExchanged
    } else {
      return
    }
    pattern[.surname] = Pattern.missing
  }

  private func givenLevel(_ a: Row, _ b: Row) -> Int {
    if a.given == b.given { return NameLevel.exact }
    let one = givenNames.bytes.span.extracting(givenNames.range(a.given))
    let other = givenNames.bytes.span.extracting(givenNames.range(b.given))
    let shorter = min(one.count, other.count)
    if shorter == 1 { return one[0] == other[0] ? NameLevel.initial : NameLevel.otherInitial }
    if Nicknames.share(nicknames[Int(a.given)], nicknames[Int(b.given)]) { return NameLevel.compatible }
    if a.firstGiven > 0 || b.firstGiven > 0 {
      let first = a.firstGiven > 0 ? a.firstGiven : a.given
      let second = b.firstGiven > 0 ? b.firstGiven : b.given
      if first == second { return NameLevel.compatible }
    }
    return wordLevel(
      one, other, editDistanceBound(givenNames.letters[Int(a.given)], givenNames.letters[Int(b.given)]),
      allowsPrefix: true)
  }

  private func surnameLevel(_ a: Row, _ b: Row) -> Int {
    if a.surname == b.surname { return NameLevel.exact }
    let one = surnames.bytes.span.extracting(surnames.range(a.surname))
    let other = surnames.bytes.span.extracting(surnames.range(b.surname))
    if min(one.count, other.count) == 1 { return one[0] == other[0] ? NameLevel.initial : NameLevel.otherInitial }
    if a.lastSurname > 0 || b.lastSurname > 0, sharesPart(a, b) { return NameLevel.compatible }
    return wordLevel(
      one, other, editDistanceBound(surnames.letters[Int(a.surname)], surnames.letters[Int(b.surname)]),
      allowsPrefix: false)
  }

  /// One of several family names is the other's name, or a part of it.
  private func sharesPart(_ a: Row, _ b: Row) -> Bool {
    func parts(_ row: Row) -> (UInt32, UInt32) {
      row.lastSurname > 0 ? (row.firstSurname, row.lastSurname) : (row.surname, row.surname)
    }
    let (a1, a2) = parts(a), (b1, b2) = parts(b)
    return a1 == b1 || a2 == b2 || a1 == b2 || a2 == b1
  }

  private func exchangedLevel(_ given: UInt32, _ surname: UInt32) -> Int {
    let one = givenNames.bytes.span.extracting(givenNames.range(given))
    let other = surnames.bytes.span.extracting(surnames.range(surname))
    if isEqual(one, other) { return NameLevel.exact }
    if min(one.count, other.count) == 1 { return one[0] == other[0] ? NameLevel.initial : NameLevel.otherInitial }
    return wordLevel(
      one, other, editDistanceBound(givenNames.letters[Int(given)], surnames.letters[Int(surname)]), allowsPrefix: false
    )
  }

  /// Two different words of two letters or more. `bound` is a bound of their edit distance.
  private func wordLevel(_ a: Span<UInt8>, _ b: Span<UInt8>, _ bound: Int, allowsPrefix: Bool) -> Int {
    let shorter = min(a.count, b.count), longer = max(a.count, b.count)
    if allowsPrefix, shorter >= 3, longer - shorter >= 2, startsAlike(a, b, shorter) { return NameLevel.compatible }
    let limit = longer / 2
    if max(bound, longer - shorter) > limit { return NameLevel.different }
    let distance = editDistance(a, b, atMost: limit)
    if distance > limit { return NameLevel.different }
    if distance == 1, shorter >= 3 { return NameLevel.typo }
    if distance == 2, shorter >= 6 { return NameLevel.typo }
    let similarity = jaroWinkler(a, b)
    if similarity >= 0.94, shorter >= 5 { return NameLevel.typo }
    return similarity >= 0.86 ? NameLevel.similar : NameLevel.different
  }

  private func startsAlike(_ a: Span<UInt8>, _ b: Span<UInt8>, _ count: Int) -> Bool {
    for index in 0..<count where a[index] != b[index] { return false }
    return true
  }

  // MARK: Contacts

  private func emailLevel(_ a: Row, _ b: Row) -> Int {
    if a.email == b.email { return EmailLevel.exact }
    let one = emails.bytes.span.extracting(emails.range(a.email)),
      other = emails.bytes.span.extracting(emails.range(b.email))
    let localOne = one.extracting(first: Int(a.localBytes)), localOther = other.extracting(first: Int(b.localBytes))
    if isEqual(localOne, localOther) { return EmailLevel.otherDomain }
    let shorter = min(localOne.count, localOther.count)
    guard shorter >= 4, abs(one.count - other.count) <= 2 else { return EmailLevel.different }
    let limit = shorter >= 8 ? 2 : 1
    if editDistanceBound(emails.letters[Int(a.email)], emails.letters[Int(b.email)]) > limit {
      return EmailLevel.different
    }
    return editDistance(one, other, atMost: limit) <= limit ? EmailLevel.typo : EmailLevel.different
  }

  private func phoneLevel(_ a: UInt64, _ b: UInt64) -> Int {
    if a == b { return 0 }
    // With and without a calling code: the longer ends with the shorter, which has at least eight digits.
    let longer = max(a, b), shorter = min(a, b)
    var unit: UInt64 = 1
    while unit <= shorter { unit *= 10 }
    if unit >= 100_000_000, longer % unit == shorter { return 0 }
    // One digit wrong, left out or doubled, or two neighbours swapped, in the last ten digits.
    var left = InlineArray<10, UInt8>(repeating: 0), right = InlineArray<10, UInt8>(repeating: 0)
    let lengths = (digits(a, &left), digits(b, &right))
    return editDistance(left.span.extracting(first: lengths.0), right.span.extracting(first: lengths.1), atMost: 1) <= 1
      ? 1 : 2
  }

  /// The last ten digits, last one first.
  private func digits(_ number: UInt64, _ into: inout InlineArray<10, UInt8>) -> Int {
    var rest = number
    var count = 0
    while rest > 0, count < 10 {
      into[count] = UInt8(rest % 10)
      rest /= 10
      count += 1
    }
    return count
  }

  private func identifierLevel(_ lexicon: Lexicon, _ a: UInt32, _ b: UInt32) -> Int {
    if a == b { return 0 }
    let one = lexicon.bytes.span.extracting(lexicon.range(a)), other = lexicon.bytes.span.extracting(lexicon.range(b))
    if editDistanceBound(lexicon.letters[Int(a)], lexicon.letters[Int(b)]) > 2 { return 3 }
    switch editDistance(one, other, atMost: 2) {
    case 1: return 1
    case 2: return 2
    default: return 3
    }
  }

  // MARK: Dates

  private func dateLevel(_ a: Int32, _ b: Int32) -> Int {
    if a == b { return DateLevel.exact }
    let left = BirthDate(packed: a), right = BirthDate(packed: b)
    // A part that one of them does not know counts as agreeing.
    let year = left.year == right.year
    let month = left.month == right.month || left.month == 0 || right.month == 0
    let day = left.day == right.day || left.day == 0 || right.day == 0
    if year, left.month == right.day, left.day == right.month { return DateLevel.typo }
    var first = a, second = b
    var differing = 0
    var positions = 0
    var digitSums: (Int32, Int32) = (0, 0)
    var products: (Int32, Int32) = (1, 1)
    var position = 0
    while position < 8 {
      let x = first % 10, y = second % 10
      if x != y {
        differing += 1
        positions |= 1 << position
        digitSums = (digitSums.0 + x, digitSums.1 + y)
        products = (products.0 * (x + 1), products.1 * (y + 1))
      }
      first /= 10
      second /= 10
      position += 1
    }
    if differing == 1 { return DateLevel.typo }
    let isNeighbours = positions >> positions.trailingZeroBitCount == 3
    if differing == 2, isNeighbours, digitSums.0 == digitSums.1, products.0 == products.1 { return DateLevel.typo }
    return (year ? 1 : 0) + (month ? 1 : 0) + (day ? 1 : 0) >= 2 ? DateLevel.near : DateLevel.different
  }

  // MARK: Addresses

  /// The street's agreement (same, near, different, missing) times four plus that of the place.
  private func compareAddresses(_ a: Row, _ b: Row, _ pattern: inout Pattern) {
    var street = 3
    if a.street > 0, b.street > 0 {
      var sameName = a.street == b.street || isSameText(streets, a.street, streets, b.street)
      if sameName {
        pattern[.unit] = unitLevel(a, b)
      } else if a.unit > 0 || b.unit > 0 {
        // First and second line exchanged.
        let crossed = a.unit > 0 && isSameText(units, a.unit, streets, b.street)
        let crossedBack = b.unit > 0 && isSameText(units, b.unit, streets, a.street)
        sameName = crossed || crossedBack
        pattern[.unit] = crossed && crossedBack ? 0 : sameName ? Pattern.missing : unitLevel(a, b)
      }
      street = streetLevel(a, b, sameName: sameName)
    }
    pattern[.address] = street * 4 + placeLevel(a, b)
  }

  private func streetLevel(_ a: Row, _ b: Row, sameName: Bool) -> Int {
    if a.number == 0 || b.number == 0 { return sameName ? a.number == b.number ? 0 : 1 : 2 }
    if a.number == b.number {
      if sameName { return 0 }
      let one = streets.bytes.span.extracting(streets.range(a.street)),
        other = streets.bytes.span.extracting(streets.range(b.street))
      return jaroWinkler(one, other) >= 0.8 ? 1 : 2
    }
    guard sameName else { return 2 }
    let one = numbers.bytes.span.extracting(numbers.range(a.number)),
      other = numbers.bytes.span.extracting(numbers.range(b.number))
    return max(one.count, other.count) >= 2 && editDistance(one, other) <= 1 ? 1 : 2
  }

  private func unitLevel(_ a: Row, _ b: Row) -> Int {
    if a.unit == 0 || b.unit == 0 { return Pattern.missing }
    return a.unit == b.unit ? 0 : isSameText(units, a.unit, units, b.unit) ? 1 : 2
  }

  private func placeLevel(_ a: Row, _ b: Row) -> Int {
    let hasPostcode = a.postcode > 0 && b.postcode > 0
    let hasCity = a.city > 0 && b.city > 0
    if !hasPostcode && !hasCity { return a.region > 0 && b.region > 0 ? a.region == b.region ? 1 : 2 : 3 }
    let samePostcode = hasPostcode && a.postcode == b.postcode
    let sameCity = hasCity && (a.city == b.city || isSameText(cities, a.city, cities, b.city))
    if samePostcode || !hasPostcode, sameCity || !hasCity { return 0 }
    return samePostcode || sameCity ? 1 : 2
  }

  /// Equal but for typing errors.
  private func isSameText(_ first: Lexicon, _ a: UInt32, _ second: Lexicon, _ b: UInt32) -> Bool {
    let one = first.bytes.span.extracting(first.range(a)), other = second.bytes.span.extracting(second.range(b))
    let shorter = min(one.count, other.count)
    let limit = shorter >= 14 ? 3 : shorter >= 8 ? 2 : shorter >= 4 ? 1 : 0
    if max(abs(one.count - other.count), editDistanceBound(first.letters[Int(a)], second.letters[Int(b)])) > limit {
      return false
    }
    return limit == 0 ? isEqual(one, other) : editDistance(one, other, atMost: limit) <= limit
  }
}
