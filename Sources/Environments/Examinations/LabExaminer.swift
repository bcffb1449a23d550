import CProcess
import Disks
import Environments
import Glibc
import Hosts
import NamespaceLab
import Nodes
import Processes
import Values

/// Brings up a lab of two hosts in this process, and tries its faults there.
///
/// It is a process of its own: a lab that a user who is not root makes lies in a user namespace, which
/// the process that makes it enters for good.
public struct LabExaminer {
  /// By which means faults are injected.
  public enum Means: String {
    /// Those that the lab uses where it can.
    case preferred
    /// Those that it falls back on.
    case substitute
  }

  private let means: Means
  private let agent: String
  private let directory: String

  /// - Parameters:
  ///   - agent: The program of hosts' agents.
  ///   - directory: For homes and logs.
  public init(_ means: Means, agent: String, directory: String) {
    self.means = means
    self.agent = agent
    self.directory = directory
  }

  /// Tries everything, ends with the process that started this one, and prints what was found as JSON.
  public func run() {
    _ = process_signal_at_parents_end(SIGKILL)
    let bytes = Array("\(Value.list(examinations().map(\.value)).json)\n".utf8)
    _ = write(STDOUT_FILENO, bytes, bytes.count)
  }

  private func examinations() -> [Examination] {
    if geteuid() != 0 {
      let error = process_become_namespace_root()
      guard error == 0 else {
        return [
          Examination(
            .environment, Examination.lab, .missing,
            "this user may not make user namespaces: \(errorText(error))",
            mend: UserNamespaces.mend)
        ]
      }
    }
    do {
      let began = monotonicTime()
      let cluster = try cluster()
      defer { cluster.stop() }
      try cluster.start()
      let took = (monotonicTime() - began) / 1_000_000
      var found: [Examination] = []
      if means == .preferred { found.append(try reach(in: cluster, milliseconds: took)) }
      return found + trials(in: cluster)
    } catch HostError.noTool(let tool) {
      let package = Tool.standard.first { tool.hasPrefix($0.name) }?.package
      return failure("there is no program \(tool)", mend: package.map(Tool.installation))
    } catch {
      return failure("\(error)")
    }
  }

  /// Says that the lab does not come up, of the lab or of the faults that were to be tried.
  private func failure(_ problem: String, mend: String? = nil) -> [Examination] {
    switch means {
    case .preferred: [Examination(.environment, Examination.lab, .missing, problem, mend: mend)]
    case .substitute:
      [Examination.chains, Examination.signals].map {
        Examination(.fault, $0, .missing, problem, mend: mend)
      }
    }
  }

  private func cluster() throws -> HostCluster {
    // A daemon that has left its parent is part of the tree that a kill must end.
    var node = HostedNode(command: [
      "sh", "-c", "setsid sh -c ': > up; exec sleep 1000' & exec sleep 1000",
    ])
    node.ready = .command(["test", "-e", "up"])
    let names = NodeNames.numbered(count: 2)
    let system = HostedSystem(names: names, nodes: names.nodes.map { _ in node })
    let directories = HostDirectories(homes: "\(directory)/data", logs: "\(directory)/nodes")
    var settings = HostSettings(logDirectory: directories.logs)
    settings.usesChains = means == .substitute
    settings.usesSignals = means == .substitute
    if means == .preferred, Volume.problem == nil { settings.diskFaults = [.powerLoss] }
    let lab = NamespaceLab(program: agent, directories)
    return try HostCluster(system, settings, on: lab) { _ in NoTransport() }
  }

  /// Sees whether a packet from one host, sent to the other's name, arrives.
  private func reach(in cluster: HostCluster, milliseconds: Int64) throws -> Examination {
    let hosts = cluster.hosts
    for (from, to) in [(hosts[0], hosts[1]), (hosts[1], hosts[0])] {
      let found = try from.agent.run(["getent", "hosts", to.name]).output.first ?? ""
      guard let address = found.split(separator: " ").first.map(String.init) else {
        return Examination(
          .environment, Examination.lab, .missing, "\(from.name) does not know \(to.name)")
      }
      let before = try LabExaminer.unclaimedDatagrams(on: to)
      try from.agent.probe([address], port: HostCluster.probePort)
      let deadline = monotonicTime() + HostCluster.probePatience
      while try LabExaminer.unclaimedDatagrams(on: to) == before {
        guard monotonicTime() < deadline else {
          return Examination(
            .environment, Examination.lab, .missing,
            "a packet from \(from.name) does not reach \(to.name)")
        }
      }
    }
    return Examination(
      .environment, Examination.lab, .works,
      "two hosts up in \(milliseconds) ms, which reach each other by name")
  }

  /// How many datagrams have reached a host on ports that nobody listens on.
  private static func unclaimedDatagrams(on host: Host) throws -> Int {
    let lines = try host.agent.run(["cat", "/proc/net/snmp"]).output
      .filter { $0.hasPrefix("Udp: ") }.map { $0.split(separator: " ") }
    guard lines.count == 2, let column = lines[0].firstIndex(of: "NoPorts"),
      column < lines[1].count
    else { return 0 }
    return Int(lines[1][column]) ?? 0
  }

