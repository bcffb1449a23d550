import Environments
import Glibc
import Nodes
import ProcessClocks
import Processes
import Values

/// What clocks the nodes' processes have that are not right.
struct LocalClocks {
  /// Nothing before any was changed.
  var clocks: ProcessClocks?
  var wrong: [NodeID: ClockMapping] = [:]
  /// When to look again for processes that have begun since; nothing while all clocks are right.
  var nextLook: Nanoseconds?
  var record: ClockRecord?
  var nextReading: Nanoseconds = 0

  static let lookInterval: Nanoseconds = .milliseconds(20)
  /// How often it is looked again for processes that have begun while clocks were made right.
  static let resetLookCount = 50
  static let readingInterval: Nanoseconds = .milliseconds(500)
}

extension LocalProcesses {
  func skew(_ changes: [NodeID: ClockChange]) -> FaultReport {
    do throws(ClockProblem) {
      if clocks.clocks == nil { clocks.clocks = try ProcessClocks() }
    } catch {
      return refuse(changes.keys.sorted(), error.reason)
    }
    readClocks()
    var effects: [(NodeChannel, String, Bool?)] = []
    for (node, change) in changes.sorted(by: { $0.key < $1.key }) {
      let channel = channels[node.index]
      let isFull = clocks.wrong[node, default: ClockMapping()].apply(change, at: wallTime())
      let outcome = setClocks(of: channel)
      if !channel.isRunning {
        effects.append((channel, "\(change.text), once it runs", false))
      } else if outcome.problems.isEmpty {
        let text = change.text + (isFull ? "" : ", as far as it can be")
        effects.append((channel, text, isFull && outcome.count > 0))
      } else {
        let problems = outcome.problems.joined(separator: "; ")
        effects.append((channel, "\(change.text), but \(problems)", false))
      }
    }
    clocks.nextLook = now + LocalClocks.lookInterval
    readClocks()
    return report(effects)
  }

  func resetClocks() -> FaultReport {
    guard !clocks.wrong.isEmpty else { return FaultReport() }
    readClocks()
    var report = FaultReport(tookHold: true)
    for node in clocks.wrong.keys.sorted() {
      clocks.wrong[node] = ClockMapping()
      var outcome = setClocks(of: channels[node.index])
      // Children that were forked meanwhile have the wrong clock until they are seen.
      for _ in 0..<LocalClocks.resetLookCount where outcome.isNew {
        outcome = setClocks(of: channels[node.index])
      }
      report.did[node] = "reset"
      guard let problem = outcome.problems.first else { continue }
      report.tookHold = false
      failure = failure ?? LocalProcessesError.clockNotReset(node: names[node], problem)
    }
    readClocks()
    clocks.wrong = [:]
    clocks.nextLook = nil
    return report
  }

  /// Has all processes of a node read the clock that is meant for them.
  @discardableResult
  func setClocks(
    of channel: NodeChannel, within patience: Nanoseconds = .milliseconds(50)
  ) -> ProcessClocks.Outcome {
    guard let mapping = clocks.wrong[channel.node], let clocks = clocks.clocks else {
      return ProcessClocks.Outcome()
    }
    return clocks.set(mapping, of: processes(of: channel), within: patience)
  }

  /// The processes of a node's group.
  private func processes(of channel: NodeChannel) -> [pid_t] {
    guard let group = channel.process?.pid else { return [] }
    return processStates()
      .filter { $0.state.group == group && $0.state.letter != UInt8(ascii: "Z") }.map(\.pid)
  }

  /// Looks for processes that have begun since, or have begun another program, and records the clocks.
  func keepClocks() {
    guard let look = clocks.nextLook, look <= now else { return }
    for node in clocks.wrong.keys { setClocks(of: channels[node.index], within: 0) }
    clocks.nextLook = now + LocalClocks.lookInterval
    if clocks.nextReading <= now { readClocks() }
  }

  /// Records by how much each node's clock is wrong, where they are to be recorded.
  private func readClocks() {
    clocks.nextReading = now + LocalClocks.readingInterval
    guard let path = settings.clockRecord, let reader = clocks.clocks else { return }
    if clocks.record == nil { clocks.record = ClockRecord(path) }
    for channel in channels where channel.isRunning {
      let mapping = clocks.wrong[channel.node] ?? ClockMapping()
      // What nobody reads is nobody's clock.
      guard
        mapping.isRight
          || processes(of: channel).contains(where: { reader.mapping(of: $0) == mapping })
      else { continue }
      clocks.record?.note(mapping.error(at: wallTime()), of: channel.name, at: now)
    }
  }
}
