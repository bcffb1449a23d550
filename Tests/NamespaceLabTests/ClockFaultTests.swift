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
private let n2 = NodeID(1)

/// Programs that write down their wall and their monotonic clock all the time: `WALL MONOTONIC`, both in
/// nanoseconds, to a file that is replaced at once.
private enum Clockwork: String, CaseIterable, CustomTestStringConvertible {
  case swift
  case python
  case java
  case erlang

  var testDescription: String { rawValue }

  var command: [String] {
    switch self {
    case .swift: [agentProgram, "clock", "shown"]
    case .python: ["python3", "-c", Clockwork.pythonText, "shown"]
    case .java: ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "Clock.java", "shown"]
    case .erlang: ["erl", "-noshell", "+C", "multi_time_warp", "-eval", Clockwork.erlangText]
    }
  }

  var isThere: Bool { self == .swift || findProgram(command[0]) != nil }

  static let pythonText = """
    import os, sys, time
    def note():
      with open(sys.argv[1] + ".new", "w") as f: f.write(f"{time.time_ns()} {time.monotonic_ns()}")
      os.rename(sys.argv[1] + ".new", sys.argv[1])
    while True:
      note(); time.sleep(0.002)
      if os.path.exists("execute"):
        os.remove("execute")
        os.execv("/proc/self/exe", [sys.executable] + sys.orig_argv[1:])
    """

  /// Of its clocks it shows that of the system, which its own follows at leisure.
  static let erlangText = """
    Note = fun Again() ->
      Times = [os:system_time(nanosecond), os:perf_counter(nanosecond)],
      ok = file:write_file("shown.new", io_lib:format("~b ~b", Times)),
      ok = file:rename("shown.new", "shown"),
      timer:sleep(2),
      Again()
    end,
    Note().
    """

  static let javaText = """
    import java.nio.file.*;
    public class Clock {
      public static void main(String[] words) throws Exception {
        Path file = Path.of(words[0]), fresh = Path.of(words[0] + ".new");
        while (true) {
          Files.writeString(fresh, System.currentTimeMillis() * 1000000L + " " + System.nanoTime());
          Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
          Thread.sleep(2);
        }
      }
    }
    """
}

@Suite(
  "Clocks of hosts", .serialized, .timeLimit(.minutes(5)),
  .enabled(if: isRoot, "hosts in namespaces need root and iproute2"))
struct ClockFaultTests {
  let directory: ScratchDirectory

  init() throws { directory = try ScratchDirectory("shrike-test") }

  private func cluster(
    _ program: [String], count: Int = 2, edit: (inout HostedNode) -> Void = { _ in }
  ) throws -> FixtureCluster {
    let record = "\(directory.path)/clocks.csv"
    let cluster = try FixtureCluster(
      directory: directory.path, agent: agentProgram, count: count, program: program,
      change: { $0.clockRecord = record },
      edit: { node in
        node.ready = .command(["test", "-e", "shown"])
        node.readyTimeout = .seconds(60)
        edit(&node)
      })
    try cluster.environment.start()
    return cluster
  }

  /// By how much the clock of a node's program is wrong, by what it says after this is called.
  private func error(
    _ cluster: FixtureCluster, _ node: NodeID, _ file: String = "shown"
  ) throws -> Nanoseconds {
    let began = monotonicTime()
    let path = "\(directory.path)/data/\(cluster.environment.names[node])/\(file)"
    while monotonicTime() < began + .seconds(10) {
      let words = String(decoding: bytes(ofFile: path) ?? [], as: UTF8.self).split(separator: " ")
        .compactMap { Int64($0) }
      if words.count == 2, words[1] > began {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let wall = Nanoseconds(time.tv_sec) * 1_000_000_000 + Nanoseconds(time.tv_nsec)
        return words[0] - words[1] - (wall - monotonicTime())
      }
      try cluster.run(for: .milliseconds(2))
    }
    Issue.record("\(path) is not written")
    return 0
  }

  /// Whether a program's clock is wrong by so much, within what it may be held up between two readings.
  private func isWrong(
    _ cluster: FixtureCluster, _ node: NodeID, by expected: Nanoseconds, _ file: String = "shown",
    within patience: Nanoseconds = .seconds(3)
  ) throws -> Bool {
    let deadline = monotonicTime() + patience
    repeat {
      if abs(try error(cluster, node, file) - expected) < .milliseconds(50) { return true }
    } while monotonicTime() < deadline
    return false
  }

