/// What a decider found of one object's history.
public enum Decision: Hashable, Sendable {
  case linearizable
  case nonlinearizable(Certificate)
}

/// A small part of a history that is not linearizable by itself, so that neither is the whole.
public struct Certificate: Hashable, Sendable {
  /// The operations as they are, by number.
  public var operations: [Int32]
  /// Operations that need not return in the part: they may take effect at any later time, or never.
  public var weakened: [Int32]
  /// Why the part has no order, as a sentence without its full stop.
  public var reason: String

  public init(_ operations: [Int32], weakened: [Int32] = [], reason: String) {
    self.operations = operations
    self.weakened = weakened
    self.reason = reason
  }

  /// What becomes of each of `count` operations in the part.
  public func fates(count: Int) -> [Fate] {
    var fates = [Fate](repeating: .dropped, count: count)
    for operation in weakened { fates[Int(operation)] = .weakened }
    for operation in operations { fates[Int(operation)] = .kept }
    return fates
  }
}

/// What becomes of an operation in a part of a history.
public enum Fate: UInt8, Sendable {
  case kept
  /// It need not return any more: it may take effect later, or never.
  case weakened
  case dropped
}
