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
private let n2 = NodeID(1)
private let n3 = NodeID(2)

/// Whether this machine has control groups for something, and we may use them.
private func hasGroups(_ purpose: ControlGroups.Purpose) -> Bool {
  isRoot && ControlGroups.offered()[purpose] != nil
}

/// Whether there can be a switch of packets here.
let hasTunnels = isRoot && access("/dev/net/tun", R_OK | W_OK) == 0

@Suite(
  "Faults on hosts", .serialized, .timeLimit(.minutes(5)),
  .enabled(if: isRoot, "hosts in namespaces need root and iproute2"))
struct HostFaultTests {
  let directory: ScratchDirectory

  init() throws { directory = try ScratchDirectory("shrike-test") }

  private func cluster(
    _ program: [String]? = nil, change: (inout HostSettings) -> Void = { _ in },
    edit: (inout HostedNode) -> Void = { _ in }
  ) throws -> FixtureCluster {
    let cluster = try FixtureCluster(
      directory: directory.path, agent: agentProgram, program: program, change: change, edit: edit)
    try cluster.environment.start()
    return cluster
  }

  /// Has a node be ready when its program has written a file.
  private func waitsForFile(_ node: inout HostedNode) {
    node.ready = .command(["test", "-e", "up"])
  }

  /// Whether a host reaches the program of another.
  private func reaches(_ cluster: FixtureCluster, _ from: NodeID, _ to: NodeID) throws -> Bool {
    let script = """
      import socket, sys, time
      for _ in range(200):
        try:
          socket.create_connection((sys.argv[1], 8000), timeout=0.3).close()
          sys.exit(0)
        except ConnectionRefusedError:
          time.sleep(0.05)
      sys.exit(1)
      """
    let host = cluster.host(from)
    let result = try host.agent.run(
      ["python3", "-c", script, cluster.host(to).address], within: .seconds(60))
    return result.succeeded
  }

  @Test(
    "a partition by nftables drops packets in one direction or both, and only on its links",
    .enabled(if: findProgram("nft") != nil, "there is no nft"))
  func partition() throws { try partition(usesChains: false) }

  @Test(
    "a partition by iptables does the same",
    .enabled(if: findProgram("iptables") != nil, "there is no iptables"))
  func partitionByChains() throws { try partition(usesChains: true) }

  private func partition(usesChains: Bool) throws {
    let cluster = try cluster { $0.usesChains = usesChains }
    let environment = cluster.environment
    #expect(try reaches(cluster, n1, n2) && reaches(cluster, n2, n1))

    let both = [Link(from: n1, to: n2), Link(from: n2, to: n1)]
    #expect(environment.apply(.cut(both)).tookHold == true)
    #expect(try !reaches(cluster, n1, n2))
    #expect(try reaches(cluster, n1, n3) && reaches(cluster, n3, n2))
    let report = environment.apply(.mend)
    #expect(report.tookHold == true)
    #expect(report.affected ?? 0 > 0 && report.exercised ?? 0 > 0)
    #expect(try reaches(cluster, n1, n2) && reaches(cluster, n2, n1))
    #expect(environment.apply(.mend) == FaultReport(), "there is nothing to mend")

    // One direction: datagrams pass the other way.
    #expect(environment.apply(.cut([Link(from: n1, to: n2)])).tookHold == true)
    #expect(try !datagramArrives(cluster, n1, n2))
    #expect(try !datagramArrives(cluster, n1, n2, to: "10.213.255.255"), "nor to all at once")
    #expect(try datagramArrives(cluster, n2, n1))
    let replaced = environment.apply(.cut([Link(from: n3, to: n1)]))
    #expect(replaced.tookHold == true && replaced.affected ?? 0 > 0)
    #expect(try datagramArrives(cluster, n1, n2))
    #expect(try !datagramArrives(cluster, n3, n1))
    #expect(environment.apply(.mend).tookHold == true)
    #expect(try datagramArrives(cluster, n3, n1))
    #expect(try datagramArrives(cluster, n1, n2, to: "10.213.255.255"))
  }

