/// A value as histories, requests and plans carry it: the union of what JSON and EDN can say.
///
/// Maps and sets are held sorted, so that equality, hashing, encoding and printing agree and never
/// depend on the order in which a file was written. `1` and `1.0` are different values, as they are
/// in Clojure; `0.0` and `-0.0` are equal. Texts are equal when their scalars are.
public enum Value: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  /// Never NaN, which is `.number("##NaN")`.
  case double(Double)
  /// A number with no exact machine form, as it was written: `0.1M`, `2/3`, `##NaN`, or an integer
  /// beyond 64 bits.
  case number(String)
  case string(String)
  /// An EDN keyword without its colon.
  case keyword(String)
  case symbol(String)
  case character(Unicode.Scalar)
  /// A JSON array, an EDN vector or an EDN list.
  case list([Value])
  case set(ValueSet)
  case map(ValueMap)
  indirect case tagged(String, Value)
}

extension Value {
  /// The integer, when this is one.
  @inlinable
  public var integer: Int? {
    if case .integer(let integer) = self { integer } else { nil }
  }

  /// The elements of a list or of a set.
  public var elements: [Value]? {
    switch self {
    case .list(let elements): elements
    case .set(let set): set.elements
    default: nil
    }
  }

  /// The text of a string, keyword or symbol: EDN's `:read` and JSON's `"read"` name one thing.
  public var name: String? {
    switch self {
    case .string(let text), .keyword(let text), .symbol(let text): text
    default: nil
    }
  }

  /// The map, when this is one.
  public var map: ValueMap? {
    if case .map(let map) = self { map } else { nil }
  }

  /// What a map holds under a key named `key`, be it a string or a keyword.
  public subscript(key: String) -> Value? {
    guard case .map(let map) = self else { return nil }
    return map[.string(key)] ?? map[.keyword(key)]
  }
}

extension Value: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral,
  ExpressibleByFloatLiteral, ExpressibleByDictionaryLiteral
{
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(nilLiteral: ()) { self = .null }
  public init(arrayLiteral elements: Value...) { self = .list(elements) }
  public init(dictionaryLiteral elements: (Value, Value)...) {
    self = .map(ValueMap(elements.map { ValueMap.Entry(key: $0.0, value: $0.1) }))
  }
}
