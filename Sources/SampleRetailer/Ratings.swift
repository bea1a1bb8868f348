extension Neighbourhood {
  static let ratingsPerNeighbourhood = 300
  static let ratingsHeader = "userId,productId,rating,at\n"

  /// Appends everybody's ratings, 1 to 5, as CSV: high for what one's taste loves, low for most of the rest, plus what
  /// everybody agrees on, plus the person's own mood, plus noise. Nobody rates a product twice. Returns how many they are.
  func appendRatings(seed: UInt64, catalogue: Catalogue, picker: ProductPicker, to out: inout [UInt8]) -> Int {
    var random = SeededGenerator(seed: seed, .ratings, index)
    let counts = apportioned(Self.ratingsPerNeighbourhood, by: people.map { $0.userId == nil ? 0 : 1 })
    for (person, count) in zip(people, counts) {
      guard let userId = person.userId else { continue }
      let mood = random.bell() * 0.25
      var rated: Set<Int> = []
      while rated.count < count {
        let choice =
          random.chance(65) ? picker.pick(person.taste, using: &random) : picker.pickForAnybody(using: &random)
        guard rated.insert(choice).inserted else { continue }
        let product = catalogue.products[choice]
        let liking = person.taste.isFavourite(product) ? 1.4 : person.taste.loves(product) ? 0.9 : -1.0
        let stars = 3.2 + liking + product.quality + mood + random.bell() * 0.35
        let day = random.pick(person.activeDays)
        out.append(userId)
        out.append(",")
        out.append(product.id)
        out.append(",")
        out.append(decimal: Int(min(max(stars, 1), 5) + 0.5))
        out.append(",")
        out.append(rfc3339: (day * Instants.secondsPerDay + random.within(8 * 3600...22 * 3600)) * 1000)
        out.append("\n")
      }
    }
    return counts.reduce(0, +)
  }
}
