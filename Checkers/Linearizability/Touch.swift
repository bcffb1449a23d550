/// How an operation touches one part of an object's state: one key of several, or all there is.
///
/// It lets the search leave out orders that can't matter: operations without a common part
/// commute; and what a later operation must see in a part bounds what may happen to it before.
public struct Touch: Hashable, Sendable {
  /// The part's number: 0 and up.
  public var part: Int32
  /// Whether the operation is possible only for some values of the part.
  public var looks: Bool
  /// Whether the part's value after it doesn't depend on the one before.
  public var sets: Bool

  public init(part: Int32, looks: Bool, sets: Bool) {
    self.part = part
    self.looks = looks
    self.sets = sets
  }
}
