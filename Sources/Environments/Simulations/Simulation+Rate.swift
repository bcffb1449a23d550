public import Environments
import Nodes
public import Values

/// How fast a simulation runs.
public struct SimulationRate: Hashable, Sendable {
  /// Events that the nodes handled.
  public var events: Int
  /// Real time that passed.
  public var elapsed: Duration

  @inlinable
  public init(events: Int, elapsed: Duration) {
    self.events = events
    self.elapsed = elapsed
  }

  /// Handled events a real second.
  public var eventsPerSecond: Double { Double(events) / (elapsed / .seconds(1)) }
}

extension Simulation {
  /// Lets time pass, and measures how many events are handled in how much real time.
  ///
  /// - Parameter respond: Is told what happened; it may submit requests and apply faults.
  @inlinable
  public func measure(
    for duration: Nanoseconds, respond: (Simulation<N>, EnvironmentEvent) -> Void = { _, _ in }
  ) -> SimulationRate {
    let end = time + duration
    let before = handled
    let elapsed = ContinuousClock().measure {
      while time < end {
        for event in advance(until: end) { respond(self, event) }
      }
    }
    return SimulationRate(events: handled - before, elapsed: elapsed)
  }
}
