import Environments
import Nodes
import Values

/// The faults of nodes that are processes of this machine, tried on nodes that speak to each other all
/// the time.
struct LocalTrials {
  private let cluster: any Environment

  /// How many messages of the nodes a fault of the network has to meet, and how long that may take.
  private static let messageCount = 5
  private static let patience: Nanoseconds = .seconds(2)

  init(in cluster: any Environment) { self.cluster = cluster }

  func examinations() -> [Examination] {
    let first = cluster.names.nodes[0]
    let kill = Trial(
      inject: .kill([first]), heal: .restart([first]),
      success: "a process ends, and is started again")
    let pause = Trial(
      inject: .pause([first]), heal: .resume([first]),
      success: "a process stands still, and runs again afterwards")
    return messageFaults() + [
      kill.examination("local kill", in: cluster), pause.examination("local pause", in: cluster),
    ]
  }

  private func messageFaults() -> [Examination] {
    let nodes = cluster.names.nodes
    let links = nodes.flatMap { from in
      nodes.filter { $0 != from }.map { Link(from: from, to: $0) }
    }
    let disturbances = [
      Disturbance(.delay, probability: 1, latency: .milliseconds(5)),
      Disturbance(.loss, probability: 0.5), Disturbance(.duplicate, probability: 1),
      Disturbance(.reorder, probability: 1, latency: .milliseconds(5)),
    ]
    return atOnce([(.cut(links), .mend)])
      + atOnce(disturbances.map { (.disturb($0, links), .calm($0.kind)) })
  }

  /// Injects faults of the network, and ends them when they have had messages to meet.
  private func atOnce(_ faults: [(inject: Fault, heal: Fault)]) -> [Examination] {
    let before = cluster.traffic.betweenServers
    let deadline = cluster.now + LocalTrials.patience
    for fault in faults { _ = cluster.apply(fault.inject) }
    var problem: String?
    do {
      while cluster.traffic.betweenServers < before + LocalTrials.messageCount,
        cluster.now < deadline
      {
        _ = try cluster.advance(until: min(deadline, cluster.now + .milliseconds(10)))
      }
    } catch {
      problem = "\(error)"
    }
    return faults.map { fault in
      let count = cluster.apply(fault.heal).affected ?? 0
      let name = "local \(fault.inject.family.rawValue)"
      if let problem { return Examination(.fault, name, .missing, problem) }
      return count > 0
        ? Examination(.fault, name, .works, "messages between nodes met with it")
        : Examination(.fault, name, .missing, "no message between nodes met with it")
    }
  }
}
