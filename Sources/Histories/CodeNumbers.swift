/// Numbers for values that have codes, from 0 in the order in which they are met.
///
/// Small integers, and values with a low number in their table, have a place each in an array; integers
/// that are negative and all that is beyond a bound are looked up: so memory grows with what is met,
/// not with what it is called.
public struct CodeNumbers: Sendable {
  /// The values by their numbers.
  public private(set) var codes: [ValueCode] = []
  @usableFromInline var integers: [Int32] = []
  @usableFromInline var others: [Int32] = []
  private var sparse: [ValueCode: Int32] = [:]
  private let bound: Int

  /// - Parameter bound: About how many values there may be; what is far beyond that is looked up.
  public init(bound: Int) { self.bound = 4 * bound + 1_024 }

  public var count: Int { codes.count }

  /// The number of a value, which is new where it equals the count before.
  @inlinable
  @inline(__always)
  public mutating func number(of code: ValueCode) -> Int32 {
    let number = known(code)
    return number >= 0 ? number : add(code)
  }

  /// The number of a value that was met, else nothing.
  public func number(ofKnown code: ValueCode) -> Int32? {
    let number = known(code)
    return number >= 0 ? number : sparse[code]
  }

  /// The number of a value, or -1 where it has none in the arrays.
  @inlinable
  @inline(__always)
  func known(_ code: ValueCode) -> Int32 {
    if let integer = code.integer {
      return integer >= 0 && integer < integers.count ? integers[integer] : -1
    }
    let place = code.number ?? 0
    return place < others.count ? others[place] : -1
  }

  @usableFromInline
  mutating func add(_ code: ValueCode) -> Int32 {
    let number = Int32(truncatingIfNeeded: codes.count)
    if let place = code.number, place < bound {
      CodeNumbers.enter(number, at: place, of: &others, upTo: bound)
    } else if let integer = code.integer, integer >= 0, integer < bound {
      CodeNumbers.enter(number, at: integer, of: &integers, upTo: bound)
    } else {
      if let known = sparse[code] { return known }
      sparse[code] = number
    }
    codes.append(code)
    return number
  }

  private static func enter(
    _ number: Int32, at place: Int, of column: inout [Int32], upTo bound: Int
  ) {
    if place >= column.count {
      let width = min(bound, max(place + 1, 2 * column.count, 64))
      column.append(contentsOf: repeatElement(-1, count: width - column.count))
    }
    column[place] = number
  }
}
