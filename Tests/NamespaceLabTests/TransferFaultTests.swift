import Disks
import Environments
import Glibc
import HostClusters
import Hosts
import Nodes
import Processes
import Testing
import Values

private let n1 = NodeID(0)
private let n2 = NodeID(1)

@Suite(
  "Faults of reads and writes on hosts", .serialized, .timeLimit(.minutes(3)),
  .enabled(if: isRoot && DiskWatch.problem == nil, "it needs root, and seccomp's user notification")
)
struct TransferFaultTests {
  let directory: ScratchDirectory

  init() throws { directory = try ScratchDirectory("shrike-test") }

  private static let hasPython = findProgram("python3") != nil

  private func cluster(
    _ kinds: Set<DiskFault.Kind>, count: Int = 2, program: [String],
    edit: (inout HostedNode) -> Void = { _ in }
  ) throws -> FixtureCluster {
    let cluster = try FixtureCluster(
      directory: directory.path, agent: agentProgram, count: count, program: program,
      change: {
        $0.diskFaults = kinds
        $0.seed = 7
      }, edit: edit)
    try cluster.environment.start()
    return cluster
  }

  private func log(_ node: String = "n1") -> [String] {
    let bytes = bytes(ofFile: "\(directory.path)/nodes/\(node)/log") ?? []
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private func count(_ line: String, _ node: String = "n1") -> Int {
    log(node).count { $0 == line }
  }

  private func wait(
    _ cluster: FixtureCluster, for time: Nanoseconds = .seconds(20), until isSo: () throws -> Bool
  ) throws {
    let deadline = cluster.environment.now + time
    while try !isSo(), cluster.environment.now < deadline {
      try cluster.run(for: .milliseconds(20))
    }
  }

  private func hasDied(_ cluster: FixtureCluster) -> Bool {
    cluster.events.contains { if case .died = $0 { true } else { false } }
  }

  /// Reads and writes two files all the time, and says what came of each.
  private static let user = [
    "python3", "-c",
    """
    import os, time
    os.chdir(os.environ["SHRIKE_DATA"])
    def attempt(what, path, act):
      try: act(path); result = "done"
      except OSError as error: result = error.strerror
      os.write(2, f"{what} {path} {result}\\n".encode())
    def read(path):
      with open(path) as file: file.read()
    def write(path):
      file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
      try: os.write(file, b"whole")
      finally: os.close(file)
    while True:
      for path in ("a.wal", "b"):
        attempt("write", path, write)
        attempt("read", path, read)
      time.sleep(0.005)
    """,
  ]

  @Test(
    "they fail on the files that are chosen and on no others, and do so no more once it is mended",
    .enabled(if: hasPython, "there is no python3"),
    arguments: [
      (DiskFault.Kind.readError, DiskFault.WriteProblem.broken, "read", "Input/output error"),
      (.writeError, .broken, "write", "Input/output error"),
      (.writeError, .full, "write", "No space left on device"),
    ])
  func fail(
    kind: DiskFault.Kind, problem: DiskFault.WriteProblem, what: String, text: String
  ) throws {
    let cluster = try cluster([kind], program: Self.user)
    let other = what == "read" ? "write" : "read"
    try wait(cluster) { count("\(what) a.wal done") > 3 && count("\(what) a.wal done", "n2") > 3 }
    let fault = DiskFault(kind, probability: 1, files: "*.wal", problem: problem)
    let report = cluster.environment.apply(.disk(fault, [n1]))
    #expect(report.tookHold == nil && report.did == [n1: kind.rawValue])
    let before = log().count
    try wait(cluster) { count("\(what) a.wal \(text)") > 5 }
    let meanwhile = Set(log().dropFirst(before + 4))
    #expect(
      meanwhile == [
        "\(what) a.wal \(text)", "\(other) a.wal done", "write b done", "read b done",
      ], "\(meanwhile)")
    let mended = cluster.environment.apply(.mendDisks([n1]))
    #expect(mended.tookHold == true && mended.affected ?? 0 > 5)
    let counts = "\(mended.affected ?? 0) of \(mended.affected ?? 0) \(what)s"
    #expect(mended.did[n1] == "mended: \(counts) failed, and restarted")
    let failed = count("\(what) a.wal \(text)")
    let done = count("\(what) a.wal done")
    try wait(cluster) { count("\(what) a.wal done") > done + 5 }
    #expect(count("\(what) a.wal done") > done + 5)
    #expect(count("\(what) a.wal \(text)") <= failed + 1, "one may have been on its way to the log")
    #expect(count("\(what) a.wal \(text)", "n2") == 0, "the other node is left alone")
    #expect(cluster.environment.condition(of: n1)?.isUp == true && !hasDied(cluster))
  }

