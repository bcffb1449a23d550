import Environments
import Nodes
import Simulations
import Testing
import Values

struct PromiseTests {
  /// Counts are at most a limit; it counts its checks, and remembers who was changed.
  final class Log: @unchecked Sendable {
    var changed: [NodeID] = []
  }

  struct AtMost: Invariant {
    var limit: Int
    let log: Log

    mutating func check(_ changed: NodeID, in cluster: ClusterStates<Forgetful>) -> Violation? {
      log.changed.append(changed)
      let count = cluster.cells[changed.index].node.count
      return count > limit ? Violation("at-most", "\(count)", nodes: [changed]) : nil
    }
  }

  @Test("an invariant is checked after every event, and its first violation is reported once")
  func invariants() {
    let log = Log()
    let simulation = simulate(Forgetful.self, invariants: [AtMost(limit: 2, log: log)])
    #expect(log.changed == [n1, n2, n3])
    var violations: [EnvironmentEvent] = []
    for number in 0..<6 {
      simulation.submit(.readAll, as: RequestID(client: 0, number: number), to: n2)
      violations += simulation.run(for: .milliseconds(5))
    }
    let violation = Violation("at-most", "3", nodes: [n2])
    #expect(violations == [.violated(violation)])
    #expect(simulation.violation == violation)
    #expect(log.changed.count { $0 == n2 } == 1 + 2 + 3)
  }

  @Test(
    "a broken mark is a violation", arguments: [("always", "broken"), ("unreachable", "abyss")])
  func marks(request: String, label: String) {
    let simulation = simulate(Forgetful.self)
    simulation.submit(.custom(.string(request)), as: RequestID(client: 0, number: 0), to: n3)
    let events = simulation.run(for: .milliseconds(5))
    #expect(events.count == 1)
    #expect(simulation.violation?.invariant == label)
    #expect(simulation.violation?.nodes == [n3])
  }

  @Test("marks that were reached are counted")
  func counts() {
    let simulation = simulate(Forgetful.self)
    for number in 0..<3 {
      simulation.submit(.custom("sometimes"), as: RequestID(client: 0, number: number), to: n1)
      simulation.run(for: .milliseconds(5))
    }
    #expect(simulation.marks == ["seen": 3])
    #expect(simulation.violation == nil)
  }
}
