import Algorithms
import Exploration
import Nodes
import Values

/// How fast one core explores two-phase commit with eight resource managers, without properties.
enum ExplorationBench {
  static let managers = 8
  static let uniqueStates = 1_745_408

  static func states() throws -> Measurement {
    let members = (0...managers).map { NodeID($0) }
    let settings = ExplorationSettings<TwoPhaseCommit>(
      nodes: members.map { Configuration(id: $0, members: members) }, network: .set)
    let began = OwnProcess.milliseconds
    let result = try Exploration(settings).run()
    let seconds = (OwnProcess.milliseconds - began) / 1e3
    guard result.unique == uniqueStates else {
      throw BenchError("two-phase commit: \(result.unique) states, not \(uniqueStates)")
    }
    return Measurement(
      what:
        "generated states a second a core, two-phase commit with 8 (\(Int(result.bytesPerState)) B each)",
      figure: Double(result.generated) / seconds, unit: "/s", must: 2_000_000, stretch: 6_000_000)
  }
}
