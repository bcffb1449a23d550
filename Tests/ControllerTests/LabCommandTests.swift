import Glibc
import Testing
import Values

private let hasLab = geteuid() == 0 && access("/usr/sbin/nft", X_OK) == 0

/// The folder of the manifest that the pages describe.
private let registers: String = {
  let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
  return parts.joined(separator: "/") + "/Documentation/manifests"
}()

@Suite(
  "Tests on hosts of the lab", .serialized, .timeLimit(.minutes(3)),
  .enabled(if: hasLab, "hosts in namespaces need root and nftables"))
struct LabCommandTests {
  /// A manifest of registers, some lines of which are others.
  private func manifest(
    _ workshop: Workshop, start: String? = nil, ready: String? = nil, client: String? = nil,
    more: String = ""
  ) throws -> String {
    let start =
      start
      ?? "[python3, \"\(registers)/registers.py\", \"{{address}}\", \"{{port.client}}\", "
      + "\"{{data}}/registers.json\"]"
    return try workshop.file(
      "system.yaml",
      """
      name: registers
      nodes: 1
      ports: { client: 7000 }
      start: \(start)
      ready: \(ready ?? "{ port: client, within: 10s }")
      survives: [kill, pause]
      client: \(client ?? "{ http: { port: client, path: / } }")
      workloads: { lin-kv: registers }
      \(more)
      """)
  }

  private func test(
    _ workshop: Workshop, _ system: String, _ more: String...
  ) throws -> Command.End {
    try workshop.start(
      ["test", system, "--results", "\(workshop.path)/results", "--json", "--seed", "7"]
        + ["--time-limit", "3s", "--rate", "100", "--nemesis-interval", "1s"] + more
    ).wait()
  }

  @Test("a bundled system is driven on hosts, broken, judged, replayed and gone")
  func bundled() throws {
    let workshop = try Workshop()
    let end = try test(
      workshop, "raft", "--env", "lab", "--node-count", "3", "--concurrency", "2n", "--nemesis",
      "partition:primary,kill:followers,pause:one", "--time-limit", "6s")
    #expect(end.code == 0, "\(end.errors)")
    let folder = try #require(try end.json["run"]?.name)
    let faults = (text(ofFile: "\(folder)/faults.jsonl") ?? "").split(separator: "\n")
      .compactMap { try? Value(json: Array($0.utf8)[...]) }
    for family in ["partition", "kill", "pause"] {
      #expect(faults.contains { $0["family"]?.name == family && $0["tookHold"] == true })
    }
    #expect(faults.contains { $0["afterwards"] == true && $0["fault"] == "restart" })
    #expect(workshop.becomesQuiet)
    #expect(try workshop.run("check", folder).code == 0)
    let again = try workshop.run(
      "replay", folder, "--results", "\(workshop.path)/results", "--json")
    #expect(again.code == 0, "\(again.errors)")
  }

  @Test("all faults are those that the system survives and its hosts can have")
  func allNemeses() throws {
    let workshop = try Workshop()
    let end = try test(
      workshop, "raft", "--env", "lab", "--node-count", "1", "--nemesis", "all")
    // So few seconds may show nothing.
    #expect(end.code == 0 || end.code == 2, "\(end.errors)")
    let plan = text(ofFile: "\(workshop.latest)/plan.json") ?? ""
    let faults = try #require(try Value(json: Array(plan.utf8)[...])["faults"]?.elements)
    let kinds = Set(faults.compactMap { $0["fault"]?.name })
    #expect(kinds.isSuperset(of: ["kill", "pause"]), "\(kinds)")
    #expect(kinds.isDisjoint(with: ["cut", "delay"]), "one node has no links: \(kinds)")
  }

