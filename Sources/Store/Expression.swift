import BSON

/// An expression of MongoDB's aggregation language, as an update by pipeline evaluates it: the decision is taken by the server,
/// on its clock, in one step with the write.
struct Expression {
  let value: BSONValue

  /// A field's value; missing where the document has none.
  static func field(_ path: String) -> Expression { Expression(value: .string("$" + path)) }
  /// Text as it is, also where it begins with a dollar sign.
  static func text(_ text: String) -> Expression { operation("$literal", .string(text)) }
  /// The server's time of day.
  static let now = Expression(value: .string("$$NOW"))
  /// Sets nothing, and removes the field if it is there.
  static let remove = Expression(value: .string("$$REMOVE"))

  static func isMissing(_ path: String) -> Expression {
    equal(operation("$type", field(path).value), Expression(value: .string("missing")))
  }
  static func equal(_ left: Expression, _ right: Expression) -> Expression { operation("$eq", left, right) }
  static func less(_ left: Expression, _ right: Expression) -> Expression { operation("$lt", left, right) }
  static func sum(_ left: Expression, _ right: Expression) -> Expression { operation("$add", left, right) }
  static func all(_ conditions: Expression...) -> Expression { operation("$and", list(conditions)) }
  static func any(_ conditions: Expression...) -> Expression { operation("$or", list(conditions)) }
  static func choose(if condition: Expression, _ then: Expression, else other: Expression) -> Expression {
    operation("$cond", condition, then, other)
  }

  /// The field's value, or another where it is missing or null.
  static func field(_ path: String, or other: Expression) -> Expression { operation("$ifNull", field(path), other) }

  private static func operation(_ name: String, _ operands: Expression...) -> Expression {
    operation(name, list(operands))
  }

  private static func operation(_ name: String, _ operand: BSONValue) -> Expression {
    Expression(value: .document(BSONDocument { $0.append(name, operand) }))
  }

  private static func list(_ expressions: [Expression]) -> BSONValue {
    let holder = BSONDocument { $0.append("list", array: { for each in expressions { $0.append(each.value) } }) }
    return holder["list"] ?? .null
  }
}

extension Expression: ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
  init(integerLiteral value: Int) { self.init(value) }
  init(booleanLiteral value: Bool) { self.init(value: .bool(value)) }
  init(_ number: Int) { self.init(value: .int64(Int64(number))) }
}

/// `{$set: {…}}`, a stage of an update by pipeline. The expressions see the document as the stage before left it.
func setStage(_ fields: KeyValuePairs<String, Expression>) -> BSONDocument {
  BSONDocument { $0.append("$set", document: { for (name, value) in fields { $0.append(name, value.value) } }) }
}
