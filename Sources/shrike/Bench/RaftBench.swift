import Controller
import Glibc
import Values
import Verdicts

/// How fast one fixed configuration, `bench-raft`, is run, broken, checked and replayed.
///
/// Five nodes with a heartbeat of 50 ms and elections after 150 to 300 ms; 200 operations of five
/// clients in 60 simulated seconds; partitions, kills, loss and disk faults; all invariants after
/// every event, and the history judged for linearizability.
enum RaftBench {
  static let runCount: UInt64 = 1_000
  static let coreRunCount: UInt64 = 200
  static let replayCount = 20

  static var plan: Plan {
    var plan = Plan(
      system: "raft", workload: "lin-kv", nodes: (1...5).map { "n\($0)" }, concurrency: 5)
    plan.place = .simulated
    plan.options = ["heartbeat": "50ms", "election-timeout": "150ms"]
    plan.rate = 200.0 / 60
    plan.timeLimit = .seconds(60)
    plan.nemesis = [
      "partition", "kill", "loss", "disk:power-loss", "disk:torn", "disk:corrupt",
      "disk:sync-error",
    ]
    plan.build = BuildID.current
    return plan
  }

  static func all() throws -> [Measurement] {
    let campaign = try campaign()
    return [campaign, try replay(), try events()]
  }

  /// Runs a minute on all cores.
  private static func campaign() throws -> Measurement {
    let cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let began = monotonicSeconds()
    let result = try Campaign(plan: plan, seeds: 0..<runCount).run(cores: cores)
    let seconds = monotonicSeconds() - began
    guard result.verdict == .valid else {
      throw BenchError("bench-raft: the campaign is \(result.verdict.rawValue)")
    }
    return Measurement(
      what: "bench-raft: runs a minute on \(cores) cores", figure: Double(runCount) / seconds * 60,
      unit: "/min", must: 3_000, stretch: 10_000)
  }

  /// Real milliseconds from the start to the end of a process that replays a run; the median.
  private static func replay() throws -> Measurement {
    let outcome = try SimulatedRun(plan).run()
    guard let token = outcome.token else { throw BenchError("bench-raft: a run has no token") }
    var times: [Double] = []
    for _ in 0..<replayCount {
      let began = monotonicSeconds()
      let child = try ChildMeasurement.run(
        [ownExecutable, "replay", token, "--results", "/tmp/shrike-bench"])
      times.append((monotonicSeconds() - began) * 1e3)
      guard child.exitCode == 0 else { throw BenchError("bench-raft: a replay failed") }
    }
    return Measurement(
      what: "bench-raft: replay of a run from its token, whole process",
      figure: times.sorted()[replayCount / 2], unit: "ms", must: 200, stretch: 50)
  }

  /// Events that one core handles a second of its time, with everything on.
  private static func events() throws -> Measurement {
    let began = OwnProcess.milliseconds
    var count = 0
    for seed in 0..<coreRunCount {
      var plan = plan
      plan.seed = seed
      count += try SimulatedRun(plan).run().statistics.events ?? 0
    }
    let seconds = (OwnProcess.milliseconds - began) / 1e3
    return Measurement(
      what: "bench-raft: handled events a second a core, with everything on",
      figure: Double(count) / seconds, unit: "/s", must: 300_000, stretch: 1_000_000)
  }
}
