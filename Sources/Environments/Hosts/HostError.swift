public import Environments
public import Values

/// Why hosts could not be had, or a cluster on them could not be run; the system under test is not to
/// blame, or never came up.
public enum HostError: EnvironmentError, Hashable, Sendable, CustomStringConvertible {
  case agentNotStarted(String)
  case agentLost(String)
  case agentSilent(String)
  case notFurnished(String, String)
  case notStarted(String, String)
  case noTool(String)
  case toolFailed(String, String)
  case toolNeverEnded(String, String, after: Nanoseconds)
  case probeFailed(String, String)
  case namespaces(String)
  case neverReady(String, within: Nanoseconds, problem: String, lastLines: [String])
  case user(String, String)
  case file(String, String)
  case packages([String], String)
  case notHealed(String)
  case client(String)
  case refused(String, String)
  case machines(String)
  case lost(String, String)

  public var description: String {
    switch self {
    case .agentNotStarted(let problem): "the hosts' agent could not be started: \(problem)"
    case .agentLost(let host):
      "host \(host): its agent is gone, and all that ran there with it"
    case .agentSilent(let host):
      "host \(host): its agent did not answer within \(AgentConnection.patience.durationText)"
    case .notFurnished(let host, let problem): "host \(host): \(problem)"
    case .notStarted(let host, let problem): "host \(host): can't start \(problem)"
    case .noTool(let tool): HostError.missing(tool)
    case .toolFailed(let host, let problem): "host \(host): \(problem)"
    case .toolNeverEnded(let host, let tool, let time):
      "host \(host): \(tool): not ended after \(time.durationText)"
    case .probeFailed(let host, let problem): "host \(host): the network's probe: \(problem)"
    case .namespaces(let problem): problem
    case .neverReady(let host, let time, let problem, let lastLines):
      "node \(host) was not ready within \(time.durationText): \(problem)"
        + (lastLines.isEmpty
          ? "; it printed nothing"
          : "; the last that it printed:\n" + lastLines.map { "  \($0)" }.joined(separator: "\n"))
    case .user(let host, let problem): "node \(host): \(problem)"
    case .file(let path, let problem): "\(path): \(problem)"
    case .packages(let packages, let problem):
      "can't install \(packages.joined(separator: " ")): \(problem)"
    case .notHealed(let problem): problem
    case .client(let problem): problem
    case .machines(let problem): problem
    case .lost(let host, let problem): "host \(host) was lost: \(problem)"
    case .refused(let host, let reason): "host \(host): \(reason)"
    }
  }

  public var lostNodes: [String] {
    switch self {
    case .agentLost(let host), .agentSilent(let host), .lost(let host, _): [host]
    default: []
    }
  }

  /// A tool that is not there, with the command that installs it.
  static func missing(_ tool: String) -> String {
    let packages = [
      "ip": "iproute2", "nft": "nftables", "iptables": "iptables", "iptables-restore": "iptables",
    ]
    return "there is no program \(tool)"
      + (packages[tool].map { "; apt-get install \($0)" } ?? ", neither here nor in PATH")
  }
}
