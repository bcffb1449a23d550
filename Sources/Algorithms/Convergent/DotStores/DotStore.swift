public import Values

/// What is alive of an object, each part of it named by the update that made it.
///
/// After Almeida et al., *Delta state replicated data types* (2018), dot stores. Of two stores,
/// with what their replicas have seen, that is alive which is in both, or in one and not seen by
/// the other: what is seen and not there is dead, and no tombstone has to say so.
public protocol DotStore: Hashable, Sendable, StablyCodable {
  /// Whether nothing is alive.
  var isEmpty: Bool { get }

  /// Appends the dots of all that is alive.
  func appendDots(to dots: inout [Dot])

  /// Keeps what another replica's store has, too, or its replica has not seen, and takes in what it
  /// has and this replica has not seen.
  mutating func join(_ other: Self, seenHere: CausalContext, seenThere: CausalContext)

  /// Drops all that a replica has seen that has nothing of it: joins an empty store.
  mutating func subtract(_ seen: CausalContext)
}

extension DotStore {
  /// The dots of all that is alive.
  public var dots: [Dot] {
    var dots: [Dot] = []
    appendDots(to: &dots)
    return dots
  }

  /// What is not seen, or nothing.
  func unseen(by seen: CausalContext) -> Self? {
    var rest = self
    rest.subtract(seen)
    return rest.isEmpty ? nil : rest
  }
}
