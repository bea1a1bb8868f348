/// What a person likes: one of eight groups, and within the group one of its three categories above the others.
///
/// A group loves one half of the brands in three categories, about 50 of the 400 products. No two groups share a product
/// that they love, so "what everybody buys" helps little and "what people like you buy" helps much.
struct Taste: Sendable, Equatable {
  static let groupCount = 8

  var group: Int
  /// 0..<3: which of the group's categories is the favourite.
  var favourite: Int

  /// The three categories of the group.
  static func categories(of group: Int) -> [Int] {
    (0..<3).map { place in
      // The second four groups pair the categories differently.
      group < 4 ? group * 3 + place : ((group - 4) * 3 + place) * 5 % 12
    }
  }

  /// Of the six brands of a category, the first four groups love the even ones, the others the odd ones.
  static func brandParity(of group: Int) -> Int { group < 4 ? 0 : 1 }

  func loves(_ product: Product) -> Bool {
    product.brandIndex % 2 == Self.brandParity(of: group) && Self.categories(of: group).contains(product.categoryIndex)
  }

  func isFavourite(_ product: Product) -> Bool {
    loves(product) && Self.categories(of: group)[favourite] == product.categoryIndex
  }
}

/// Draws products by taste: one cumulative table for each of the 24 tastes.
struct ProductPicker: Sendable {
  private let cumulative: [[Int]]
  private let everybody: [Int]

  init(_ catalogue: Catalogue) {
    var tables: [[Int]] = []
    for group in 0..<Taste.groupCount {
      let categories = Taste.categories(of: group)
      for favourite in 0..<3 {
        let taste = Taste(group: group, favourite: favourite)
        tables.append(
          Self.running(catalogue) { product in
            if taste.isFavourite(product) { return 250 }
            if taste.loves(product) { return 100 }
            return categories.contains(product.categoryIndex) ? 5 : 2
          })
      }
    }
    cumulative = tables
    everybody = Self.running(catalogue) { _ in 1 }
  }

  private static func running(_ catalogue: Catalogue, factor: (Product) -> Int) -> [Int] {
    var sum = 0
    return catalogue.products.map { product in
      sum += product.popularity * factor(product)
      return sum
    }
  }

  /// The index of a product that a person of this taste looks at or buys.
  func pick(_ taste: Taste, using random: inout SeededGenerator) -> Int {
    Self.draw(cumulative[taste.group * 3 + taste.favourite], using: &random)
  }

  /// The index of a product by its general popularity alone.
  func pickForAnybody(using random: inout SeededGenerator) -> Int { Self.draw(everybody, using: &random) }

  private static func draw(_ table: [Int], using random: inout SeededGenerator) -> Int {
    let target = random.below(table[table.count - 1])
    var low = 0
    var high = table.count - 1
    while low < high {
      let middle = (low + high) / 2
      if table[middle] > target { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
