import Controller
import Environments
import Generators
import Nodes
import SystemPackage
import Values
import Workloads

/// How many operations a second pass through generator, clients and history.
enum DriverBench {
  static let operationCount = 400_000
  static let concurrency = 50

  static func operations() throws -> Measurement {
    let names = NodeNames.numbered(count: 5)
    let workload = LinKVWorkload(
      WorkloadOptions(seed: 1, nodes: names.nodes, concurrency: concurrency))
    let plan = Plan(
      system: "bench", workload: "lin-kv", nodes: names.names, concurrency: concurrency)
    let folder = try RunFolder.create(in: FilePath("/tmp/shrike-bench"), plan: plan)
    let journal = try Journal(folder, names: names)
    let settings = DriverSettings(
      workload: workload, names: names, concurrency: concurrency, timeout: .seconds(5))
    let generator = workload.makeGenerator().limit(operationCount).onClients()
    var run = Run(
      InstantEnvironment(names), driver: Driver(settings, generator: generator, schedule: []),
      journal: journal)
    let began = monotonicSeconds()
    try run.drive()
    let seconds = monotonicSeconds() - began
    try journal.close()
    return Measurement(
      what: "operations a second, client that does nothing, history recorded",
      figure: Double(operationCount) / seconds, unit: "/s", must: 50_000, stretch: 200_000)
  }
}

/// An environment in which every request is answered at once, in real time.
final class InstantEnvironment: Environment {
  let names: NodeNames
  private let origin = monotonicSeconds()
  private var replies: [EnvironmentEvent] = []

  init(_ names: NodeNames) { self.names = names }

  var now: Nanoseconds { Nanoseconds((monotonicSeconds() - origin) * 1e9) }
  let traffic = Traffic()

  func support(for family: FaultFamily) -> FaultSupport { .unsupported("nothing runs here") }
  func start() {}
  func stop() {}
  func apply(_ fault: Fault) -> FaultReport { FaultReport() }

  func submit(_ request: Request, as id: RequestID, to node: NodeID) {
    let reply: Reply =
      switch request {
      case .read: .value(1)
      case .write: .written
      default: .compareAndSetDone
      }
    replies.append(.replied(id, reply, from: node))
  }

  func advance(until deadline: Nanoseconds) -> [EnvironmentEvent] {
    defer { replies.removeAll(keepingCapacity: true) }
    return replies
  }
}
