import Nodes
public import Values

/// Lamport's clock: a number that is greater than that of every event before.
///
/// Lamport: Time, clocks, and the ordering of events in a distributed system (1978), implementation
/// rules 1 and 2.
public struct LamportClock: EventClock {
  public private(set) var time = 0

  public init() {}

  public init(identity: Int, of count: Int) {}

  public mutating func tick() { time += 1 }

  public mutating func merge(_ other: LamportClock) { time = max(time, other.time) }

  public var stamp: Value { ["lamport", .integer(time)] }
  public var stampSize: Int { CompactBytes.count(of: time) }

  public func encode(into sink: inout some ByteSink) { sink.put(time) }

  public init?(from source: inout ByteSource) {
    guard let time = source.integer() else { return nil }
    self.time = time
  }

  public static let description = AlgorithmDescription(
    name: "lamport-clock", summary: "Events stamped by one number, that of Lamport's clock.",
    promise:
      "An event that happened before another has the smaller number; not the other way round.",
    assumptions: "A disk keeps what was synced.",
    paper: "Lamport: Time, clocks, and the ordering of events in a distributed system (1978).",
    bugs: [
      ClockBug.noMerge(source: "Lamport (1978), implementation rule 2 (b)."),
      ClockBug.noTick(
        source: "Lamport (1978), implementation rule 2 (b): greater than the message's."),
      ClockBug.staleMessage(source: "Lamport (1978), implementation rule 2 (a)."),
      ClockBug.forgetsClock,
    ], workloads: ["clocks"], messageTypes: ["told"])
}

/// How long numbers are in seven bits a byte, as on most wires.
enum CompactBytes {
  static func count(of number: Int) -> Int {
    max(1, (Int.bitWidth - number.leadingZeroBitCount + 6) / 7)
  }
}
