import Environments
import Nodes
import ProcessClocks
import Values

/// The clocks of a cluster's hosts: whose are wrong, and what is kept of them.
struct HostClocks {
  var wrong: Set<NodeID> = []
  var record: ClockRecord?
  var nextReading: Nanoseconds = 0

  /// How often the clocks are recorded while one is wrong.
  static let interval: Nanoseconds = .milliseconds(500)
}

extension HostCluster {
  func skew(_ changes: [NodeID: ClockChange]) throws(HostError) -> FaultReport {
    try readClocks()
    var effects: [(HostedProcess, String, Bool?)] = []
    for (node, change) in changes.sorted(by: { $0.key < $1.key }) {
      let process = nodes[node.index]
      do throws(HostError) {
        let state = try ask(.change(change), of: process)
        clocks.wrong.insert(node)
        effects.append(effect(of: change, on: process, state))
      } catch {
        guard case .refused(_, let reason) = error else { throw error }
        effects.append((process, "nothing: \(reason)", false))
      }
    }
    try readClocks()
    return report(effects)
  }

  private func effect(
    of change: ClockChange, on process: HostedProcess, _ state: ClockState
  ) -> (HostedProcess, String, Bool?) {
    guard process.isRunning, state.count > 0 || !state.problems.isEmpty else {
      return (process, "\(change.text), once it runs", false)
    }
    guard state.problems.isEmpty else {
      return (process, "\(change.text), but \(state.problems.joined(separator: "; "))", false)
    }
    return (process, change.text + (state.isFull ? "" : ", as far as it can be"), state.isFull)
  }

  func resetClocks() throws(HostError) -> FaultReport {
    try readClocks()
    var report = FaultReport()
    for node in clocks.wrong.sorted() {
      let state = try ask(.reset, of: nodes[node.index])
      guard state.problems.isEmpty else {
        throw .notHealed(
          "the clock of \(names[node]) could not be made right: "
            + state.problems.joined(separator: "; "))
      }
      report.did[node] = "reset"
      report.tookHold = true
    }
    try readClocks()
    clocks.wrong = []
    return report
  }

  private func ask(
    _ request: ClockRequest, of process: HostedProcess
  ) throws(HostError) -> ClockState {
    let breaker: BreakerName = settings.setsMachineClocks ? .machineClock : .clocks
    let words = try process.host.agent.ask(breaker, request.words)
    guard let state = ClockState(words: words) else {
      throw .refused(process.host.name, "its clocks are unknown: \(words)")
    }
    return state
  }

  /// When the clocks are to be recorded again; nothing while all are right.
  var nextClockReading: Nanoseconds? { clocks.wrong.isEmpty ? nil : clocks.nextReading }

  /// Records by how much each node's clock is wrong, where they are to be recorded.
  func readClocks() throws(HostError) {
    clocks.nextReading = now + HostClocks.interval
    guard let path = settings.clockRecord else { return }
    if clocks.record == nil { clocks.record = ClockRecord(path) }
    for process in nodes where process.isRunning {
      var error: Nanoseconds = 0
      if clocks.wrong.contains(process.node) {
        let state = try ask(.read, of: process)
        // What nobody reads is nobody's clock.
        guard state.count > 0 else { continue }
        error = state.error
      }
      clocks.record?.note(error, of: names[process.node], at: now)
    }
  }
}
