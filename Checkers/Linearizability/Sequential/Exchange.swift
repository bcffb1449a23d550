/// What an operation needs to find in one part of an object's state, and what it leaves there.
public struct Exchange: Hashable, Sendable {
  /// The part's number: 0 and up.
  public var part: Int32
  /// The content that it is possible with only; nothing where it is possible with any.
  public var finds: Int32?
  /// The content after it; nothing where it leaves the part alone.
  public var leaves: Int32?

  public init(_ part: Int32, finds: Int32? = nil, leaves: Int32? = nil) {
    self.part = part
    self.finds = finds
    self.leaves = leaves
  }
}

extension Register {
  public func initialContent(of part: Int32) -> Int32 { initial }

  public func forEachExchange(of operation: Action, _ body: (Exchange) -> Void) -> Bool {
    switch operation {
    case .observe(let seen): body(Exchange(0, finds: seen))
    case .set(let new): body(Exchange(0, leaves: new))
    case .move(let from, let to): body(Exchange(0, finds: from, leaves: from == to ? nil : to))
    case .differ, .apply, .inspect: return false
    }
    return true
  }
}

extension KeyValues {
  public func initialContent(of part: Int32) -> Int32 { first }

  public func forEachExchange(of operation: [Access], _ body: (Exchange) -> Void) -> Bool {
    var exchanges: [Exchange] = []
    for access in operation {
      let place = exchanges.firstIndex { $0.part == access.key } ?? exchanges.count
      if place == exchanges.count { exchanges.append(Exchange(access.key)) }
      switch access.effect {
      case .read(let value):
        guard exchanges[place].find(value) else { return false }
      case .write(let value): exchanges[place].leaves = value
      case .cas(let from, let to):
        guard exchanges[place].find(from) else { return false }
        if from != to { exchanges[place].leaves = to }
      case .differ, .append: return false
      }
    }
    for exchange in exchanges { body(exchange) }
    return true
  }
}

extension Exchange {
  /// Sees a content at this point of the operation.
  ///
  /// - Returns: Whether that is possible after what the operation did itself.
  fileprivate mutating func find(_ content: Int32) -> Bool {
    if let own = leaves ?? finds { return own == content }
    finds = content
    return true
  }
}
