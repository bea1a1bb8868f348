import Store

/// The identifiers of one customer, as the resolver grouped them.
public struct CustomerCluster: Sendable, Equatable {
  /// Everything that belongs to this customer and to no other, sorted: records and other identifiers.
  public let members: [Identifier]
  /// Identifiers that records of this customer claim and that other customers claim too, sorted.
  public let shared: [Identifier]
  /// Whether rules would have joined more to it than one customer may have.
  public let isFrozen: Bool

  /// A group.
  public init(members: [Identifier], shared: [Identifier], isFrozen: Bool = false) {
    self.members = members
    self.shared = shared
    self.isFrozen = isFrozen
  }

  /// The customer's id, made from the member that stands first by type and bytes.
  public var customerId: String {
    let anchor = members.min {
      Self.anchorOrder($0) < Self.anchorOrder($1) || (Self.anchorOrder($0) == Self.anchorOrder($1) && $0 < $1)
    }
    return IdentifierAssignment.customerId(anchoredAt: anchor?.key ?? "")
  }

  /// The records among the members.
  public var records: [Identifier] { members.filter { $0.type == .record } }

  /// The members that events and orders can be addressed to.
  public var subjects: [Identifier] { members.filter { $0.type != .record } }

  /// Identifiers that live long give the id: a new click or address must not change it.
  private static func anchorOrder(_ identifier: Identifier) -> Int {
    switch identifier.type {
    case .user: 0
    case .loyalty: 1
    case .record: 2
    case .email: 3
    case .phone: 4
    case .anonymous: 5
    case .matchKey: 6
    }
  }
}
