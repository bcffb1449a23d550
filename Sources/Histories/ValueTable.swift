public import Values

/// The number of a value in a ``ValueTable``: equal values have equal codes.
///
/// An integer that fits 30 bits is its own code, so that most values of most histories need no
/// table.
public struct ValueCode: Hashable, Sendable {
  /// An integer's value × 2, or the number of a value of the table × 2 + 1.
  public let raw: Int32

  @inlinable
  init(raw: Int32) { self.raw = raw }

  /// The code of null, in every table.
  public static let null = ValueCode(raw: 1)

  /// The integer, when this is a small one.
  @inlinable
  public var integer: Int? { raw & 1 == 0 ? Int(raw >> 1) : nil }

  /// The number in the table, when this is no small integer.
  @inlinable
  public var number: Int? { raw & 1 == 1 ? Int(UInt32(bitPattern: raw) >> 1) : nil }

  /// The code of an integer that fits 30 bits.
  @inlinable
  public init?(_ integer: Int) {
    guard integer >= -(1 << 30), integer < 1 << 30 else { return nil }
    raw = Int32(truncatingIfNeeded: integer << 1)
  }
}

/// Values as small numbers: each distinct value once, lists as the codes of their elements.
public struct ValueTable: Sendable {
  private enum Entry: Sendable {
    case leaf(Value)
    /// A range of `elements`.
    case list(start: Int32, count: Int32)
  }

  private var entries: [Entry] = [.leaf(.null)]
  private var elements: [ValueCode] = []
  private var leaves: [Value: Int32] = [.null: 0]
  private var lists: [[ValueCode]: Int32] = [:]

  public init() {}

  /// The code of a value, which is added where it is new.
  public mutating func code(of value: Value) -> ValueCode {
    switch value {
    case .integer(let integer):
      if let code = ValueCode(integer) { return code }
      return leaf(value)
    case .list(let values):
      return list(values.map { code(of: $0) })
    default: return leaf(value)
    }
  }

  /// The code of a list of values that have codes.
  public mutating func list(_ codes: [ValueCode]) -> ValueCode {
    if let known = lists[codes] { return ValueCode(raw: known << 1 | 1) }
    let number = Int32(entries.count)
    entries.append(.list(start: Int32(elements.count), count: Int32(codes.count)))
    elements += codes
    lists[codes] = number
    return ValueCode(raw: number << 1 | 1)
  }

  private mutating func leaf(_ value: Value) -> ValueCode {
    if let known = leaves[value] { return ValueCode(raw: known << 1 | 1) }
    let number = Int32(entries.count)
    entries.append(.leaf(value))
    leaves[value] = number
    return ValueCode(raw: number << 1 | 1)
  }

  /// The elements' codes, when a code is a list's.
  public func elements(of code: ValueCode) -> ArraySlice<ValueCode>? {
    guard let number = code.number, case .list(let start, let count) = entries[number] else {
      return nil
    }
    return elements[Int(start)..<Int(start + count)]
  }

  /// The two elements' codes, when a code is that of a list of two, such as `[key, value]`.
  public func pair(of code: ValueCode) -> (ValueCode, ValueCode)? {
    guard let number = code.number, case .list(let start, 2) = entries[number] else { return nil }
    return (elements[Int(start)], elements[Int(start) + 1])
  }

  /// The value with a code.
  public func value(of code: ValueCode) -> Value {
    if let integer = code.integer { return .integer(integer) }
    guard let number = code.number else { return .null }
    return switch entries[number] {
    case .leaf(let value): value
    case .list(let start, let count):
      .list(elements[Int(start)..<Int(start + count)].map { value(of: $0) })
    }
  }
}
