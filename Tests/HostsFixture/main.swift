import Environments
import Examinations
import Glibc
import HostClusters
import Hosts
import NamespaceLab
import Nodes
import Values

// Is the agent of a host, as `shrike agent` is; or its relay, as `shrike relay` is: HostsFixture relay DIRECTORY; or tries the lab, as `shrike doctor` does: HostsFixture
// examine MEANS DIRECTORY; or writes its clocks to a file all the time: HostsFixture clock FILE; or is a controller that can be killed in the middle of a fault: HostsFixture
// cluster DIRECTORY FAULT; and is that in a user namespace: HostsFixture rootless cluster DIRECTORY FAULT
var words = CommandLine.arguments
if words.count > 1, words[1] == "rootless" {
  try NamespaceLab.becomeRoot()
  words.remove(at: 1)
}
if words.count > 1, words[1] == "agent" {
  guard let settings = AgentSettings(arguments: Array(words.dropFirst(2))) else { exit(64) }
  exit(runAgent(settings))
}
if words.count == 3, words[1] == "relay" {
  exit(words[2] == "--help" ? 0 : runRelay(in: words[2]))
}
if words.count == 4, words[1] == "examine", let means = LabExaminer.Means(rawValue: words[2]) {
  LabExaminer(means, agent: "/proc/self/exe", directory: words[3]).run()
  exit(0)
}
if words.count == 3, words[1] == "clock" { tellTime(to: words[2]) }
guard words.count == 4, words[1] == "cluster" else { exit(64) }
let diskFault = DiskFault.Kind(rawValue: words[3])
let cluster = try FixtureCluster(directory: words[2], agent: "/proc/self/exe") {
  if let diskFault { $0.diskFaults = [diskFault] }
}
try cluster.environment.start()
let nodes = cluster.environment.names.nodes
let fault: Fault? =
  switch words[3] {
  case "cut": .cut([Link(from: nodes[0], to: nodes[1]), Link(from: nodes[1], to: nodes[0])])
  case "kill": .kill([nodes[0]])
  case "pause": .pause([nodes[0]])
  case "clock": .skew([nodes[0]: .offset(.seconds(3_600))])
  case "delay":
    .disturb(
      Disturbance(.delay, probability: 1, latency: .milliseconds(10)),
      [Link(from: nodes[0], to: nodes[1])])
  case "cpu": .limit(.cpu(share: 0.1), [nodes[0]])
  case "memory": .limit(.memory(bytes: 128 << 20), [nodes[0]])
  default: diskFault.map { .disk(DiskFault($0), [nodes[0]]) }
  }
// Of some faults it is known only later whether they took hold.
let hold = fault.map { cluster.environment.apply($0).tookHold != false } ?? true
let said = Array("\(hold ? "" : "false ")ready\n".utf8)
_ = write(1, said, said.count)
while true { _ = try cluster.environment.advance(until: cluster.environment.now + .seconds(1)) }
