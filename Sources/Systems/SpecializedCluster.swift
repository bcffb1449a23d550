import Algorithms
import Environments
import Nodes
import Simulations
import Values

/// A simulated cluster whose time passes in code that was compiled for its algorithm.
///
/// Behind a protocol a generic simulation runs unspecialized, several times slower. The closure here
/// is made where the algorithm's type is known, so that the whole loop in it is specialized.
final class SpecializedCluster: SimulatedCluster {
  private let cluster: any SimulatedCluster
  private let letTimePass: (Nanoseconds) -> [EnvironmentEvent]

  init<System: Algorithm>(_ simulation: Simulation<System>) {
    cluster = simulation
    letTimePass = { simulation.advance(until: $0) }
  }

  func advance(until deadline: Nanoseconds) -> [EnvironmentEvent] { letTimePass(deadline) }

  var names: NodeNames { cluster.names }
  var now: Nanoseconds { cluster.now }
  var primaries: [NodeID] { cluster.primaries }
  var marks: [String: Int] { cluster.marks }
  var traffic: Traffic { cluster.traffic }
  var handledCount: Int { cluster.handledCount }
  var digest: UInt64 { cluster.digest }
  var delays: [MessageDelay] { cluster.delays }
  var trace: ((String) -> Void)? {
    get { cluster.trace }
    set { cluster.trace = newValue }
  }
  var record: SimulationRecord? {
    get { cluster.record }
    set { cluster.record = newValue }
  }

  func support(for fault: DiskFault) -> FaultSupport { cluster.support(for: fault) }
  func support(for family: FaultFamily) -> FaultSupport { cluster.support(for: family) }
  func start() throws { try cluster.start() }
  func submit(_ request: Request, as id: RequestID, to node: NodeID) {
    cluster.submit(request, as: id, to: node)
  }
  func apply(_ fault: Fault) -> FaultReport { cluster.apply(fault) }
  func role(of node: NodeID) -> String? { cluster.role(of: node) }
  func isWhole(_ node: NodeID) -> Bool { cluster.isWhole(node) }
  func condition(of node: NodeID) -> NodeCondition? { cluster.condition(of: node) }
  func stop() { cluster.stop() }
}
