import Environments
import Values

extension HostCluster {
  var clockSupport: FaultSupport { .unsupported("hosts of the lab share this machine's clocks") }

  func skew(_ changes: [NodeID: ClockChange]) throws(HostError) -> FaultReport {
    refuse(changes.keys.sorted(), "no faults of clocks here")
  }

  func resetClocks() throws(HostError) -> FaultReport { FaultReport() }
}
