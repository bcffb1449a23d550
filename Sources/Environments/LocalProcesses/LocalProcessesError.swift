/// Why a cluster could not be run; the system under test is not to blame, or never came up.
public enum LocalProcessesError: Error, Hashable, Sendable, CustomStringConvertible {
  case programNotFound(String)
  case nodeNeverCameUp(node: String, status: String, lastLines: [String])
  case supervisorNotStarted(String)
  case supervisorDied
  case clockNotReset(node: String, String)

  public var description: String {
    switch self {
    case .programNotFound(let program):
      "\(program): there is no such program, neither here nor in PATH"
    case .nodeNeverCameUp(let node, let status, let lastLines):
      "node \(node) never came up: \(status)"
        + (lastLines.isEmpty
          ? "; it printed nothing"
          : "; the last that it printed:\n" + lastLines.map { "  \($0)" }.joined(separator: "\n"))
    case .supervisorNotStarted(let problem): "the supervisor could not be started: \(problem)"
    case .supervisorDied:
      "the process that supervises the nodes died; the nodes were killed"
    case .clockNotReset(let node, let problem):
      "the clock of \(node) could not be made right: \(problem)"
    }
  }
}