  private func datagramArrives(
    _ cluster: FixtureCluster, _ from: NodeID, _ to: NodeID, to address: String? = nil
  ) throws -> Bool {
    let receiver = """
      import socket, sys
      s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      s.bind(("0.0.0.0", 9001)); s.settimeout(2)
      try: s.recvfrom(10)
      except TimeoutError: sys.exit(1)
      """
    let sender = """
      import socket, sys, time
      s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
      for _ in range(40):
        s.sendto(b"x", (sys.argv[1], 9001)); time.sleep(0.1)
      """
    let received = try cluster.host(to).agent.begin(["python3", "-c", receiver])
    let sent = try cluster.host(from).agent.begin(
      ["python3", "-c", sender, address ?? cluster.host(to).address])
    defer { _ = try? cluster.host(from).agent.end(sent) }
    return try cluster.host(to).agent.end(received).succeeded
  }

  @Test(
    "of this process's threads one only enters the hosts' network, and it ends with the cluster")
  func threads() throws {
    let cluster = try cluster()
    #expect(threadsElsewhere() == 1)
    cluster.environment.stop()
    #expect(threadsElsewhere() == 0)
  }

  /// How many threads of this process are in another network namespace than its first one is.
  private func threadsElsewhere() -> Int {
    let own = linkTarget("/proc/self/ns/net")
    return directoryEntries("/proc/self/task").count {
      linkTarget("/proc/self/task/\($0)/ns/net").map { $0 != own } ?? false
    }
  }

  @Test("rules of others stay as they are")
  func foreignRules() throws {
    let cluster = try cluster()
    let control = try #require(cluster.lab.controlAgent)
    let script = """
      table bridge foreign {
        chain links { type filter hook forward priority 0; ether type ip counter; }
      }
      """
    #expect(try control.run(["nft", "-f", "-"], input: script).succeeded)
    func foreign() throws -> [String] {
      try control.run(["nft", "-s", "list", "table", "bridge", "foreign"]).output
    }
    let before = try foreign()
    #expect(cluster.environment.apply(.cut([Link(from: n1, to: n2)])).tookHold == true)
    #expect(cluster.environment.apply(.mend).tookHold == true)
    #expect(try foreign() == before && !before.isEmpty)
  }

  /// A program with a grandchild that is a daemon in a session of its own.
  private let tree = [
    "python3", "-c",
    """
    import os, time
    if os.fork() == 0:
      os.setsid()
      if os.fork() == 0:
        open("up", "w")
        time.sleep(1000)
      os._exit(0)
    while True: time.sleep(1000)
    """,
  ]

  @Test("a kill ends the whole tree, daemons too, and a restart runs it anew")
  func killAndRestart() throws {
    let cluster = try cluster(tree, edit: waitsForFile)
    let environment = cluster.environment
    let agent = cluster.host(n1).agent
    #expect(try agent.processCount() == 2)
    unlink("\(directory.path)/data/n1/up")
    let killed = environment.apply(.kill([n1]))
    #expect(killed.did == [n1: "killed"] && killed.tookHold == true)
    #expect(try agent.processCount() == 0)
    #expect(environment.apply(.kill([n1])).did == [n1: "was not running"])
    let restarted = environment.apply(.restart([n1]))
    #expect(restarted.did[n1] == "restarted" && restarted.tookHold != false)
    try cluster.run(for: .seconds(5)) { if case .settled = $0 { true } else { false } }
    let isSettled = cluster.events.contains {
      if case .settled(.restart([n1]), let report) = $0 { report.tookHold == true } else { false }
    }
    #expect(isSettled || restarted.tookHold == true)
    #expect(try agent.processCount() == 2)
    #expect(!cluster.events.contains { if case .died = $0 { true } else { false } })
  }

