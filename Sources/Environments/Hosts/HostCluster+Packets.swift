import Environments
import Values

extension HostCluster {
  func packetSupport(for kind: Disturbance.Kind) -> FaultSupport {
    .unsupported("the lab's bridge only cuts links; --env local disturbs messages")
  }

  func disturb(_ disturbance: Disturbance, _ links: [Link]) throws(HostError) -> FaultReport {
    refuse(links.map(\.source), "no \(disturbance.kind.rawValue) here")
  }

  func calm(_ kind: Disturbance.Kind) throws(HostError) -> FaultReport { FaultReport() }
}
