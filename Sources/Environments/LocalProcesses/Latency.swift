public import Values

/// How long messages are under way.
public struct Latency: Hashable, Sendable {
  /// How latencies are distributed around their mean.
  public enum Distribution: String, Hashable, Sendable, CaseIterable {
    case constant
    /// From nothing to twice the mean.
    case uniform
    case exponential
  }

  public var mean: Nanoseconds
  public var distribution: Distribution

  public init(mean: Nanoseconds = 0, distribution: Distribution = .constant) {
    self.mean = mean
    self.distribution = distribution
  }

  /// Draws one message's latency; none is drawn where the mean is 0.
  public func draw(from draws: inout Draws) -> Nanoseconds {
    guard mean > 0 else { return 0 }
    return switch distribution {
    case .constant: mean
    case .uniform: draws.within(0...2 * mean)
    case .exponential: Nanoseconds(draws.exponential(mean: Double(mean)))
    }
  }
}