  @Test(
    "programs of other languages see each kind of change, and the right time after a reset",
    arguments: Clockwork.allCases.filter(\.isThere))
  fileprivate func languages(_ clockwork: Clockwork) throws {
    let cluster = try cluster(clockwork.command) { node in
      node.files = [HostedFile(path: "Clock.java", content: Clockwork.javaText)]
    }
    let environment = cluster.environment
    #expect(environment.support(for: .clock) == .supported)
    #expect(try isWrong(cluster, n1, by: 0))

    var report = environment.apply(.skew([n1: .offset(.seconds(1_000))]))
    #expect(report == FaultReport(did: [n1: "offset 1000s"], tookHold: true))
    #expect(try isWrong(cluster, n1, by: .seconds(1_000), within: 0))
    #expect(try isWrong(cluster, n2, by: 0, within: 0), "another host's clock is right")
    report = environment.apply(.skew([n1: .step(.milliseconds(-3_500)), n2: .freeze]))
    #expect(report.tookHold == true)
    #expect(try isWrong(cluster, n1, by: .milliseconds(996_500), within: 0))
    let (frozen, later) = (try error(cluster, n2), try error(cluster, n2))
    #expect(later < frozen && frozen < 0, "it falls behind")
    report = environment.apply(.skew([n1: .drift(nanosecondsPerSecond: -500_000_000)]))
    #expect(
      report == FaultReport(did: [n1: "drift -500000000 ns/s of the wall clock"], tookHold: true))
    try cluster.run(for: .milliseconds(400))
    #expect(try error(cluster, n1) < .milliseconds(996_310))
    #expect(environment.apply(.resetClocks).did == [n1: "reset", n2: "reset"])
    #expect(try isWrong(cluster, n1, by: 0, within: 0) && isWrong(cluster, n2, by: 0, within: 0))

    report = environment.apply(.skew([n2: .strobe(by: .seconds(50), period: .milliseconds(40))]))
    #expect(report.tookHold == true)
    #expect(try isWrong(cluster, n2, by: .seconds(50)) && isWrong(cluster, n2, by: 0))
    #expect(try isWrong(cluster, n2, by: .seconds(50)))
    report = environment.apply(.resetClocks)
    #expect(report == FaultReport(did: [n2: "reset"], tookHold: true))
    for _ in 0..<20 { #expect(try isWrong(cluster, n2, by: 0, within: 0)) }
    #expect(environment.apply(.resetClocks) == FaultReport(), "there is nothing to reset")
  }

  @Test(
    "the server of etcd, which is written in Go, dates its answers by the wrong clock",
    .enabled(if: findProgram("etcd") != nil, "there is no etcd"))
  func etcd() throws {
    let cluster = try cluster(["etcd", "--data-dir", "etcd"], count: 1) { node in
      node.ready = .command(["python3", "-c", ask + "; date()"])
    }
    let host = try #require(cluster.environment.hosts.first)
    func seconds() throws -> Int {
      let result = try host.agent.run(["python3", "-c", ask + "; print(date())"])
      return try #require(result.output.first.flatMap { Int($0) }) - time(nil)
    }
    #expect(abs(try seconds()) < 10)
    #expect(cluster.environment.apply(.skew([n1: .offset(.seconds(-7_200))])).tookHold == true)
    #expect(abs(try seconds() + 7_200) < 10)
    #expect(cluster.environment.apply(.resetClocks).tookHold == true)
    #expect(abs(try seconds()) < 10)
  }

  /// Asks a server when it answered, by its clock.
  private let ask = """
    import urllib.request, email.utils
    def date():
      answer = urllib.request.urlopen("http://127.0.0.1:2379/version", timeout=5)
      return int(email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp())
    import sys
    """

