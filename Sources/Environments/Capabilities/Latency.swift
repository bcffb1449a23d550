public import Values

/// How long messages travel.
public enum Latency: Hashable, Sendable {
  case constant(Nanoseconds)
  /// Any latency of the range is as likely as any other.
  case uniform(ClosedRange<Nanoseconds>)
  /// Mostly short, with a long tail.
  case exponential(mean: Nanoseconds)

  /// Maelstrom's distributions by name, with a mean.
  public init?(distribution: String, mean: Nanoseconds) {
    switch distribution {
    case "constant": self = .constant(mean)
    case "uniform": self = .uniform(0...2 * mean)
    case "exponential": self = .exponential(mean: mean)
    default: return nil
    }
  }

  /// The latency of one message, by at most one draw.
  @inlinable
  public func draw(_ draws: inout Draws) -> Nanoseconds {
    switch self {
    case .constant(let latency): latency
    case .uniform(let range): draws.within(range)
    case .exponential(let mean): Nanoseconds(draws.exponential(mean: Double(mean)))
    }
  }
}