  @Test("nothing is left of a controller that is killed, and its history can be judged")
  func killed() throws {
    let workshop = try Workshop()
    let command = try workshop.start([
      "test", "raft", "--env", "lab", "--results", "\(workshop.path)/results", "--node-count", "3",
      "--time-limit", "60s", "--rate", "100", "--nemesis", "partition,pause", "--nemesis-interval",
      "500ms", "--seed", "7",
    ])
    for _ in 0..<200 {
      usleep(50_000)
      let faults = text(ofFile: "\(workshop.latest)/faults.jsonl") ?? ""
      if faults.split(separator: "\n").count > 3 { break }
    }
    #expect(workshop.processes.count > 4)
    kill(command.pid, SIGKILL)
    #expect(command.wait().code == 128 + SIGKILL)
    #expect(workshop.becomesQuiet)
    #expect(try workshop.run("check", workshop.latest).code == 0)
  }

  @Test("^C heals, judges what there is, and leaves nothing")
  func interrupted() throws {
    let workshop = try Workshop()
    let path = try manifest(workshop)
    let command = try workshop.start([
      "test", path, "--results", "\(workshop.path)/results", "--time-limit", "60s", "--rate", "100",
      "--concurrency", "3",
    ])
    for _ in 0..<200 {
      usleep(50_000)
      let history = text(ofFile: "\(workshop.latest)/history.jsonl") ?? ""
      if history.split(separator: "\n").count > 100 { break }
    }
    kill(command.pid, SIGINT)
    let end = command.wait()
    #expect(end.code == 0, "\(end.output)\(end.errors)")
    #expect(workshop.becomesQuiet)
  }

  @Test("a client is any program, over lines; its last words are kept")
  func program() throws {
    let workshop = try Workshop()
    let client = "\(registers)/../clients/registers.py"
    let path = try manifest(workshop, client: "{ program: [python3, \"\(client)\"] }")
    let end = try test(workshop, path, "--concurrency", "2", "--nemesis", "kill")
    #expect(end.code == 0, "\(end.errors)")
    #expect(access("\(workshop.latest)/clients/worker-1.log", F_OK) == 0)
  }

  /// A clear line each, the right exit code, and the history that there is.
  @Test("what is wrong with a system or its client is one clear line")
  func problems() throws {
    let workshop = try Workshop()
    func says(
      _ text: String, _ code: Int32, _ path: String, _ more: String...,
      at location: SourceLocation = #_sourceLocation
    ) throws {
      let end = try workshop.start(
        ["test", path, "--results", "\(workshop.path)/results", "--seed", "7"]
          + ["--time-limit", "2s", "--rate", "50", "--concurrency", "2"] + more
      ).wait()
      #expect(end.code == code, sourceLocation: location)
      let said = end.errors + end.output
      #expect(said.contains(text), "\(said)", sourceLocation: location)
    }
    try says(
      "can't install no-such-package: no-such-program is still missing; E: ", 70,
      manifest(workshop, more: "packages: [no-such-package]\nprograms: [no-such-program]"))
    try says(
      "node n1 was not ready within 1s: its port 7000 accepts no connection; it printed nothing",
      70,
      manifest(
        workshop, start: "[sleep, \"1000\"]", ready: "{ port: client, within: 1s }"))
    // A port in use, as whoever finds it so says.
    try says(
      "OSError: [Errno 98] Address already in use", 70,
      manifest(
        workshop,
        start: "[python3, -c, \"import socket; s = socket.create_server(('', 7000)); "
          + "socket.create_server(('', 7000))\"]", ready: "{ command: [\"false\"], within: 5s }"))
    try says(
      "system.yaml:4:19: there is no variable `adress` here; did you mean `address`?", 64,
      manifest(workshop, start: "[python3, \"{{adress}}\"]"))
    try says(
      "sent a malformed reply: not JSON: ", 1,
      manifest(
        workshop, client: "{ program: [sh, -c, \"while read l; do echo garbage; done\"] }"))
    try says(
      "ended before the run was over: sh -c read l; echo no more >&2; exit 3: exit status 3: no more",
      70, manifest(workshop, client: "{ program: [sh, -c, \"read l; echo no more >&2; exit 3\"] }"))
    #expect((text(ofFile: "\(workshop.latest)/history.jsonl") ?? "").contains("\"invoke\""))
    try says(
      "registers runs on hosts: --env lab or ssh, not local", 64, manifest(workshop), "--env",
      "local")
    try says("registers has no planted bugs", 64, manifest(workshop), "--bug", "some")
    #expect(workshop.becomesQuiet)
  }
}