  @Test(
    "children, programs that are executed and nodes that are restarted have the wrong clock too")
  func newProcesses() throws {
    let child = ["python3", "-c", Clockwork.pythonText, "child"].map { "'\($0)'" }
    let script = "\(child.joined(separator: " ")) & exec \"$@\""
    let cluster = try cluster(
      ["sh", "-c", script, "sh"] + Clockwork.python.command)
    let environment = cluster.environment
    #expect(try isWrong(cluster, n1, by: 0) && isWrong(cluster, n1, by: 0, "child"))
    #expect(environment.apply(.skew([n1: .offset(.seconds(90))])).tookHold == true)
    #expect(try isWrong(cluster, n1, by: .seconds(90), within: 0))
    #expect(try isWrong(cluster, n1, by: .seconds(90), "child", within: 0))

    let mark = "\(directory.path)/data/n1/execute"
    close(open(mark, O_WRONLY | O_CREAT, 0o644))
    while access(mark, F_OK) == 0 { try cluster.run(for: .milliseconds(2)) }
    #expect(try isWrong(cluster, n1, by: .seconds(90)))
    #expect(try isWrong(cluster, n1, by: .seconds(90), "child", within: 0))

    #expect(environment.apply(.kill([n1])).tookHold == true)
    let report = environment.apply(.skew([n1: .step(.seconds(10))]))
    #expect(report == FaultReport(did: [n1: "step 10s, once it runs"], tookHold: false))
    #expect(environment.apply(.restart([n1])).did == [n1: "restarted"])
    #expect(try isWrong(cluster, n1, by: .seconds(100)))
    #expect(try isWrong(cluster, n1, by: .seconds(100), "child"))
    #expect(environment.apply(.resetClocks).tookHold == true)
    #expect(try isWrong(cluster, n1, by: 0, within: 0))
    #expect(try isWrong(cluster, n1, by: 0, "child", within: 0))
  }

  @Test("a paused node stays paused while its clock is changed", arguments: [false, true])
  func paused(usesSignals: Bool) throws {
    let cluster = try FixtureCluster(
      directory: directory.path, agent: agentProgram, count: 1,
      program: Clockwork.python.command, change: { $0.usesSignals = usesSignals },
      edit: { $0.ready = .command(["test", "-e", "shown"]) })
    let environment = cluster.environment
    try environment.start()
    #expect(try isWrong(cluster, n1, by: 0))
    #expect(environment.apply(.pause([n1])).tookHold == true)
    let report = environment.apply(.skew([n1: .offset(.seconds(-40))]))
    #expect(report == FaultReport(did: [n1: "offset -40s"], tookHold: true))
    let path = "\(directory.path)/data/n1/shown"
    let before = bytes(ofFile: path)
    try cluster.run(for: .milliseconds(200))
    #expect(bytes(ofFile: path) == before)
    #expect(environment.apply(.resume([n1])).tookHold == true)
    #expect(try isWrong(cluster, n1, by: .seconds(-40)))
    #expect(environment.apply(.pause([n1])).tookHold == true)
    #expect(environment.apply(.resetClocks).tookHold == true)
    #expect(environment.apply(.resume([n1])).tookHold == true)
    #expect(try isWrong(cluster, n1, by: 0))
  }

  @Test("how wrong clocks were is recorded, before and after each change and meanwhile")
  func record() throws {
    let cluster = try cluster(Clockwork.swift.command)
    try cluster.run(for: .milliseconds(50))
    #expect(bytes(ofFile: "\(directory.path)/clocks.csv") == nil, "nothing has been wrong")
    let change = ClockChange.offset(.milliseconds(-2_500))
    #expect(cluster.environment.apply(.skew([n2: change])).tookHold == true)
    try cluster.run(for: .milliseconds(1_200))
    #expect(cluster.environment.apply(.resetClocks).tookHold == true)
    try cluster.run(for: .milliseconds(600))
    let lines = String(
      decoding: try #require(bytes(ofFile: "\(directory.path)/clocks.csv")), as: UTF8.self
    ).split(separator: "\n")
    #expect(lines.first == "time,node,offset")
    let offsets = lines.filter { $0.contains(",n2,") }.map { $0.split(separator: ",")[2] }
    #expect(offsets.first == "0.000000000" && offsets.last == "0.000000000")
    #expect(offsets.dropFirst().dropLast().allSatisfy { $0 == "-2.500000000" })
    #expect(offsets.count >= 6)
    #expect(lines.filter { $0.hasSuffix(",n1,0.000000000") }.count == offsets.count)
    let times = lines.dropFirst().compactMap {
      $0.split(separator: ",").first.flatMap { Double($0) }
    }
    #expect(times == times.sorted() && times.count == 2 * offsets.count)
  }
}
