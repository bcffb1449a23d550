import Algorithms
import ArgumentParser
import Controller
import Exploration
import Glibc
import NodeCommands
import Nodes
import Reports
import Systems
import Values
import Workloads

struct ExploreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explore",
    abstract: "Visit every state that a system can get into within bounds.",
    discussion: """
      The nodes are the ones that are simulated and run for real. Each delivery, each timer, each crash \
      between two effects and each answer to a node's choices is a step. What a system's clients ask, \
      its network and its bounds are its own where none are given; they are printed.

      A violation is printed as a scenario, which `shrike replay` takes.

      Exit codes: 0 all states within the bounds are fine; 1 a violation, with a path to it; 2 out of \
      time or memory, or a mark that has to be reached was not.
      """)

  @Argument(help: "The system: two-phase-commit, raft, synod, lease-lock, broadcast or echo.")
  var system: String

  @Option(help: "How many nodes; of two-phase commit resource managers, of the lease lock clients.")
  var nodeCount: Int?

  @Option(help: "How many crashes there may be on a path.")
  var crashes: Int?

  @Option(help: "How many messages may be dropped on a path.")
  var drops: Int?

  @Option(help: "How many messages may be duplicated on a path.")
  var duplicates: Int?

  @Option(help: "How many timers may fire on a path, but for those without a delay.")
  var timeouts: Int?

  @Option(help: "How many steps a path may have.")
  var depth: Int?

  @Option(help: "bfs (a shortest counterexample), dfs or random.")
  var strategy = "bfs"

  @Option(help: "set (nothing is consumed), multiset (any order) or fifo (per link).")
  var network: String?

  @Option(help: "How many requests clients make.")
  var requests: Int?

  @Flag(help: "Let clients ask any node, rather than one that is theirs.")
  var anyNode = false

  @Option(help: "One of the system's own bounds, as name=number: term=2.")
  var bound: [String] = []

  @Option(help: "A planted bug to switch on; a name that is none tells which there are.")
  var bug: [String] = []

  @Option(name: .customLong("option"), help: "One of the system's own options, as name=value.")
  var options: [String] = []

  @Flag(help: "Take states that differ in nodes' names only for one.")
  var symmetry = false

  @Option(help: "How much memory states may take, such as 500M or 20G.")
  var memory = "4G"

  @Option(help: "After how long to give up, such as 60s or 30m.")
  var timeLimit: String?

  @Option(help: "How many threads search; all cores without it.")
  var cores: Int?

  @Option(help: "With random: how many walks.")
  var walks = 1_000

  @Option(help: "With random: the seed.")
  var seed: UInt64 = 0

  @Option(help: "Write the path to a violation to this file, to be edited and replayed.")
  var scenario: String?

  @Flag(help: "Print the verdict as JSON, and everything else to standard error.")
  var json = false

  func run() throws {
    Interruption.watch()
    do {
      guard let explorable = ExplorableSystem.named(system) else {
        throw PlanError(
          "there is no system \"\(system)\" to explore; there are "
            + ExplorableSystem.all.map(\.description.name).joined(separator: ", "))
      }
      let plan = try plan(of: explorable)
      guard let order = ExplorationStrategy(rawValue: strategy) else {
        throw PlanError("there is no strategy \"\(strategy)\"; there are bfs, dfs, random")
      }
      let line = ProgressLine()
      let began = monotonicSeconds()
      let result = try explorable.run(plan, order, try limits(began, line))
      line.clear()
      let report = ExploreReport(
        system: explorable, plan: plan, strategy: order, result: result,
        seconds: monotonicSeconds() - began)
      if let scenario { try report.scenario?.write(to: scenario) }
      if json {
        complain(report.text)
        print(report.document.json)
      } else {
        print(report.text)
      }
      quit(report.exitCode.rawValue)
    } catch {
      Failure.end(Failure.code(of: error), "\(error)", json: json)
    }
  }

  private func plan(of system: ExplorableSystem) throws -> ExplorationPlan {
    var plan = system.standard
    let counts = [
      ("node-count", nodeCount, 1), ("crashes", crashes, 0), ("drops", drops, 0),
      ("duplicates", duplicates, 0), ("timeouts", timeouts, 0), ("depth", depth, 0),
      ("requests", requests, 0),
    ]
    for (name, value, least) in counts {
      if let value, value < least { throw PlanError("--\(name) \(value): at least \(least)") }
    }
    plan.nodeCount = nodeCount ?? plan.nodeCount
    plan.bounds.crashes = crashes ?? plan.bounds.crashes
    plan.bounds.drops = drops ?? plan.bounds.drops
    plan.bounds.duplicates = duplicates ?? plan.bounds.duplicates
    plan.bounds.timeouts = timeouts ?? plan.bounds.timeouts
    plan.bounds.depth = depth ?? plan.bounds.depth
    plan.requests = requests ?? plan.requests
    if let network {
      guard let kind = NetworkKind(rawValue: network) else {
        throw PlanError("there is no network \"\(network)\"; there are set, multiset, fifo")
      }
      plan.network = kind
    }
    for text in bound {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, let number = Int(parts[1]), number >= 0 else {
        throw PlanError("--bound \(text): a name and a number, such as term=2")
      }
      plan.limits[parts[0]] = number
    }
    plan.options = Dictionary(options: options)
    plan.bugs = Set(bug)
    try system.description.check(bugs: bug, options: plan.options)
    if symmetry && !system.hasSymmetry {
      throw PlanError("the names of \(system.description.name)'s nodes can't be exchanged")
    }
    plan.usesSymmetry = symmetry
    plan.asksAnyNode = anyNode
    if symmetry && plan.requests > 0 && !anyNode {
      throw PlanError("--symmetry: clients call nodes by name; --any-node lets them call any")
    }
    plan.adoptJudge(of: system)
    return plan
  }

  private func limits(_ began: Double, _ line: ProgressLine) throws -> ExplorationLimits {
    guard let bytes = BudgetOptions.bytes(memory) else {
      throw PlanError("--memory \(memory): a size such as 500M or 20G")
    }
    var deadline = Double.infinity
    if let timeLimit {
      guard let span = Nanoseconds(duration: timeLimit), span > 0 else {
        throw PlanError("--time-limit \(timeLimit): a duration such as 60s or 30m")
      }
      deadline = began + Double(span) / 1e9
    }
    guard cores ?? 1 > 0 else { throw PlanError("--cores \(cores ?? 0): at least 1") }
    guard walks > 0 else { throw PlanError("--walks \(walks): at least 1") }
    var limits = ExplorationLimits(
      memory: bytes, cores: cores ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    limits.walks = walks
    limits.seed = seed
    let end = deadline
    limits.isStopped = { Interruption.hasCome || monotonicSeconds() > end }
    limits.watch = { line.show($0, $1) }
    return limits
  }
}

extension ExplorationPlan {
  /// Has what clients observe judged as the system's workload would.
  mutating func adoptJudge(of system: ExplorableSystem) {
    if system.description.workloads.contains(LinKVWorkload.name) {
      judge = { LinKVWorkload.judge($0) }
    }
  }
}
