import Glibc
import Hosts
import Processes
import RemoteMachines
import SSHHosts
import Synchronization
import Testing
import Values

@Suite("What is said of machines, and what they say")
struct MachineWordsTests {
  @Test("after = there is the address by which others reach a machine")
  func targets() throws {
    let plain = try RemoteMachines.target("root@db1:2222")
    #expect(plain.address == nil && plain.target.text == "root@db1:2222")
    let named = try RemoteMachines.target("[::1]=10.0.0.1")
    #expect(named.address == "10.0.0.1" && named.target.text == "[::1]")
    #expect(throws: (any Error).self) { try RemoteMachines.target("=10.0.0.1") }
  }

  @Test("a machine tells where programs are, its own address, and whether it has this one")
  func furnished() {
    let ends = "10.0.0.9 50000 10.0.0.1 22"
    let new = FurnishedPlace("/root/.cache/shrike\n\(ends)")
    #expect(new?.directory == "/root/.cache/shrike" && new?.address == "10.0.0.1")
    #expect(new?.hasProgram == false)
    #expect(FurnishedPlace("/root/.cache/shrike\n\(ends)\nthere")?.hasProgram == true)
    for text in ["", "/root", "/root\n", "/root\n10.0.0.9 50000", "motd\n\(ends)"] {
      #expect(FurnishedPlace(text) == nil, "\(text)")
    }
  }

  @Test("what is done for all machines is done at once, and told in their order")
  func atOnce() {
    let begun = Atomic(0)
    let results = concurrently(5) { number in
      begun.wrappingAdd(1, ordering: .relaxed)
      let deadline = monotonicTime() + .seconds(10)
      while begun.load(ordering: .relaxed) < 5, monotonicTime() < deadline { usleep(1_000) }
      guard number % 2 == 0 else { throw SystemCallError("\(number)", number: 0) }
      return (number, begun.load(ordering: .relaxed))
    }
    #expect(results.map { (try? $0.get())?.0 } == [0, nil, 2, nil, 4])
    #expect(results.compactMap { (try? $0.get())?.1 } == [5, 5, 5])
    #expect(concurrently(0) { $0 }.isEmpty)
  }
}

@Suite(
  "Machines over SSH", .serialized, .enabled(if: TestServer.isPossible, TestServer.need),
  .timeLimit(.minutes(2)))
struct RemoteMachinesTests {
  private let scratch: ScratchDirectory
  private let server: TestServer

  init() throws {
    scratch = try ScratchDirectory("shrike-ssh")
    server = try TestServer.known()
  }

  /// The program of relays, beside this test's.
  private var program: String {
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") }
    let path = bundle ?? canonicalPath("/proc/self/exe") ?? ""
    return path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/") + "/HostsFixture"
  }

  private func machines(_ targets: [String]) -> RemoteMachines {
    RemoteMachines(
      RemoteMachines.Settings(
        targets: targets, options: server.options(), asRoot: true, program: program,
        programName: "shrike-test"),
      HostDirectories(homes: scratch.path, logs: scratch.path))
  }

  @Test(
    "agents come up on all machines, in a directory of the run's own, and leave nothing but the program"
  )
  func bringUp() throws {
    let machines = machines(["127.0.0.1", "[::1]:\(server.port)=10.9.9.9"])
    defer { machines.tearDown() }
    #expect(try machines.addresses(of: ["n1", "n2"]) == ["127.0.0.1", "10.9.9.9"])
    let hosts = try machines.bringUp(["n1", "n2"])
    #expect(
      hosts.map(\.name) == ["n1", "n2"] && hosts.map(\.address) == ["127.0.0.1", "10.9.9.9"])
    let base = String(machines.program.dropLast("/shrike".count))
    for host in hosts {
      #expect(host.home.hasPrefix("\(base)/") && access("\(host.home)/data", F_OK) == 0)
      let names = try host.agent.run(["sh", "-c", "echo $SHRIKE_OWNER"]).output
      #expect(names.count == 1 && Owner(names[0]) != nil, "\(names)")
      // The agent, and ps.
      #expect(try host.agent.run(["ps", "-eo", "pid="]).output.count == 2)
    }
    machines.tearDown()
    #expect(access(base, F_OK) != 0)
    let uploaded = directoryEntries("\(server.directory)/home/.cache/shrike")
    #expect(uploaded == ["shrike-test"], "\(uploaded)")
  }

  @Test("what is uploaded is removed here at once, and there when nobody has wanted it for a month")
  func tidy() throws {
    let cache = "\(server.directory)/home/.cache/shrike"
    let ages = [
      "shrike-new": 29, "shrike-old": 31, "shrike-test.1": 0, "shrike-test.2": 2, "x": 99,
    ]
    unlink("\(cache)/shrike-test")
    try makeDirectories(cache)
    for (name, days) in ages {
      try save("", "\(cache)/\(name)")
      let date = timespec(tv_sec: time(nil) - days * 86_400, tv_nsec: 0)
      #expect(utimensat(AT_FDCWD, "\(cache)/\(name)", [date, date], 0) == 0)
    }
    defer { for name in ages.keys { unlink("\(cache)/\(name)") } }
    func left() throws -> [String] {
      let machines = machines(["127.0.0.1"])
      defer { machines.tearDown() }
      _ = try machines.addresses(of: ["n1"])
      let copies = directoryEntries(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")
        .filter { $0.hasPrefix("shrike-upload-\(getpid())-") }
      #expect(copies.isEmpty)
      return directoryEntries(cache).sorted()
    }
    let all = ["shrike-new", "shrike-test", "shrike-test.1", "x"]
    #expect(try left() == all)
    // One that is wanted is not old.
    let date = timespec(tv_sec: time(nil) - 40 * 86_400, tv_nsec: 0)
    #expect(utimensat(AT_FDCWD, "\(cache)/shrike-test", [date, date], 0) == 0)
    #expect(try left() == all)
  }

  @Test("of machines that can't be reached the first is told of")
  func firstError() throws {
    let closed = [try freePort(), try freePort()]
    let machines = machines(["127.0.0.1"] + closed.map { "127.0.0.1:\($0)=10.0.0.\($0 & 7)" })
    defer { machines.tearDown() }
    let error = #expect(throws: SSHError.self) {
      _ = try machines.addresses(of: ["n1", "n2", "n3"])
    }
    #expect(error?.description.contains("127.0.0.1:\(closed[0])") == true, "\(error)")
  }
}
