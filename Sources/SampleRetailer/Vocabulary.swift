/// The names of which people and places are made.
enum Vocabulary {
  struct GivenName {
    var formal: String
    /// What friends, and so some sources, say instead.
    var nickname: String?
  }

  static let women = names(
    """
    Elizabeth:Liz Katherine:Kate Margaret:Peggy Jennifer:Jen Susan:Sue Deborah:Debbie Patricia:Patty Barbara:Barb \
    Rebecca:Becky Victoria:Vicky Alexandra:Alex Samantha:Sam Christina:Tina Theresa:Terry Pamela:Pam Cynthia:Cindy \
    Jacqueline:Jackie Stephanie:Steph Abigail:Abby Madeline:Maddie Anna Maria Laura Emma Julia Sofía Grace Hannah Chloë \
    Nora Ruth Helen Alice Irène Amina Priya Mei Yara Lucía Ingrid Olga Fatima Naomi Carmen Renée Joan Clara Ida Leila Wanda
    """)
  static let men = names(
    """
    Robert:Bob William:Bill Richard:Dick James:Jim Michael:Mike Thomas:Tom Christopher:Chris Daniel:Dan Matthew:Matt \
    Anthony:Tony Joseph:Joe Edward:Ted Charles:Chuck Benjamin:Ben Alexander:Alex Nicholas:Nick Gregory:Greg Timothy:Tim \
    Andrew:Andy Lawrence:Larry Carlos Henry Oscar Peter Simon Victor Hugo Omar Raj Wei Kenji Mateo Jürgen Luís Ahmed Ivan \
    Felix Martin George Arthur Dennis Frank Leon Noah Ethan Marcus Dmitri Pablo Søren Earl
    """)
  static let surnames = words(
    """
    Olson Soto Adams McCarthy Owens Martin White Munoz Nguyen Patel Kim Garcia Müller Schmidt Rossi Silva Santos Ivanova \
    Kowalski Novak Jensen Larsen Berg Lindqvist Virtanen Dubois Lefèvre Moreau Peeters Bakker Visser Murphy Kelly Walsh \
    O'Brien Campbell Stewart Evans Hughes Price Morgan Cooper Baker Fisher Turner Walker Wood Hill Green Carter Mitchell \
    Perez Roberts Phillips Parker Edwards Collins Morris Rogers Reed Cook Bell Bailey Rivera Cox Howard Ward Torres \
    Peterson Gray Ramirez Watson Brooks Sanders Bennett Barnes Ross Henderson Coleman Jenkins Perry Powell Long Patterson \
    Flores Washington Butler Simmons Foster Gonzales Bryant Russell Griffin Diaz Hayes Tanaka Suzuki Haddad Okafor Mensah \
    Singh Chaudhry
    """)
  static let streets = words(
    """
    Maple Oak Pine Cedar Elm Birch Walnut Chestnut Willow Spruce Lake River Hill Park Spring Church Mill Bridge Station \
    Market Union Liberty Franklin Lincoln Madison Monroe Highland Meadow Orchard Prospect
    """)
  /// Long form and the abbreviation that other systems write.
  static let streetKinds = [
    ("Street", "St"), ("Avenue", "Ave"), ("Road", "Rd"), ("Drive", "Dr"), ("Lane", "Ln"), ("Place", "Pl"),
  ]
  static let cities = [
    ("Ashford", "CT", "062"), ("Brookfield", "WI", "530"), ("Clearwater", "FL", "337"), ("Danville", "VA", "245"),
    ("Easton", "PA", "180"), ("Fairview", "NC", "287"), ("Georgetown", "TX", "786"), ("Hillsboro", "OR", "971"),
    ("Ithaca", "NY", "148"), ("Jackson", "MS", "392"), ("Kingston", "RI", "028"), ("Lakewood", "CO", "802"),
    ("Madison", "NJ", "079"), ("Newport", "KY", "410"), ("Oakdale", "CA", "953"), ("Plainfield", "IN", "461"),
    ("Quincy", "MA", "021"), ("Riverside", "IL", "605"), ("Salem", "NH", "030"), ("Troy", "MI", "480"),
    ("Union City", "GA", "302"), ("Vernon", "AL", "355"), ("Westport", "WA", "985"), ("York", "ME", "039"),
  ]
  static let mailDomains = ["example.com", "example.org", "example.net", "mail.example.com", "post.example.org"]

  private static func words(_ list: String) -> [String] { list.split(separator: " ").map(String.init) }

  private static func names(_ list: String) -> [GivenName] {
    list.split(separator: " ").map { entry in
      let parts = entry.split(separator: ":")
      return GivenName(formal: String(parts[0]), nickname: parts.count > 1 ? String(parts[1]) : nil)
    }
  }
}
