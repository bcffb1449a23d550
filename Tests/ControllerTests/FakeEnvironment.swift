import Environments
import Nodes
import Values

/// Nodes that a test plays itself, in a time of its own: what it answers to a request, and when.
final class FakeEnvironment: Environment {
  typealias Answers = [(after: Nanoseconds, event: EnvironmentEvent)]

  let names: NodeNames
  private(set) var now: Nanoseconds = 0
  /// All requests, with when they came.
  private(set) var requests: [(time: Nanoseconds, request: Request, node: NodeID)] = []
  /// All faults, with when they were applied.
  private(set) var applied: [(time: Nanoseconds, fault: Fault)] = []
  private(set) var isStopped = false

  /// What comes of a request, and how long after it.
  var answer: (Request, RequestID, NodeID) -> Answers = { _, _, _ in [] }
  var report: (Fault) -> FaultReport = { _ in FaultReport(tookHold: true) }
  var unsupported: [FaultFamily: String] = [:]
  /// When waiting fails.
  var failure: Nanoseconds = .max
  /// The nodes that it fails for the loss of.
  var lostNodes: [String] = []

  private var queue: [(time: Nanoseconds, event: EnvironmentEvent)] = []

  init(count: Int = 2) { names = .numbered(count: count) }

  var traffic: Traffic { Traffic() }

  func support(for family: FaultFamily) -> FaultSupport {
    unsupported[family].map { .unsupported($0) } ?? .supported
  }

  func start() {}
  func stop() { isStopped = true }

  func submit(_ request: Request, as id: RequestID, to node: NodeID) {
    requests.append((now, request, node))
    for (delay, event) in answer(request, id, node) { queue.append((now + delay, event)) }
  }

  func apply(_ fault: Fault) -> FaultReport {
    applied.append((now, fault))
    return report(fault)
  }

  func advance(until deadline: Nanoseconds) throws -> [EnvironmentEvent] {
    let due = min(queue.map(\.time).min() ?? .max, deadline)
    if due >= failure { throw Failure(lostNodes: lostNodes) }
    now = max(now, due)
    let events = queue.filter { $0.time <= now }.map(\.event)
    queue.removeAll { $0.time <= now }
    return events
  }

  struct Failure: EnvironmentError, CustomStringConvertible {
    var lostNodes: [String]

    var description: String { "the host is gone" }
  }
}
