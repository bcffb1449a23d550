public import Environments
import Histories
public import Values

/// Running counts of a test, for people who watch it.
public struct Progress: Hashable, Sendable {
  /// How many of the latest latencies are kept.
  static let sampleCount = 512

  public var invoked = 0
  public private(set) var ok = 0
  public private(set) var failed = 0
  public private(set) var indeterminate = 0
  public var faultsInForce: [FaultFamily] = []
  /// The latest latencies of operations that succeeded, in no order.
  private var latencies: [Nanoseconds] = []

  public init() {}

  mutating func count(_ outcome: Operation.Kind, latency: Nanoseconds) {
    switch outcome {
    case .ok:
      if latencies.count < Progress.sampleCount {
        latencies.append(latency)
      } else {
        latencies[ok % Progress.sampleCount] = latency
      }
      ok += 1
    case .fail: failed += 1
    case .info, .invoke: indeterminate += 1
    }
  }

  /// A quantile of the latest latencies, for `fraction` in 0...1.
  public func latency(at fraction: Double) -> Nanoseconds? {
    let sorted = latencies.sorted()
    guard !sorted.isEmpty else { return nil }
    return sorted[min(sorted.count - 1, Int(Double(sorted.count) * fraction))]
  }
}
