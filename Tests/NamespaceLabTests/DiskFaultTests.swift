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
      if ! echo $number >> synced; then echo refused >&2
      elif sync synced; then echo $number > ../done; else echo failed >&2; fi
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
    // What was there when all nodes were ready is durable.
    let early = doneCount + 1
    try wait(cluster) { doneCount >= early + 5 }
    let report = cluster.environment.apply(.powerLoss([n1]))
    #expect(report.tookHold == true && report.did == [n1: "power-lost"])
    #expect(cluster.environment.condition(of: n1)?.isUp == false)
    let acknowledged = doneCount
    let mended = cluster.environment.apply(.mendDisks([n1]))
    #expect(mended.tookHold != false && mended.did[n1] == "restarted")
    try wait(cluster) { lines("found 0 0") == 0 || found != [0, 0] }
    try wait(cluster) { found.count == 2 && found[0] > 0 }
    #expect(acknowledged...(acknowledged + 1) ~= found[0], "\(found) of \(acknowledged)")
    #expect(found[1] <= early, "nobody synced it: \(found), \(early) at first")
    // The other node is left alone.
    #expect(cluster.environment.condition(of: NodeID(1))?.isUp == true)
    #expect(!cluster.events.contains { if case .died = $0 { true } else { false } })
  }

  @Test("what prepared a node is kept at power loss")
  func prepared() throws {
    let script = "echo prepared $(cat $SHRIKE_DATA/prepared) >&2; sleep 1000"
    let cluster = try cluster([.powerLoss], program: script) {
      $0.preparations = [["sh", "-c", "echo well > $SHRIKE_DATA/prepared"]]
    }
    #expect(cluster.environment.apply(.powerLoss([n1])).tookHold == true)
    #expect(cluster.environment.apply(.mendDisks([n1])).tookHold != false)
    try wait(cluster) { lines("prepared well") == 2 }
    #expect(lines("prepared well") == 2, "\(log)")
  }

  /// What was told of faults that others took the place of.
  private func settled(_ cluster: FixtureCluster) throws -> [FaultReport] {
    try cluster.run(for: .milliseconds(50))
    return cluster.events.compactMap {
      guard case .settled(.mendDisks, let report) = $0 else { return nil }
      return report
    }
  }

  @Test(
    "power is lost while another fault holds, which ends and tells what came of it",
    arguments: [DiskFault.Kind.full, .readOnly, .syncError])
  func powerLossAmidst(kind: DiskFault.Kind) throws {
    let cluster = try cluster([kind, .powerLoss])
    try wait(cluster) { doneCount >= 3 }
    let before = cluster.environment.apply(.disk(DiskFault(kind, probability: 1), [n1]))
    #expect(before.tookHold != false)
    try wait(cluster, for: .seconds(1)) { lines("failed") > 0 }
    let report = cluster.environment.apply(.powerLoss([n1]))
    #expect(report.tookHold == true && report.did == [n1: "power-lost"])
    let told = try settled(cluster)
    #expect(told.count == 1 && told.first?.tookHold == true)
    #expect(told.first?.did[n1]?.hasPrefix("mended: ") == true, "\(told)")
    #expect(cluster.environment.apply(.mendDisks([n1])).did == [n1: "restarted"])
    let refused = lines("refused") + lines("failed")
    unlink("\(directory.path)/data/n1/done")
    try wait(cluster) { doneCount > 3 }
    #expect(doneCount > 3 && lines("refused") + lines("failed") == refused)
    #expect(!cluster.events.contains { if case .died = $0 { true } else { false } })
  }

  @Test(
    "an end that a fault of the disk is no reason for is told",
    arguments: [DiskFault.Kind.crashAtSync, .syncError])
  func unasked(kind: DiskFault.Kind) throws {
    let script = "while [ ! -e go ]; do sleep 0.02; done; exit 3"
    let cluster = try cluster([kind], program: script)
    let fault = DiskFault(kind, probability: 1)
    #expect(cluster.environment.apply(.disk(fault, [n1])).tookHold == nil)
    close(open("\(directory.path)/data/n1/go", O_WRONLY | O_CREAT | O_CLOEXEC, 0o644))
    try cluster.run(for: .seconds(10)) { if case .died = $0 { true } else { false } }
    #expect(cluster.events.contains { if case .died(n1, _, _) = $0 { true } else { false } })
  }

  @Test("an end after a sync that failed is the fault's doing")
  func excused() throws {
    let script = """
      while true; do
        echo 1 >> $SHRIKE_DATA/file; sync $SHRIKE_DATA/file || exit 3; sleep 0.02
      done
      """
    let cluster = try cluster([.syncError], program: script)
    let fault = DiskFault(.syncError, probability: 1)
    #expect(cluster.environment.apply(.disk(fault, [n1])).tookHold == nil)
    try wait(cluster) { cluster.environment.condition(of: n1)?.isUp == false }
    #expect(cluster.environment.condition(of: n1)?.isUp == false)
    let mended = cluster.environment.apply(.mendDisks([n1]))
    #expect(mended.tookHold == true && mended.did[n1]?.hasSuffix("restarted") == true)
    #expect(!cluster.events.contains { if case .died = $0 { true } else { false } })
  }

  @Test("files are damaged while no process runs, and the same by the same seed")
  func damage() throws {
    let cluster = try cluster([.corrupt, .truncate, .swap, .wipe])
    try wait(cluster) { doneCount >= 5 }
    let corrupted = cluster.environment.apply(.disk(DiskFault(.corrupt, files: "synced"), [n1]))
    #expect(corrupted.tookHold == true)
    #expect(corrupted.did[n1]?.contains("bytes of synced at") == true, "\(corrupted)")
    #expect(cluster.environment.condition(of: n1)?.isUp == false)
    let none = cluster.environment.apply(.disk(DiskFault(.truncate, files: "*.none"), [n1]))
    #expect(none.tookHold == false && none.did[n1]?.contains("no such file") == true)
    let cut = cluster.environment.apply(.disk(DiskFault(.truncate), [n1]))
    #expect(cut.tookHold == true && cut.did[n1]?.hasPrefix("truncated ") == true)
    #expect(cluster.environment.apply(.mendDisks([n1])).did[n1] == "restarted")
    try wait(cluster) { doneCount >= 5 }
    let wiped = cluster.environment.apply(.disk(DiskFault(.wipe), [n1]))
    #expect(wiped.tookHold == true && wiped.did[n1] == "wiped 2 files")
    #expect(cluster.environment.apply(.mendDisks([n1])).tookHold != false)
    try wait(cluster) { found == [0, 0] }
    #expect(found == [0, 0])
  }

  @Test("no more nodes are damaged than may be, the same one again")
  func limit() throws {
    let cluster = try FixtureCluster(
      directory: directory.path, agent: agentProgram, count: 3, program: ["sh", "-c", Self.writer],
      change: {
        $0.diskFaults = [.wipe, .powerLoss]
        $0.damageLimits = [.wipe: 1]
      })
    try cluster.environment.start()
    let nodes = cluster.environment.names.nodes
    try wait(cluster) { doneCount >= 2 }
    let report = cluster.environment.apply(.disk(DiskFault(.wipe), nodes))
    #expect(report.did.values.count { $0 == FaultReport.spared } == 2)
    #expect(cluster.environment.apply(.disk(DiskFault(.wipe), [nodes[1]])).tookHold == false)
    #expect(cluster.environment.apply(.powerLoss([nodes[1]])).tookHold == true)
  }

  @Test("a full disk refuses what needs room, and has room when it is mended")
  func full() throws {
    // Appends much, so that no room of a block's rest is left to it.
    let script = """
      cd $SHRIKE_DATA
      while true; do
        if head -c 65536 /dev/zero >> big; then echo done >&2; else echo refused >&2; fi
        sleep 0.02
      done
      """
    let cluster = try cluster([.full], program: script)
    try wait(cluster) { lines("done") > 2 }
    #expect(lines("refused") == 0)
    let report = cluster.environment.apply(.disk(DiskFault(.full), [n1]))
    #expect(report.tookHold == true && report.did == [n1: "full"])
    try wait(cluster) { lines("refused") > 2 }
    #expect(lines("refused") > 2)
    let mended = cluster.environment.apply(.mendDisks([n1]))
    #expect(mended.tookHold == true && mended.did[n1] == "mended: it has room")
    let before = lines("done")
    try wait(cluster) { lines("done") > before + 2 }
    #expect(lines("done") > before + 2)
  }

  @Test("a disk that can only be read refuses writes, and its node starts anew when it is mended")
  func readOnly() throws {
    let cluster = try cluster([.readOnly])
    try wait(cluster) { doneCount >= 3 }
    let report = cluster.environment.apply(.disk(DiskFault(.readOnly), [n1]))
    #expect(report.tookHold == true && report.did == [n1: "read-only"])
    try wait(cluster) { lines("refused") > 2 }
    #expect(lines("refused") > 2)
    let acknowledged = doneCount
    let mended = cluster.environment.apply(.mendDisks([n1]))
    #expect(mended.tookHold == true)
    #expect(mended.did[n1] == "mended: it can be written, and restarted")
    try wait(cluster) { found.first ?? 0 > 0 }
    #expect(found.first ?? 0 >= acknowledged)
    let refused = lines("refused")
    try wait(cluster) { doneCount > 0 && doneCount < acknowledged }
    #expect(lines("refused") == refused)
  }

  @Test("syncs fail, and the node finds what they were to keep gone")
  func syncError() throws {
    let cluster = try cluster([.syncError])
    try wait(cluster) { doneCount >= 3 }
    #expect(lines("failed") == 0)
    let fault = DiskFault(.syncError, probability: 1)
    let report = cluster.environment.apply(.disk(fault, [n1]))
    #expect(report.tookHold == nil && report.did == [n1: "sync-error"])
    let acknowledged = doneCount
    try wait(cluster) { lines("failed") > 3 }
    let mended = cluster.environment.apply(.mendDisks([n1]))
    #expect(mended.tookHold == true && mended.affected ?? 0 > 3)
    try wait(cluster) { found.count == 2 && found[0] > 0 }
    // The sync that was on its way when it began was done.
    #expect(acknowledged...(acknowledged + 1) ~= found[0], "\(found) of \(acknowledged)")
  }

  @Test("syncs lie, and what they said was kept is gone")
  func lostSync() throws {
    let cluster = try cluster([.lostSync])
    try wait(cluster) { doneCount >= 3 }
    #expect(cluster.environment.apply(.disk(DiskFault(.lostSync), [n1])).tookHold == nil)
    let honest = doneCount
    try wait(cluster) { doneCount > honest + 5 }
    #expect(lines("failed") == 0)
    let mended = cluster.environment.apply(.mendDisks([n1]))
    #expect(mended.tookHold == true && mended.affected ?? 0 > 3)
    #expect(mended.did[n1]?.hasSuffix("did nothing, and restarted") == true, "\(mended)")
    try wait(cluster) { found.count == 2 && found[0] > 0 }
    #expect(honest...(honest + 1) ~= found[0], "\(found) of \(honest)")
  }

  @Test("syncs are late while a disk stalls")
  func stall() throws {
    let cluster = try cluster([.stall])
    try wait(cluster) { doneCount >= 3 }
    let fault = DiskFault(.stall, latency: .seconds(1))
    #expect(cluster.environment.apply(.disk(fault, [n1])).tookHold == nil)
    let before = doneCount
    try cluster.run(for: .seconds(3))
    #expect(doneCount - before <= 4, "\(doneCount - before) syncs in 3 s")
    let mended = cluster.environment.apply(.mendDisks([n1]))
    #expect(mended.tookHold == true && 1...4 ~= mended.affected ?? 0)
    let after = doneCount
    try wait(cluster) { doneCount > after + 5 }
    #expect(doneCount > after + 5)
    #expect(log.split(separator: "\n").count { $0.hasPrefix("found") } == 1, "it ran on")
  }

  @Test("power is lost at the sync that is asked for, before it does anything", arguments: [1, 4])
  func crashAtSync(number: Int) throws {
    // Waits for its turn, so that it is known which sync comes next.
    let script = """
      cd $SHRIKE_DATA
      echo found $(cat synced 2>/dev/null | wc -l) 0 >&2
      for number in 1 2 3 4 5 6 7; do
        while [ $number = 3 ] && [ ! -e ../go ]; do sleep 0.02; done
        echo $number >> synced; sync synced; echo $number > ../done
      done
      sleep 1000
      """
    let cluster = try cluster([.crashAtSync], program: script)
    try wait(cluster) { doneCount == 2 }
    let fault = DiskFault(.crashAtSync, sync: number)
    #expect(cluster.environment.apply(.disk(fault, [n1])).tookHold == nil)
    close(open("\(directory.path)/data/n1/go", O_WRONLY | O_CREAT | O_CLOEXEC, 0o644))
    try wait(cluster) { cluster.environment.condition(of: n1)?.isUp == false }
    #expect(cluster.environment.condition(of: n1)?.isUp == false)
    #expect(doneCount == number + 1)
    let mended = cluster.environment.apply(.mendDisks([n1]))
    #expect(mended.tookHold == true && mended.affected == 1)
    #expect(
      mended.did[n1] == "mended: power was lost at sync \(number), and restarted", "\(mended)")
    try wait(cluster) { found.count == 2 && found[0] > 0 }
    #expect(found.first == number + 1)
    #expect(!cluster.events.contains { if case .died = $0 { true } else { false } })
  }

  @Test("power is lost once more at a disk that lost it at a sync")
  func powerLossAfterCrash() throws {
    let cluster = try cluster([.crashAtSync, .powerLoss])
    try wait(cluster) { doneCount >= 3 }
    let fault = DiskFault(.crashAtSync, sync: 2)
    #expect(cluster.environment.apply(.disk(fault, [n1])).tookHold == nil)
    try wait(cluster) { cluster.environment.condition(of: n1)?.isUp == false }
    #expect(cluster.environment.apply(.powerLoss([n1])).tookHold == true)
    let told = try settled(cluster)
    #expect(told.map(\.did) == [[n1: "mended: power was lost at sync 2"]])
    #expect(told.first?.tookHold == true && told.first?.affected == 1)
    #expect(cluster.environment.apply(.mendDisks([n1])).did == [n1: "restarted"])
    #expect(!cluster.events.contains { if case .died = $0 { true } else { false } })
  }

  @Test("a sync that is never reached did not take hold")
  func crashNever() throws {
    let cluster = try cluster([.crashAtSync])
    #expect(
      cluster.environment.apply(.disk(DiskFault(.crashAtSync, sync: 1 << 30), [n1])).did.count == 1)
    try wait(cluster) { doneCount >= 3 }
    let mended = cluster.environment.apply(.mendDisks([n1]))
    #expect(mended.tookHold == false && mended.affected == 0)
    #expect(cluster.environment.condition(of: n1)?.isUp == true)
  }

  @Test("a disk belongs to the user whom its node runs as")
  func otherUser() throws {
    let cluster = try cluster([.powerLoss, .syncError], edit: { $0.user = "nobody" })
    try wait(cluster) { found == [0, 0] }
    #expect(cluster.environment.apply(.powerLoss([n1])).tookHold == true)
    #expect(cluster.environment.apply(.mendDisks([n1])).tookHold != false)
    #expect(lines("refused") == 0)
  }

  @Test("kinds that a real disk can't be told to are refused by name")
  func unsupported() throws {
    let cluster = try FixtureCluster(directory: directory.path, agent: agentProgram)
    for kind in [DiskFault.Kind.torn, .reorder, .misdirect, .stale] {
      let support = cluster.environment.support(for: DiskFault(kind))
      guard case .unsupported(let reason) = support else {
        Issue.record("\(kind) is supported")
        continue
      }
      #expect(reason.contains("--env simulated"))
    }
    #expect(cluster.environment.support(for: .disk) == .supported)
  }
}
