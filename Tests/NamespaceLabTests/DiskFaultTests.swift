import Disks
import Environments
import Glibc
import HostClusters
import Hosts
import NamespaceLab
import Nodes
import Processes
import Testing
import Values

private let n1 = NodeID(0)

@Suite(
  "Faults of disks on hosts", .serialized, .timeLimit(.minutes(3)),
  .enabled(if: isRoot && Volume.problem == nil, "disks need root, loop devices and e2fsprogs"))
struct DiskFaultTests {
  let directory: ScratchDirectory

  init() throws { directory = try ScratchDirectory("shrike-test") }

  /// A node that appends a line to a file with each sync of it, and to another without one, and says
  /// what it found and what went wrong.
  private static let writer = """
    cd $SHRIKE_DATA
    echo found $(cat synced 2>/dev/null | wc -l) $(cat loose 2>/dev/null | wc -l) >&2
    number=0
    while true; do
      number=$((number + 1))
      echo $number >> loose || echo refused >&2
      echo $number >> synced || echo refused >&2
      if sync synced; then echo $number > ../done; else echo failed >&2; fi
      sleep 0.02
    done
    """

  private func cluster(
    _ kinds: Set<DiskFault.Kind>, program: String = writer,
    edit: (inout HostedNode) -> Void = { _ in }
  ) throws -> FixtureCluster {
    let cluster = try FixtureCluster(
      directory: directory.path, agent: agentProgram, count: 2, program: ["sh", "-c", program],
      change: {
        $0.diskFaults = kinds
        $0.seed = 7
      }, edit: edit)
    try cluster.environment.start()
    return cluster
  }

  private func file(_ name: String) -> String {
    let bytes = bytes(ofFile: "\(directory.path)/data/n1/\(name)") ?? []
    return String(decoding: bytes, as: UTF8.self)
  }

  private var log: String {
    let bytes = bytes(ofFile: "\(directory.path)/nodes/n1/log") ?? []
    return String(decoding: bytes, as: UTF8.self)
  }

  /// How many syncs the node was told to have succeeded.
  private var doneCount: Int { Int(file("done").filter(\.isNumber)) ?? 0 }

  /// What the last process of the node found: lines that it had synced, and others.
  private var found: [Int] {
    let line = log.split(separator: "\n").last { $0.hasPrefix("found") } ?? ""
    return line.split(separator: " ").compactMap { Int($0) }
  }

  private func wait(
    _ cluster: FixtureCluster, for time: Nanoseconds = .seconds(20), until isSo: () -> Bool
  ) throws {
    let deadline = cluster.environment.now + time
    while !isSo(), cluster.environment.now < deadline { try cluster.run(for: .milliseconds(20)) }
  }

  private func lines(_ word: String) -> Int { log.split(separator: "\n").count { $0 == word } }

  @Test("at power loss what was synced is kept, and what was not is gone")
  func powerLoss() throws {
    let cluster = try cluster([.powerLoss])
    try wait(cluster) { doneCount >= 5 }
    let report = cluster.environment.apply(.powerLoss([n1]))
    #expect(report.tookHold == true && report.did == [n1: "power-lost"])
    #expect(cluster.environment.condition(of: n1)?.isUp == false)
    let acknowledged = doneCount
    let mended = cluster.environment.apply(.mendDisks([n1]))
    #expect(mended.tookHold != false && mended.did[n1] == "restarted")
    try wait(cluster) { lines("found 0 0") == 0 || found != [0, 0] }
    try wait(cluster) { found.count == 2 && found[0] > 0 }
    #expect(acknowledged...(acknowledged + 1) ~= found[0], "\(found) of \(acknowledged)")
    #expect(found[1] == 0, "nobody synced it: \(found)")
    // The other node is left alone.
    #expect(cluster.environment.condition(of: NodeID(1))?.isUp == true)
    #expect(!cluster.events.contains { if case .died = $0 { true } else { false } })
  }
}
