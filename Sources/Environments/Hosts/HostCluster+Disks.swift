import Environments
import Values

extension HostCluster {
  var diskSupport: FaultSupport { .unsupported("hosts of the lab share this machine's disk") }

  func disk(_ fault: DiskFault, _ nodes: [NodeID]) throws(HostError) -> FaultReport {
    refuse(nodes, "no faults of disks here")
  }

  func mendDisks(_ nodes: [NodeID]) throws(HostError) -> FaultReport { FaultReport() }
}
