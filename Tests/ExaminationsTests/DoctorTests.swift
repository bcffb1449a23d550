import Disks
import Environments
import Examinations
import Glibc
import HostClusters
import Hosts
import Nodes
import Processes
import Testing
import Values

private let isRoot = geteuid() == 0

@Suite("A doctor and this machine", .serialized, .timeLimit(.minutes(2)))
struct DoctorTests {
  /// The program of agents and of labs that are tried, beside this test's.
  private static let fixture: String = {
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") }
    let path = bundle ?? canonicalPath("/proc/self/exe") ?? ""
    return path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/") + "/HostsFixture"
  }()

  private struct Absent: Error, CustomStringConvertible {
    var description: String { "not in this test" }
  }

  private func doctor(find: @escaping (String) -> String?) -> Doctor {
    Doctor(
      Doctor.Clusters(simulated: { throw Absent() }, local: { _ in throw Absent() }),
      labProgram: [DoctorTests.fixture, "examine"], tools: Tool.standard, find: find)
  }

  @Test("missing tools are named, with the packages that bring them")
  func missingTools() {
    let found = doctor { _ in nil }.examine().examinations.filter { $0.group == .tool }
    #expect(found.allSatisfy { $0.state == .missing })
    #expect(
      found.map { $0.mend ?? "" } == [
        "apt-get install iproute2", "apt-get install nftables", "apt-get install iptables",
        "apt-get install python3", "",
      ])
  }

  @Test("tools that are there tell their versions, and an environment that fails says why")
  func tools() {
    let diagnosis = doctor { $0 == "apt-get" ? "/bin/false" : "/bin/echo" }.examine()
    let found = diagnosis.examinations.filter { $0.group == .tool }
    #expect(found.map(\.state) == [.works, .works, .works, .works, .missing])
    #expect(found[0].detail == "/bin/echo, -V")
    #expect(
      diagnosis.examinations.prefix(2).map(\.detail) == ["not in this test", "not in this test"])
    #expect(!diagnosis.isSound)
  }

  @Test("what it says of the lab is what a cluster there can do", .enabled(if: isRoot))
  func lab() throws {
    let found = doctor { _ in nil }.examine().examinations
    func state(_ name: String) -> Examination.State? { found.first { $0.name == name }?.state }
    let directory = "/tmp/shrike-doctor-test-\(getpid())"
    try makeDirectories(directory)
    defer { system("rm -rf \(directory)") }
    let fixture = try FixtureCluster(
      directory: directory, agent: DoctorTests.fixture, count: 2, program: ["sleep", "1000"],
      change: { if Volume.problem == nil { $0.diskFaults = [.powerLoss] } })
    let cluster = fixture.environment
    defer { cluster.stop() }
    do {
      try cluster.start()
    } catch {
      #expect(state("lab") == .missing, "\(error)")
      return
    }
    #expect(state("lab") == .works)
    func holds(_ fault: Fault, ended heal: Fault) -> Bool {
      let tookHold = cluster.apply(fault).tookHold == true
      return cluster.apply(heal).tookHold != false && tookHold
    }
    let nodes = cluster.names.nodes
    let cut = holds(.cut([Link(from: nodes[0], to: nodes[1])]), ended: .mend)
    #expect((state("lab partition by nft") == .works) == (cut && findProgram("nft") != nil))
    let delay = Disturbance(.delay, probability: 1, latency: .milliseconds(1))
    _ = cluster.apply(.disturb(delay, [Link(from: nodes[0], to: nodes[1])]))
    let isDelayed = cluster.apply(.calm(.delay)).tookHold == true
    #expect((state("lab packets") == .works) == isDelayed)
    let isFrozen = cluster.apply(.pause([nodes[0]])).did == [nodes[0]: "frozen"]
    #expect((state("lab pause by freezer") == .works) == isFrozen)
    #expect(cluster.apply(.resume([nodes[0]])).tookHold == true)
    #expect(
      (state("lab cpu") == .works)
        == holds(.limit(.cpu(share: 0.3), [nodes[1]]), ended: .unlimit(.cpu)))
    #expect(
      (state("lab memory") == .works)
        == holds(.limit(.memory(bytes: 100 << 20), [nodes[1]]), ended: .unlimit(.memory)))
    #expect(
      (state("lab disk by loop device") == .works)
        == holds(.powerLoss([nodes[0]]), ended: .mendDisks([nodes[0]])))
    #expect((state("lab disk by seccomp") == .works) == (DiskWatch.problem == nil))
    #expect((state("lab kill") == .works) == holds(.kill(nodes), ended: .restart(nodes)))
  }

  @Test("a lab that can't be tried is told of, with what its process said")
  func brokenProgram() {
    let doctor = Doctor(
      Doctor.Clusters(simulated: { throw Absent() }, local: { _ in throw Absent() }),
      labProgram: ["/bin/sh", "-c", "echo no way; exit 3"], tools: [])
    let found = doctor.examine().examinations
    let lab = found.first { $0.name == "lab" }
    #expect(lab?.state == .missing)
    #expect(lab?.detail == "the process that tried it ended with exit status 3: no way")
    let faults = found.filter { $0.group == .fault }.map(\.name)
    #expect(faults == ["netem"], "nothing is said of the lab's faults")
    let other = found.first { $0.name == "lab without root" }
    #expect(other?.state == (isRoot ? .missing : nil))
  }

  @Test("nothing is left behind", .enabled(if: isRoot))
  func leftovers() {
    func leftovers() -> [String] { entries("/tmp").filter { $0.hasPrefix("shrike-doctor-") } }
    let before = leftovers()
    let groups = ControlGroups.offered().values.map(\.path)
    _ = doctor { _ in nil }.examine()
    #expect(leftovers() == before)
    for path in Set(groups) {
      let abandoned = entries(path).filter { name in
        let words = name.split(separator: "-")
        guard words.count == 4, words[0] == "shrike", let pid = pid_t(words[1]) else {
          return false
        }
        return ProcessState(pid) == nil
      }
      #expect(abandoned.isEmpty)
    }
  }

  private func entries(_ path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names.sorted()
  }
}
