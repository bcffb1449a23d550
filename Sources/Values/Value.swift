/// A value as histories, requests and plans carry it: the union of what JSON and EDN can say.
///
/// Maps and sets are held sorted, so that equality, hashing, encoding and printing agree and never
/// depend on the order in which a file was written. `1` and `1.0` are different values, as they are
/// in Clojure.
public enum Value: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  case double(Double)
  /// A number with no exact machine form, as it was written: `12N`, `0.1M`, `2/3`, `##NaN`.
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

extension Value: Comparable {
  /// A total order: by kind first, then by content; lists lexicographically.
  public static func < (left: Value, right: Value) -> Bool {
    switch (left, right) {
    case (.bool(let a), .bool(let b)): !a && b
    case (.integer(let a), .integer(let b)): a < b
    case (.double(let a), .double(let b)): a < b
    case (.number(let a), .number(let b)): a < b
    case (.string(let a), .string(let b)): a < b
    case (.keyword(let a), .keyword(let b)): a < b
    case (.symbol(let a), .symbol(let b)): a < b
    case (.character(let a), .character(let b)): a < b
    case (.list(let a), .list(let b)): a.lexicographicallyPrecedes(b)
    case (.set(let a), .set(let b)): a.elements.lexicographicallyPrecedes(b.elements)
    case (.map(let a), .map(let b)): a.entries.lexicographicallyPrecedes(b.entries)
    case (.tagged(let a, let x), .tagged(let b, let y)): a == b ? x < y : a < b
    default: left.rank < right.rank
    }
  }

  /// The place of this kind of value in the total order, and its tag in encodings.
  var rank: UInt8 {
    switch self {
    case .null: 0
    case .bool: 1
    case .integer: 2
    case .double: 3
    case .number: 4
    case .string: 5
    case .keyword: 6
    case .symbol: 7
    case .character: 8
    case .list: 9
    case .set: 10
    case .map: 11
    case .tagged: 12
    }
  }
}
