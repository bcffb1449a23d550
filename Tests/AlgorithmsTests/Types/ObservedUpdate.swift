import Algorithms
import Values

/// An update that was made in a random run, and the updates that its node had seen before it.
struct ObservedUpdate {
  var place: Int
  var node: Int
  var update: ReplicatedUpdate
  var result: UpdateResult
  /// By their places.
  var seen: Set<Int>

  func hasSeen(_ other: ObservedUpdate) -> Bool { seen.contains(other.place) }

  var f: String { update.f }
  var value: Value { update.value }
}