  @Test(
    "a stop lets a program end in order, and kills one that does not", arguments: [true, false])
  func stop(isObedient: Bool) throws {
    let handler = isObedient ? "lambda *_: sys.exit(0)" : "signal.SIG_IGN"
    let cluster = try cluster(
      [
        "python3", "-c",
        "import signal, sys, time\nsignal.signal(signal.SIGTERM, \(handler))\n"
          + "open('up', 'w')\ntime.sleep(1000)",
      ],
      edit: {
        waitsForFile(&$0)
        $0.stopPatience = .milliseconds(500)
      })
    let stopped = cluster.environment.apply(.kill(.stop, [n1]))
    #expect(stopped.tookHold == true)
    #expect(
      stopped.did[n1] == (isObedient ? "stopped" : "killed: it had not stopped after 500ms"))
  }

  @Test(
    "a pause by the freezer stops all processes of a node",
    .enabled(if: hasGroups(.freezer), "there is no freezer"))
  func freeze() throws { try pause(usesSignals: false) }

  @Test("a pause by signals does the same") func pause() throws { try pause(usesSignals: true) }

  private func pause(usesSignals: Bool) throws {
    let cluster = try cluster { $0.usesSignals = usesSignals }
    let environment = cluster.environment
    #expect(try reaches(cluster, n2, n1))
    let paused = environment.apply(.pause([n1]))
    #expect(paused.tookHold == true)
    #expect(paused.did == [n1: usesSignals ? "stopped by a signal" : "frozen"])
    #expect(try !answers(cluster, n2, n1))
    #expect(try answers(cluster, n2, n3))
    let resumed = environment.apply(.resume([n1]))
    #expect(resumed.did == [n1: "resumed"] && resumed.tookHold == true)
    #expect(try answers(cluster, n2, n1))
    // Who is paused can be killed.
    #expect(environment.apply(.pause([n1])).tookHold == true)
    #expect(environment.apply(.kill([n1])).tookHold == true)
    #expect(environment.apply(.restart([n1])).tookHold != false)
    #expect(try answers(cluster, n2, n1))
  }

  @Test(
    "a node that ended while it was paused is restarted", .timeLimit(.minutes(1)),
    .enabled(
      if: isRoot && ControlGroups.offered()[.freezer]?.isUnified == true,
      "only version 2 of control groups lets end who is frozen"))
  func restartFrozen() throws {
    let cluster = try cluster(["sleep", "1000"])
    #expect(cluster.environment.apply(.pause([n1])).did == [n1: "frozen"])
    #expect(try cluster.host(n1).agent.run(["pkill", "-KILL", "-x", "sleep"]).succeeded)
    try cluster.run(for: .seconds(10)) { if case .died = $0 { true } else { false } }
    #expect(cluster.environment.condition(of: n1)?.isUp == false)
    #expect(cluster.environment.apply(.restart([n1])).tookHold != false)
    let state = try cluster.host(n1).agent.run(["ps", "-C", "sleep", "-o", "stat="]).output
    #expect(state.count == 1 && state.first?.hasPrefix("S") == true, "\(state)")
  }

  @Test(
    "a node that has left its control group does not count as frozen",
    .enabled(if: hasGroups(.freezer), "there is no freezer here"))
  func leftGroup() throws {
    let cluster = try cluster(["sleep", "1000"])
    let hierarchy = try #require(ControlGroups.offered()[.freezer]).path
    let script = "pgrep -x sleep > \(hierarchy)/cgroup.procs"
    try cluster.host(n1).agent.run(["sh", "-c", script]).checked(on: "n1")
    #expect(cluster.environment.apply(.pause([n1])).did == [n1: "stopped by a signal"])
    let states = try cluster.host(n1).agent.run(["ps", "-C", "sleep", "-o", "stat="]).output
    #expect(states.count == 1 && states.first?.hasPrefix("T") == true, "\(states)")
    #expect(cluster.environment.apply(.resume([n1])).tookHold == true)
  }

  @Test("a cluster with a paused node can be stopped", arguments: [true, false])
  func stopPaused(usesSignals: Bool) throws {
    let cluster = try cluster { $0.usesSignals = usesSignals }
    #expect(cluster.environment.apply(.pause([n1])).tookHold == true)
    cluster.environment.stop()
    #expect(processes(mentioning: directory.path).isEmpty)
    #expect(processes(mentioning: "http.server 8000").isEmpty)
  }

  /// Whether a host's program answers another; the kernel takes connections for one that is stopped.
  private func answers(_ cluster: FixtureCluster, _ from: NodeID, _ to: NodeID) throws -> Bool {
    let script = """
      import sys, time, urllib.error, urllib.request
      for _ in range(100):
        try:
          urllib.request.urlopen("http://%s:8000/" % sys.argv[1], timeout=1).read()
          sys.exit(0)
        except TimeoutError: sys.exit(1)
        except urllib.error.URLError as e:
          if isinstance(e.reason, TimeoutError): sys.exit(1)
          time.sleep(0.1)
      sys.exit(1)
      """
    return try cluster.host(from).agent.run(
      ["python3", "-c", script, cluster.host(to).address]
    ).succeeded
  }

  @Test(
    "a limit of the processor throttles a node",
    .enabled(if: hasGroups(.cpu), "there is no control group for it"))
  func processorLimit() throws {
    let script = """
      import time
      while True:
        began, used = time.monotonic(), time.process_time()
        while time.monotonic() < began + 0.3: pass
        print((time.process_time() - used) / (time.monotonic() - began), flush=True)
      """
    let cluster = try cluster(["python3", "-c", script])
    func shares() -> [Double] {
      let text = bytes(ofFile: "\(directory.path)/nodes/n1/log") ?? []
      return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { Double($0) }
    }
    let environment = cluster.environment
    let limited = environment.apply(.limit(.cpu(share: 0.1), [n1]))
    #expect(limited.did == [n1: "limited"] && limited.tookHold == true)
    try cluster.run(for: .milliseconds(500))
    let before = shares().count
    try cluster.run(for: .seconds(2))
    #expect(shares().dropFirst(before).min() ?? 1 < 0.2, "\(shares())")
    let lifted = environment.apply(.unlimit(.cpu))
    #expect(lifted.did == [n1: "unlimited"] && lifted.affected ?? 0 > 0)
    #expect(environment.apply(.unlimit(.cpu)) == FaultReport())
  }

  @Test(
    "a limit of the memory kills who needs more; that is nobody's crash, and ends with a restart",
    .enabled(if: hasGroups(.memory), "there is no control group for it"), arguments: [true, false])
  func memoryLimit(isWatched: Bool) throws {
    let cluster = try cluster([
      "python3", "-c",
      "import time\nkept=[]\nwhile True:\n  kept.append(bytearray(1<<20)); time.sleep(0.005)",
    ])
    let environment = cluster.environment
    let limited = environment.apply(.limit(.memory(bytes: 32 << 20), [n1]))
    #expect(limited.tookHold == true)
    if isWatched {
      try cluster.run(for: .seconds(2))
      #expect(environment.condition(of: n1)?.isUp == false)
    } else {
      usleep(2_000_000)
    }
    let lifted = environment.apply(.unlimit(.memory))
    #expect(lifted.did[n1] == "unlimited, and restarted: the limit had killed it")
    #expect(lifted.affected ?? 0 > 0)
    #expect(environment.condition(of: n1)?.isUp == true)
    try cluster.run(for: .milliseconds(100))
    #expect(!cluster.events.contains { if case .died = $0 { true } else { false } })
  }

  @Test("a program that ends by itself is told of, with the last that it printed")
  func death() throws {
    let cluster = try cluster([
      "python3", "-c", "import time\ntime.sleep(2)\nraise SystemExit('no more wishes')",
    ])
    try cluster.run(for: .seconds(5)) { if case .died = $0 { true } else { false } }
    let death = cluster.events.first { if case .died = $0 { true } else { false } }
    guard case .died(_, let status, let lines) = death else {
      Issue.record("nobody died: \(cluster.events)")
      return
    }
    #expect(status == "exit status 1" && lines == ["no more wishes"])
  }

  @Test("who has ended before a kill was not ended by it")
  func deathBeforeKill() throws {
    let cluster = try cluster(["sh", "-c", "sleep 3; exit 3"])
    usleep(3_500_000)
    #expect(cluster.environment.apply(.kill([n1])).did == [n1: "was not running"])
    try cluster.run(for: .milliseconds(100))
    let deaths = cluster.events.compactMap { event -> NodeID? in
      if case .died(let node, "exit status 3", _) = event { node } else { nil }
    }
    #expect(deaths.sorted() == [n1, n2, n3])
  }

  @Test(
    "nothing is left of a controller that is killed in the middle of a fault",
    arguments: ["none", "cut", "kill", "pause", "clock"]
      + (hasGroups(.cpu) ? ["cpu", "memory"] : []) + (hasTunnels ? ["delay"] : [])
      + (DiskWatch.problem == nil ? ["slow-io"] : [])
      + (Volume.problem == nil ? ["power-loss", "full", "lost-sync"] : []))
  func killedController(fault: String) throws {
    try killController(["cluster", directory.path, fault], as: nil)
  }

  @Test(
    "faults take hold without root, in a user namespace, and nothing is left there either",
    .enabled(if: runsRootless),
    arguments: ["none", "cut", "kill", "pause", "clock", "stall", "write-error"])
  func rootless(fault: String) throws {
    chmod(directory.path, 0o777)
    try killController(["rootless", "cluster", directory.path, fault], as: "nobody")
  }

  /// Kills a controller when it has said that its fault has taken hold, and looks for what is left.
  private func killController(_ words: [String], as user: String?) throws {
    let output = try Pipe(capacity: 0)
    let program = Program(
      path: agentProgram, arguments: [agentProgram] + words,
      environment: inheritedEnvironment(), directory: "/")
    let copy = fcntl(output.writeEnd, F_DUPFD_CLOEXEC, 10)
    var surroundings = Program.Surroundings(descriptors: [(copy, 1)], closingFrom: 3)
    surroundings.user = user
    let controller = try program.start(surroundings)
    close(copy)
    close(output.writeEnd)
    var said: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1_024)
    while !String(decoding: said, as: UTF8.self).contains("ready") {
      let count = read(output.readEnd, &chunk, chunk.count)
      guard count > 0 else { break }
      said += chunk[..<count]
    }
    close(output.readEnd)
    let text = String(decoding: said, as: UTF8.self)
    #expect(text.contains("ready") && !text.contains("false"), "\(text)")
    let hasDisks = ["power-loss", "full", "lost-sync"].contains(words.last)
    #expect(loopDevices(in: directory.path).count == (hasDisks ? 3 : 0))
    // A program that an agent starts has the agent's words until it is executed.
    let patience = monotonicTime() + 5_000_000_000
    var hostCount = 0
    repeat {
      hostCount = processes(mentioning: directory.path).count
    } while hostCount > 4 && monotonicTime() < patience
    #expect(hostCount == 4, "a controller and three hosts")
    kill(controller, SIGKILL)
    waitpid(controller, nil, 0)
    ControlGroups.sweep()
    let deadline = monotonicTime() + 5_000_000_000
    while !processes(mentioning: directory.path).isEmpty
      || !loopDevices(in: directory.path).isEmpty, monotonicTime() < deadline
    {
      usleep(5_000)
    }
    // What is mounted keeps its device.
    #expect(loopDevices(in: directory.path).isEmpty)
    #expect(processes(mentioning: directory.path).isEmpty)
    #expect(processes(mentioning: "http.server 8000").isEmpty)
    for hierarchy in Set(ControlGroups.offered().values) {
      let left = directoryEntries(hierarchy.path).filter {
        Owner($0)?.process.pid == controller
      }
      #expect(left.isEmpty)
    }
  }
}

extension AgentConnection {
  fileprivate func processCount() throws -> Int {
    // The process that counts is one of them, as is the agent.
    try run(["ps", "-eo", "stat="]).output.filter { !$0.hasPrefix("Z") }.count - 2
  }
}
