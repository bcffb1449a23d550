import Environments
import Glibc
import Nodes
import Processes
import Values

/// Asks again and again whether nodes are ready and which lead, where programs on their hosts tell.
final class ProbeWatch {
  /// How often each is asked.
  static let interval: Nanoseconds = .milliseconds(200)
  /// How long an answer may take.
  static let patience: Nanoseconds = .seconds(5)

  private enum Question: Hashable {
    case isReady
    case leads
  }

  private struct Asked: Hashable {
    var node: NodeID
    var question: Question
  }

  private var running: [Asked: (tool: TaskID, since: Nanoseconds)] = [:]
  private var due: [(asked: Asked, words: [String], at: Nanoseconds)] = []
  private let nodes: [HostedProcess]
  private let report: (TransportEvent) -> Void

  init(_ nodes: [HostedProcess], report: @escaping (TransportEvent) -> Void) {
    self.nodes = nodes
    self.report = report
    for process in nodes {
      if case .command(let words) = process.system.ready {
        due.append((Asked(node: process.node, question: .isReady), words, 0))
      }
      if case .command(let words) = process.system.leader {
        due.append((Asked(node: process.node, question: .leads), words, 0))
      }
    }
  }

  var nextWake: Nanoseconds? { due.map(\.at).min() }

  /// Asks what is due.
  func step(at now: Nanoseconds) {
    for place in due.indices where due[place].at <= now {
      due[place].at = now + ProbeWatch.interval
      let (asked, words, _) = due[place]
      let process = nodes[asked.node.index]
      if let last = running[asked] {
        guard now >= last.since + ProbeWatch.patience else { continue }
        // It may hang for good, and would not be the last that does.
        try? process.host.agent.send(.signal(last.tool, SIGKILL))
      }
      guard process.isRunning, process.expectedEnd == nil, !process.isPaused,
        let tool = try? process.host.agent.begin(
          words, environment: process.environment, user: process.system.user,
          directory: process.homeOnHost)
      else { continue }
      running[asked] = (tool.id, now)
    }
  }

  func take(_ notice: AgentNotice, of node: NodeID) {
    guard case .exited(let id, let status) = notice,
      let asked = running.first(where: { $0.key.node == node && $0.value.tool == id })?.key
    else { return }
    running[asked] = nil
    let isSo = status == .exited(code: 0)
    switch asked.question {
    case .isReady:
      report(isSo ? .reachable(node) : .unreachable(node, "it is not ready: \(status)"))
    case .leads: report(.role(node, isSo ? "leader" : "follower"))
    }
  }

  func end() { due = [] }
}
