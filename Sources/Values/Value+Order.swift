extension Value: Comparable {
  public static func == (left: Value, right: Value) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.integer(let a), .integer(let b)): a == b
    case (.double(let a), .double(let b)): a == b || a.bitPattern == b.bitPattern
    case (.number(let a), .number(let b)): a.hasScalars(of: b)
    case (.string(let a), .string(let b)): a.hasScalars(of: b)
    case (.keyword(let a), .keyword(let b)): a.hasScalars(of: b)
    case (.symbol(let a), .symbol(let b)): a.hasScalars(of: b)
    case (.character(let a), .character(let b)): a == b
    case (.list(let a), .list(let b)): a == b
    case (.set(let a), .set(let b)): a == b
    case (.map(let a), .map(let b)): a == b
    case (.tagged(let a, let x), .tagged(let b, let y)): a.hasScalars(of: b) && x == y
    default: false
    }
  }

  /// A total order: by kind first, then by content; lists lexicographically.
  public static func < (left: Value, right: Value) -> Bool {
    switch (left, right) {
    case (.bool(let a), .bool(let b)): !a && b
    case (.integer(let a), .integer(let b)): a < b
    case (.double(let a), .double(let b)): a < b || (b.isNaN && !a.isNaN)
    case (.number(let a), .number(let b)): a.precedes(b)
    case (.string(let a), .string(let b)): a.precedes(b)
    case (.keyword(let a), .keyword(let b)): a.precedes(b)
    case (.symbol(let a), .symbol(let b)): a.precedes(b)
    case (.character(let a), .character(let b)): a < b
    case (.list(let a), .list(let b)): a.lexicographicallyPrecedes(b)
    case (.set(let a), .set(let b)): a.elements.lexicographicallyPrecedes(b.elements)
    case (.map(let a), .map(let b)): a.entries.lexicographicallyPrecedes(b.entries)
    case (.tagged(let a, let x), .tagged(let b, let y)):
      a.hasScalars(of: b) ? x < y : a.precedes(b)
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

// Swift takes canonically equivalent texts for equal: an e with an acute accent, in one scalar or
// in two. To a system under test these are different values.
extension String {
  /// Whether two texts are the same scalars.
  fileprivate func hasScalars(of other: String) -> Bool {
    self == other && utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
  }

  /// Orders texts as Swift does, and those that Swift holds equal by their bytes.
  fileprivate func precedes(_ other: String) -> Bool {
    self < other || (self == other && utf8.lexicographicallyPrecedes(other.utf8))
  }
}
