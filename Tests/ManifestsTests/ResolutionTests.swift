import Environments
import Manifests
import Testing
import Values

@Suite("A node of a manifest")
struct ResolutionTests {
  @Test("is literal in all its parts")
  func whole() throws {
    let node = try firstNode([
      "files":
        "files: [{ path: \"etc/{{name}}.conf\", content: \"port {{port.client}}\", mode: 600 }]",
      "prepare": "prepare: [[init, -D, \"{{data}}\"], [\"{{manifest}}/seed\", \"{{token}}\"]]",
      "start":
        "start: { command: [server], user: _db, directory: /, environment: { NODE: \"{{name}}\" }, limits: { open-files: 512 } }",
      "stop": "stop: { signal: SIGINT, patience: 500ms }", "data": "data: \"var/{{name}}\"",
      "logs": "logs: [\"{{data}}/a.log\", b.log]",
      "ready": "ready: { command: [ping, \"{{address}}\"] }",
      "leader": "leader: { http: { port: peer, path: \"/{{name}}\", field: { leads: true } } }",
    ])
    #expect(node.home == "/run/shrike/n1")
    #expect(node.data == "/run/shrike/n1/var/n1")
    #expect(
      node.files == [.init(path: "/run/shrike/n1/etc/n1.conf", content: "port 7000", mode: 0o600)])
    #expect(
      node.prepare.map(\.words) == [
        ["init", "-D", "/run/shrike/n1/var/n1"], ["/plans/seed", "jt"],
      ])
    #expect(node.prepare[0].user == "_db")
    #expect(node.start.words == ["server"])
    #expect(node.start.user == "_db")
    #expect(node.start.directory == "/")
    #expect(node.start.environment == ["NODE": "n1"])
    #expect(node.start.openFiles == 512)
    #expect(node.stop == .init(signal: .interrupt, patience: .milliseconds(500)))
    #expect(node.logs == ["/run/shrike/n1/var/n1/a.log", "/run/shrike/n1/b.log"])
    #expect(node.ready == .init(probe: .command(["ping", "10.213.0.11"]), limit: .seconds(30)))
    #expect(
      node.leader
        == .http(HTTPProbe(port: 7001, path: "/n1", condition: .field("leads", .bool(true)))))
    #expect(node.endpoint.ports == ["client": 7000, "peer": 7001])
  }

  @Test(
    "takes hostile values as one word each",
    arguments: [
      "a b", "$(reboot)", "`reboot`", "'; reboot; '", "\"", "\n", "a\nb", "{{name}}", "{{",
      "--flag",
      "*", "~", "\\", "é✓", "", "a=b,c", "${HOME}",
    ])
  func hostileValues(value: String) throws {
    let node = try firstNode(
      [
        "prepare": "prepare: [[init, \"{{option.note}}\", end]]",
        "start":
          "start: { command: [server, --note, \"{{option.note}}\", \"a{{option.note}}b\", end], environment: { NOTE: \"{{option.note}}\" } }",
        "ready": "ready: { command: [check, \"{{option.note}}\"] }",
      ], options: ["note": value])
    #expect(node.start.words == ["server", "--note", value, "a\(value)b", "end"])
    #expect(node.start.environment == ["NOTE": value])
    #expect(node.prepare[0].words == ["init", value, "end"])
    #expect(node.ready?.probe == .command(["check", value]))
  }

  @Test("refuses values that no word, file or path can take")
  func unfitValues() throws {
    #expect(throws: DeploymentError("--option note=a\0b: a value has no NUL in it")) {
      try firstNode(options: ["note": "a\0b"])
    }
    let file = ["files": "files: [{ path: a, content: \"note {{option.note}}\" }]"]
    #expect(
      throws: DeploymentError(
        "--option note=\"x\\nadmin yes\": a value that is written to a file is one line of text")
    ) { try firstNode(file, options: ["note": "x\nadmin yes"]) }
    #expect(try firstNode(file, options: ["note": "$(x) 'y'"]).files[0].content == "note $(x) 'y'")
    for value in ["../../etc/passwd", "..", "a/../b", "/etc/passwd", "a//b", "a\nb", ""] {
      for path in [
        "files: [{ path: \"{{option.note}}\", content: x }]", "data: \"{{option.note}}\"",
        "logs: [\"{{option.note}}\"]",
      ] {
        let key = String(path.prefix { $0 != ":" })
        #expect(throws: DeploymentError.self, "\(value), \(path)") {
          try firstNode([key: path], options: ["note": value])
        }
      }
    }
  }

  @Test(
    "refuses names that would be more than names",
    arguments: ["", "a b", "a;b", "$(x)", "../x", "a/b", "-x", "a\nb", "{{", "n1.example"])
  func names(name: String) throws {
    let manifest = try manifest()
    var cluster = try cluster(of: manifest)
    cluster.members[1].endpoint.name = name
    let error = #expect(throws: DeploymentError.self) {
      try manifest.resolved(for: NodeID(0), in: cluster)
    }
    #expect(
      error?.description
        == "sample: a node's name is made of letters, digits, \"-\" and \"_\", not "
        + Value.string(name).json)
  }

  @Test("refuses clusters that are none")
  func clusters() throws {
    let manifest = try manifest()
    let sound = try cluster(of: manifest)
    func refusal(_ change: (inout SystemCluster) -> Void) -> String? {
      var cluster = sound
      change(&cluster)
      let error = #expect(throws: DeploymentError.self) {
        try manifest.resolved(for: NodeID(0), in: cluster)
      }
      return error?.description
    }
    #expect(refusal { $0.members = [] } == "sample: a cluster has a node at least")
    #expect(refusal { $0.members[1].endpoint.name = "n1" } == "sample: two nodes are called n1")
    #expect(
      refusal { $0.members[2].endpoint.address = "host;x" }
        == "sample: the address of n3 is no numeric one: \"host;x\"")
    #expect(
      refusal { $0.members[0].home = "/a/../b" }
        == "sample: the folder of n1 is no absolute path: \"/a/../b\"")
    #expect(refusal { $0.members[0].endpoint.ports = [:] } == "sample: n1 has no port client")
    #expect(
      refusal { $0.token = "a b" }
        == "sample: a token is made of letters, digits, \"-\" and \"_\", not \"a b\"")
    #expect(
      refusal { $0.manifestFolder = "plans" }
        == "sample: the manifest's folder is no absolute path: \"plans\"")
    #expect(
      refusal { $0.members.removeFirst() } == "sample: there is no node 0 in this cluster")
  }

  @Test("takes options from the command line, else from the workload, else from the manifest")
  func options() throws {
    let manifest = try manifest([
      "workloads": "workloads: { lock: { options: { mode: safe } }, echo: }"
    ])
    #expect(try manifest.options(given: [:]) == ["mode": "fast", "note": "hi"])
    #expect(try manifest.options(given: [:], workload: "lock")["mode"] == "safe")
    #expect(try manifest.options(given: ["mode": "fast"], workload: "lock")["mode"] == "fast")
    for (given, text) in [
      (["moded": "x"], "--option moded: sample has no such option; did you mean mode?"),
      (["zzz": "x"], "--option zzz: sample has no such option; there are mode, note"),
      (["mode": "quick"], "--option mode=quick: there are fast, safe"),
      (["mode": "saf"], "--option mode=saf: did you mean safe?"),
    ] {
      #expect(throws: DeploymentError(text)) { try manifest.options(given: given) }
    }
    let bare = try self.manifestWithoutOptions()
    #expect(throws: DeploymentError("--option x: sample has no options")) {
      try bare.options(given: ["x": "1"])
    }
  }

  private func manifestWithoutOptions() throws -> SystemManifest {
    try SystemManifest(yaml: manifestText(without: ["options"]))
  }

  @Test("has a client's program that talks to it")
  func clientProgram() throws {
    let manifest = try manifest([
      "client":
        "client: { program: [python3, \"{{manifest}}/c.py\", \"{{node.address}}\", \"{{node.port.client}}\", \"{{option.note}}\", \"{{each node}}{{node.index}}{{end}}\"] }"
    ])
    #expect(manifest.client == .program)
    #expect(
      try manifest.clientCommand(
        for: NodeID(1), in: cluster(of: manifest, options: ["note": "$(x) y"]))
        == ["python3", "/plans/c.py", "10.213.0.12", "7000", "$(x) y", "123"])
    #expect(
      try self.manifestWithoutOptions().clientCommand(for: NodeID(1), in: cluster(of: manifest))
        == nil)
  }
}