  private func trials(in cluster: HostCluster) -> [Examination] {
    let n1 = NodeID(0)
    let links = [Link(from: n1, to: NodeID(1)), Link(from: NodeID(1), to: n1)]
    let partition = Trial(
      inject: .cut(links), heal: .mend,
      success: "packets are dropped, and pass again afterwards")
    let pause = Trial(
      inject: .pause([n1]), heal: .resume([n1]),
      success: "all processes of a host stand still, and run again afterwards")
    let kill = Trial(
      inject: .kill([n1]), heal: .restart([n1]),
      success: "the whole tree ends, a daemon with it, and starts anew")
    let clock = Trial(
      inject: .skew([n1: .offset(.seconds(100))]), heal: .resetClocks,
      success: "all processes of a host read another wall clock, and the right one afterwards")
    // Partitions come last: a cluster whose links can't be cut is good for nothing else.
    if means == .substitute {
      return [
        pause.examination(Examination.signals, in: cluster),
        examination(of: partition, Examination.chains, by: "iptables", in: cluster),
      ]
    }
    var found = [kill.examination(Examination.labKill, in: cluster)]
    if let problem = ControlGroups.problem(with: .freezer) {
      found.append(Examination(.fault, Examination.freezer, .missing, problem))
      found.append(pause.examination(Examination.signals, in: cluster))
    } else {
      found.append(limited(pause, Examination.freezer, .freezer, in: cluster))
    }
    found.append(clock.examination(Examination.clocks, in: cluster))
    let limits: [(ResourceLimit, ControlGroups.Purpose)] = [
      (.cpu(share: 0.5), .cpu), (.memory(bytes: 64 << 20), .memory),
    ]
    for (limit, purpose) in limits {
      let trial = Trial(
        inject: .limit(limit, [n1]), heal: .unlimit(limit.kind),
        success: "a limit is in force, and lifted afterwards")
      found.append(limited(trial, "lab \(purpose.rawValue)", purpose, in: cluster))
    }
    let packets = Trial(
      inject: .disturb(
        Disturbance(.delay, probability: 1, latency: .milliseconds(1)), links), heal: .calm(.delay),
      success: "packets pass a switch that delays them, and then have their own way again",
      showsAtEnd: true)
    found.append(packets.examination(Examination.packets, in: cluster))
    found.append(power(of: n1, in: cluster))
    found.append(SyncTrial(directory: directory).examination())
    var cut = examination(of: partition, Examination.table, by: "nft", in: cluster)
    if cut.state == .works, !cluster.cutsByTable {
      cut = Examination(
        .fault, Examination.table, .missing, "the kernel refuses the tables of nftables")
    }
    return [cut] + found
  }

  /// Tries a partition by a tool, where there is one.
  private func examination(
    of partition: Trial, _ name: String, by tool: String, in cluster: HostCluster
  ) -> Examination {
    guard findProgram(tool) != nil else {
      let package = Tool.standard.first { $0.name == tool }?.package
      return Examination(
        .fault, name, .missing, "there is no program \(tool)",
        mend: package.map(Tool.installation))
    }
    return partition.examination(name, in: cluster)
  }

  /// Tries the power of a node's disk, where nodes can have disks of their own.
  private func power(of node: NodeID, in cluster: HostCluster) -> Examination {
    if let problem = Volume.problem {
      return Examination(.fault, Examination.power, .missing, problem)
    }
    let trial = Trial(
      inject: .powerLoss([node]), heal: .mendDisks([node]),
      success: "a disk is cut from its power, and mounted again afterwards")
    return trial.examination(Examination.power, in: cluster)
  }

  /// Tries what needs control groups, and says of which version they are.
  private func limited(
    _ trial: Trial, _ name: String, _ purpose: ControlGroups.Purpose, in cluster: HostCluster
  ) -> Examination {
    if let problem = ControlGroups.problem(with: purpose) {
      return Examination(.fault, name, .missing, problem)
    }
    var found = trial.examination(name, in: cluster)
    if found.state == .works, let hierarchy = ControlGroups.offered()[purpose] {
      found.detail += " (control groups of version \(hierarchy.isUnified ? 2 : 1))"
    }
    return found
  }
}

extension Examination {
  static let lab = "lab"
  static let table = "lab partition by nft"
  static let chains = "lab partition by iptables"
  static let labKill = "lab kill"
  static let packets = "lab packets"
  static let freezer = "lab pause by freezer"
  static let signals = "lab pause by signals"
  static let clocks = "lab clocks"
  static let power = "lab disk by loop device"
  static let syncs = "lab disk by seccomp"
}

/// For nodes that nobody asks anything.
private final class NoTransport: ClientTransport {
  func open(_ endpoints: [Endpoint], report: @escaping @Sendable (TransportEvent) -> Void) {}
  func submit(_ request: Request, as id: RequestID, to node: NodeID) {}
  func close() {}
}
