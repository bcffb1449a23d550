public import Values

/// A logical clock of one node: it counts events, and its time can be told to others.
public protocol EventClock: Hashable, Sendable, StablyCodable {
  /// What a system whose nodes stamp events with it is.
  static var description: AlgorithmDescription { get }

  /// - Parameter identity: The place of the node among `count`, which no other node has.
  init(identity: Int, of count: Int)

  /// Counts an event of this node; what the clock says from then on is the event's stamp.
  mutating func tick()

  /// Takes in what the clock of another node said.
  mutating func merge(_ other: Self)

  /// The stamp as histories carry it: its kind and its parts.
  var stamp: Value { get }
  /// How many bytes the stamp takes on the wire.
  var stampSize: Int { get }
}