  @Test("a fault that no call of its kind meets did not take hold")
  func unmet() throws {
    let cluster = try cluster([.readError], count: 1, program: ["sleep", "1000"])
    #expect(cluster.environment.apply(.disk(DiskFault(.readError), [n1])).tookHold == nil)
    try cluster.run(for: .milliseconds(50))
    let mended = cluster.environment.apply(.mendDisks([n1]))
    #expect(mended.tookHold == false && mended.did == [n1: "mended: 0 of 0 reads failed"])
  }

  /// A thread appends to one file, another to another; each says how many milliseconds that took.
  private static let threads = [
    "python3", "-c",
    """
    import os, threading, time
    os.chdir(os.environ["SHRIKE_DATA"])
    def append(path):
      file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
      while True:
        began = time.monotonic()
        os.write(file, b"x")
        took = int((time.monotonic() - began) * 1000)
        os.write(2, f"{path} {took}\\n".encode())
        time.sleep(0.01)
    threading.Thread(target=append, args=("slow.wal",)).start()
    append("other")
    """,
  ]

  @Test(
    "they are late by what is asked for at least, while other threads go on, until it is mended",
    .enabled(if: hasPython, "there is no python3"))
  func slow() throws {
    let cluster = try cluster([.slowIO], count: 1, program: Self.threads)
    func times(_ path: String, after line: Int) -> [Int] {
      log().dropFirst(line).filter { $0.hasPrefix("\(path) ") }.compactMap {
        Int($0.dropFirst(path.count + 1))
      }
    }
    try wait(cluster) { times("slow.wal", after: 0).count > 3 }
    let fault = DiskFault(
      .slowIO, probability: 1, latency: .milliseconds(400), files: "slow.wal")
    #expect(cluster.environment.apply(.disk(fault, [n1])).tookHold == nil)
    // The write that was on its way was done.
    try cluster.run(for: .milliseconds(100))
    let line = log().count
    try wait(cluster) { times("slow.wal", after: line).count >= 4 }
    let slow = times("slow.wal", after: line)
    let others = times("other", after: line)
    #expect(slow.count >= 4 && slow.allSatisfy { $0 >= 400 }, "\(slow)")
    #expect(others.count > 10 && others.count { $0 < 100 } > others.count / 2, "\(others)")
    // One is under way, and need not wait any longer.
    let mended = cluster.environment.apply(.mendDisks([n1]))
    #expect(mended.tookHold == true && mended.affected ?? 0 >= 4)
    #expect(mended.did[n1]?.hasSuffix("reads, writes and syncs were late") == true, "\(mended)")
    try cluster.run(for: .milliseconds(100))
    let end = log().count
    try wait(cluster) { times("slow.wal", after: end).count > 5 }
    #expect(times("slow.wal", after: end).contains { $0 < 100 })
  }

  /// Writes a key to etcd, and has an exit code of whether that was done.
  private static let put = [
    "python3", "-c",
    """
    import urllib.request
    body = b'{"key": "YQ==", "value": "YQ=="}'
    urllib.request.urlopen("http://127.0.0.1:2379/v3/kv/put", body, timeout=3).read()
    """,
  ]

  @Test(
    "etcd, a static binary, can't write its log, ends for it, and runs again once it is mended",
    .enabled(if: findProgram("etcd") != nil && hasPython, "there is no etcd, or no python3"))
  func etcd() throws {
    let cluster = try cluster(
      [.writeError], count: 1, program: ["sh", "-c", "exec etcd --data-dir $SHRIKE_DATA/etcd"]
    ) {
      $0.ready = .command(Self.put)
      $0.readyTimeout = .seconds(60)
    }
    let host = try #require(cluster.environment.hosts.first)
    #expect(!log().contains { $0.contains("input/output error") })
    let fault = DiskFault(.writeError, probability: 1, files: "*.wal")
    #expect(cluster.environment.apply(.disk(fault, [n1])).tookHold == nil)
    #expect(try host.agent.run(Self.put).status != .exited(code: 0))
    try wait(cluster) { cluster.environment.condition(of: n1)?.isUp == false }
    #expect(cluster.environment.condition(of: n1)?.isUp == false)
    #expect(
      log().contains { $0.contains("input/output error") && $0.contains(".wal") },
      "\(log().suffix(3))")
    let mended = cluster.environment.apply(.mendDisks([n1]))
    #expect(mended.tookHold == true && mended.did[n1]?.hasSuffix("restarted") == true, "\(mended)")
    try wait(cluster, for: .seconds(60)) { try host.agent.run(Self.put).status == .exited(code: 0) }
    #expect(try host.agent.run(Self.put).status == .exited(code: 0))
    #expect(!hasDied(cluster), "its end was the fault's doing")
  }
}
