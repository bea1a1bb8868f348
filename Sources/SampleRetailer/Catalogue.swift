/// One article of the shop.
struct Product: Sendable {
  var id: String
  var name: String
  var brand: String
  var brandIndex: Int
  var categoryIndex: Int
  var category: String
  var priceCents: Int
  var inStock: Bool
  /// -0.5...0.5: what everybody who rates it agrees on.
  var quality: Double
  /// How much oftener than others it is looked at by those who like its kind.
  var popularity: Int

  /// The product's cells of an event row, made once: `brand,category` and `price,productId,productName`.
  var brandAndCategory: [UInt8]
  var priceToName: [UInt8]
}

/// The 400 products in 12 categories, each with six brands.
struct Catalogue: Sendable {
  static let productCount = 400

  let products: [Product]

  init(seed: UInt64) {
    var random = SeededGenerator(seed: seed, .catalogue, 0)
    let ranks = random.permutation(Self.productCount)
    products = (0..<Self.productCount).map { index in
      Self.product(index, popularity: 6000 / (ranks[index] / 12 + 6), using: &random)
    }
  }

  private static func product(_ index: Int, popularity: Int, using random: inout SeededGenerator) -> Product {
    let department = Department.all[index % Department.all.count]
    let place = index / Department.all.count
    let brand = department.brands[place % 6]
    let noun = department.nouns[place % department.nouns.count]
    let name = "\(department.styles[place / department.nouns.count]) \(noun)"
    // From a third of the department's usual price to three times it, cheap ones being more.
    let steps = [33, 45, 60, 75, 90, 110, 140, 190, 260]
    let dollars = max(4, department.usualPriceDollars * random.pick(steps) / 100)
    let cents = dollars * 100 + random.pick([-1, -5, -10, 49])
    let id = "SKU-\(Codes.padded(index + 1, 4))"
    var left: [UInt8] = []
    left.append(csv: brand)
    left.append(UInt8(ascii: ","))
    left.append(csv: department.name)
    var right: [UInt8] = []
    right.append(cents: cents)
    right.append(",\(id),")
    right.append(csv: name)
    return Product(
      id: id, name: name, brand: brand, brandIndex: place % 6, categoryIndex: index % Department.all.count,
      category: department.name, priceCents: cents, inStock: !random.chance(6),
      quality: Double(random.within(-50...50)) / 100, popularity: popularity, brandAndCategory: left,
      priceToName: right)
  }
}

/// A category: what it sells, under which brands, at about which price.
struct Department {
  var name: String
  var usualPriceDollars: Int
  var brands: [String]
  /// Seven, so that noun and brand (six) run against each other. Some hold a comma or a quote: real names do.
  var nouns: [String]
  var styles = ["Classic", "Modern", "Compact", "Deluxe", "Everyday"]

  static let all: [Department] = [
    Department(
      name: "Kitchen", usualPriceDollars: 38,
      brands: ["Copperleaf", "Hearth & Co", "Larder", "Oakline", "Piatto", "Stove 9"],
      nouns: ["Chef's Knife, 8\"", "Frying Pan", "Teapot", "Mixing Bowl", "Cutting Board", "Kettle", "Spice Rack"]),
    Department(
      name: "Garden", usualPriceDollars: 34,
      brands: ["Fernwood", "Greenhand", "Loam", "Rakewell", "Sundial", "Verdant"],
      nouns: ["Pruner", "Watering Can", "Planter, terracotta", "Hose", "Trowel", "Lantern", "Bird Feeder"]),
    Department(
      name: "Toys", usualPriceDollars: 26,
      brands: ["Button Bear", "Cubits", "Kite Street", "Marble Run", "Pim", "Tinker"],
      nouns: ["Puzzle", "Building Set", "Plush Fox", "Board Game", "Train", "Kite", "Paint Box, 24 colours"]),
    Department(
      name: "Books", usualPriceDollars: 22,
      brands: ["Ampersand", "Birchbark", "Colophon", "Folio House", "Inkwell", "Quire"],
      nouns: ["Novel", "Cookbook", "Atlas", "Notebook", "Field Guide", "Crime Story, vol. 1", "Biography"]),
    Department(
      name: "Sports", usualPriceDollars: 44, brands: ["Apex", "Court & Field", "Gale", "Paceline", "Rally", "Torque"],
      nouns: ["Racket", "Football", "Yoga Mat", "Dumbbell, 5 kg", "Skipping Rope", "Swim Goggles", "Gym Bag"]),
    Department(
      name: "Outdoor", usualPriceDollars: 56,
      brands: ["Basecamp 7", "Cairn", "Driftless", "Ridge Hill", "Tarn", "Wayfarer"],
      nouns: ["Tent, 2 persons", "Backpack", "Headlamp", "Sleeping Bag", "Flask", "Camp Stove", "Trekking Poles"]),
    Department(
      name: "Electronics", usualPriceDollars: 62,
      brands: ["Arcade", "Bitwise", "Halcyon", "Lumen", "Ohmic", "Ferrite"],
      nouns: ["Monitor 24\"", "Headphones", "Speaker", "Charger, USB-C", "Keyboard", "Webcam", "Smart Plug"]),
    Department(
      name: "Beauty", usualPriceDollars: 28, brands: ["Aloe & Ash", "Bloom", "Camellia", "Dewdrop", "Sève", "Velour"],
      nouns: ["Face Cream", "Shampoo", "Perfume, 50 ml", "Lip Balm", "Hand Soap", "Hair Brush", "Body Oil"]),
    Department(
      name: "Fashion", usualPriceDollars: 46,
      brands: ["Atelier 12", "Cotton Row", "Drape", "Heather & Gray", "Loom", "Selvedge"],
      nouns: ["Shirt", "Cardigan", "Scarf", "Jeans, straight", "Jacket", "Summer Dress", "Wool Socks"]),
    Department(
      name: "Shoes", usualPriceDollars: 58,
      brands: ["Cobble", "Heel & Toe", "Lastmaker", "Sole Mates", "Stride", "Tread"],
      nouns: ["Sneaker", "Ankle Boot", "Loafer", "Sandal", "Running Shoe", "Slipper", "Rain Boot, rubber"]),
    Department(
      name: "Home Decor", usualPriceDollars: 40,
      brands: ["Casa Nova", "Dwell", "Hygge", "Linen & Light", "Mosaic", "Nook"],
      nouns: ["Lamp, adjustable", "Cushion", "Mirror", "Rug, 120 x 180", "Vase", "Picture Frame", "Candle"]),
    Department(
      name: "Pets", usualPriceDollars: 24,
      brands: ["Barkley", "Feather & Fin", "Good Dog", "Paws", "Tabby", "Whisker"],
      nouns: ["Dog Leash", "Cat Tree", "Food Bowl", "Chew Toy", "Aquarium Filter", "Pet Bed, large", "Bird Cage"]),
  ]
}
