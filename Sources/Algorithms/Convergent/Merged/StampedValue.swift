import Values

/// A value and the stamp of its write; the greater stamp is the later.
struct StampedValue: Hashable, Comparable, Sendable, StablyCodable {
  var stamp: Stamp
  var value: Value

  /// Two writes of one stamp, as wall clocks may make them, are in the order of their values.
  static func < (left: StampedValue, right: StampedValue) -> Bool {
    left.stamp == right.stamp ? left.value < right.value : left.stamp < right.stamp
  }

  /// The later of both; the planted bugs take another one.
  func merged(with told: StampedValue, bugs: Set<String>) -> StampedValue {
    if bugs.contains(.lastArrivalWins) { return told }
    if bugs.contains(.tieUnbroken) { return stamp.time < told.stamp.time ? told : self }
    return max(self, told)
  }

  func encode(into sink: inout some ByteSink) {
    stamp.encode(into: &sink)
    value.encode(into: &sink)
  }

  init(stamp: Stamp, value: Value) {
    self.stamp = stamp
    self.value = value
  }

  init?(from source: inout ByteSource) {
    guard let stamp = Stamp(from: &source), let value = Value(from: &source) else { return nil }
    self.init(stamp: stamp, value: value)
  }
}
