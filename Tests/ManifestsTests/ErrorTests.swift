import Manifests
import Testing
import Values
import YAML

/// Lines of one key in a sample manifest, or a whole one, and what is said of it.
struct ManifestErrorCase: CustomTestStringConvertible, Sendable {
  var key: String?
  var text: String
  var mistakes: [String]

  init(_ key: String?, _ text: String, _ mistakes: [String]) {
    self.key = key
    self.text = text
    self.mistakes = mistakes
  }

  var testDescription: String { text }

  /// Every kind of mistake, where it stands.
  static let all: [ManifestErrorCase] = [
    .init(
      "name", "name: a b",
      ["1:7: a system's name is made of letters, digits, \"-\" and \"_\", not \"a b\""]),
    .init("name", "name: [a]", ["1:7: `name` is one value, and this is a list"]),
    .init("name", "name:", ["1:6: `name` is one value, and this is nothing"]),
    .init("nmae", "nmae: x", ["7:1: a manifest has no key `nmae`; did you mean `name`?"]),
    .init(
      "zzz", "zzz: 1",
      [
        "7:1: a manifest has no key `zzz`; there are name, summary, packages, programs, nodes, nodes-max, ports, options, files, prepare, start, stop, data, logs, ready, leader, survives, workloads, client, known"
      ]),
    .init("summary", "summary: \"a\\nb\"", ["7:10: `summary` is one line of text"]),
    .init("summary", "summary: |\n  a\n  b\n", ["7:10: `summary` is one line of text"]),
    .init(
      "packages", "packages: [etcd-server, \"; reboot\", -y, a-, A]",
      [
        "7:25: \"; reboot\" is no name of a Debian package",
        "7:37: \"-y\" is no name of a Debian package",
        "7:41: \"a-\" is no name of a Debian package", "7:45: \"A\" is no name of a Debian package",
      ]),
    .init(
      "programs", "programs: [etcd, bin/etcd, \"../x\", -x, \"a b\", \"$(x)\"]",
      [
        "7:18: a program is a name for PATH or an absolute path, not \"bin/etcd\"",
        "7:28: a program is a name for PATH or an absolute path, not \"../x\"",
        "7:36: a program is a name for PATH or an absolute path, not \"-x\"",
      ]),
    .init("nodes", "nodes: 0", ["7:8: `nodes` is a whole number from 1 to 100, not \"0\""]),
    .init("nodes", "nodes: three", ["7:8: `nodes` is a whole number from 1 to 100, not \"three\""]),
    .init(
      "nodes", "nodes: 3\nnodes-max: 2",
      ["7:8: `nodes` is a whole number from 1 to 2, not \"3\""]),
    .init("nodes", "nodes: 101", ["7:8: `nodes` is a whole number from 1 to 100, not \"101\""]),
    .init(
      "ports", "ports: { client: 0 }",
      ["2:18: `client` is a whole number from 1 to 65535, not \"0\""]),
    .init(
      "ports", "ports: { client: 70, a: 70 }", ["2:25: the port 70 is that of `client` already"]),
    .init(
      "ports", "ports: { \"a b\": 70, client: 71 }",
      ["2:10: a port's name is made of letters, digits, \"-\" and \"_\", not \"a b\""]),
    .init(
      "ports", "ports: [1]", ["2:8: `ports` is a mapping of keys to values, and this is a list"]),
    .init(
      "ports", "ports: { peer: 7001 }",
      ["5:9: this asks the port `client`, which is not under `ports`; add it, or name another"]),
    .init(
      "options", "options: { a: 1 }",
      ["3:15: the option `a` is a mapping of keys to values, and this is a word"]),
    .init("options", "options: { a: { choices: [x] } }", ["3:12: the option `a` has no `default`"]),
    .init(
      "options", "options: { a: { default: y, choices: [x] } }",
      ["3:26: `default` is none of the choices: there are x"]),
    .init(
      "options", "options: { a: { default: y, defualt: x } }",
      ["3:29: the option `a` has no key `defualt`; did you mean `default`?"]),
    .init(
      "options", "options: { \"a=b\": { default: y } }",
      ["3:12: an option's name is made of letters, digits, \"-\" and \"_\", not \"a=b\""]),
    .init("files", "files: [{ path: a }]", ["7:9: this file has no `content`"]),
    .init("files", "files: [{ content: a }]", ["7:9: this file has no `path`"]),
    .init(
      "files", "files: [{ path: ../a, content: x }]",
      [
        "7:17: this path leads out of the node's folder; write it from there on, without `..`: logs/a.log"
      ]),
    .init(
      "files", "files: [{ path: /etc/passwd, content: x }]",
      [
        "7:17: this path leads out of the node's folder; write it from there on, without `..`: logs/a.log"
      ]),
    .init(
      "files", "files: [{ path: \"{{home}}/../x\", content: x }]",
      [
        "7:17: this path leads out of the node's folder; write it from there on, without `..`: logs/a.log"
      ]),
    .init(
      "files", "files: [{ path: \"{{home}}\", content: x }]",
      [
        "7:17: this path leads out of the node's folder; write it from there on, without `..`: logs/a.log"
      ]),
    .init(
      "files", "files: [{ path: a, content: x, mode: 888 }]",
      ["7:38: `mode` is permissions in octal, such as 644, not \"888\""]),
    .init(
      "files", "files: [{ path: a, content: x, mode: 4755 }]",
      ["7:38: `mode` is permissions in octal, such as 644, not \"4755\""]),
    .init("files", "files: { path: a }", ["7:8: `files` is a list, and this is a mapping"]),
    .init(
      "files",
      "files:\n  - path: a\n    content: |\n      one {{name}}\n      two {{nmae}} {{addres}}\n",
      ["11:11: there is no variable `nmae` here; did you mean `name`?"]),
    .init(
      "files", "files:\n  - path: a\n    content: >-\n      one {{\"{{\"}}\n      two {{nmae}}\n",
      ["11:11: there is no variable `nmae` here; did you mean `name`?"]),
    .init(
      "prepare", "prepare: [init]",
      [
        "7:11: a command of `prepare` is a list of words such as [etcd, --name, \"{{name}}\"], and this is a word; no shell reads it"
      ]),
    .init(
      "prepare", "prepare: [[]]",
      [
        "7:11: a command of `prepare` is a list of words such as [etcd, --name, \"{{name}}\"], and this is empty; no shell reads it"
      ]),
    .init(
      "prepare", "prepare: [[a, [b]]]",
      ["7:15: a word of a command of `prepare` is one value, and this is a list"]),
    .init(
      "prepare", "prepare: [\"a; b\"]",
      [
        "7:11: a command of `prepare` is a list of words such as [etcd, --name, \"{{name}}\"], and this is a word; no shell reads it"
      ]),
    .init(
      "start", "start: server --x",
      [
        "4:8: `start` is a list of words such as [etcd, --name, \"{{name}}\"], and this is a word; no shell reads it"
      ]),
    .init("start", "start: { user: x }", ["4:1: `start` has no `command`"]),
    .init(
      "start", "start: { command: [a], user: \"a b\" }",
      ["4:30: a user's name is made of letters, digits, \"-\" and \"_\", not \"a b\""]),
    .init(
      "start", "start: { command: [a], comand: [b] }",
      ["4:24: `start` has no key `comand`; did you mean `command`?"]),
    .init(
      "start", "start: [./server]",
      [
        "4:9: a program is a name for PATH or an absolute path; for one beside the manifest write \"{{manifest}}/server\""
      ]),
    .init(
      "start", "start: [--x]", ["4:9: a command begins with its program, and this is none: \"--x\""]
    ),
    .init(
      "start", "start: [\"\"]", ["4:9: a command begins with its program, and this is none: \"\""]),
    .init(
      "start", "start: [a, {b: c}]", ["4:12: a word of `start` is one value, and this is a mapping"]
    ),
    .init(
      "start", "start: [a, null]", ["4:12: a word of `start` is one value, and this is nothing"]),
    .init(
      "start", "start: { command: [a], directory: ../x }",
      [
        "4:35: this is no path of a folder; write it without `..` and empty parts: /var/empty"
      ]),
    .init(
      "start", "start: { command: [a], environment: { \"A B\": c, 1A: d, LD: \"{{x}}\" } }",
      [
        "4:39: a variable's name is made of letters, digits and \"_\", and does not begin with a digit",
        "4:49: a variable's name is made of letters, digits and \"_\", and does not begin with a digit",
        "4:61: there is no variable `x` here; there are name, address, index, port.client, port.peer, home, data, token, count, manifest, option.mode, option.note, first.name, first.address, first.index, first.port.client, first.port.peer",
      ]),
    .init(
      "start", "start: { command: [a], limits: { open-files: 1 } }",
      ["4:46: `open-files` is a whole number from 16 to 1048576, not \"1\""]),
    .init(
      "start", "start: { command: [a], limits: { files: 1 } }",
      ["4:34: `limits` has no key `files`; there are open-files"]),
    .init(
      "start", "start: [a, \"{{nmae}}\"]",
      ["4:13: there is no variable `nmae` here; did you mean `name`?"]),
    .init(
      "start", "start: [a, 'é{{name}} {{port.cleint}}']",
      ["4:23: there is no port `cleint`; did you mean `client`?"]),
    .init(
      "start", "start: [a, \"{{option.mod}}\"]",
      ["4:13: there is no option `mod`; did you mean `mode`?"]),
    .init(
      "start", "start: [a, \"{{option.zzzz}}\"]",
      ["4:13: there is no option `zzzz`; there are mode, note"]),
    .init(
      "start", "start: [a, \"{{zzzz}}\"]",
      [
        "4:13: there is no variable `zzzz` here; there are name, address, index, port.client, port.peer, home, data, token, count, manifest, option.mode, option.note, first.name, first.address, first.index, first.port.client, first.port.peer"
      ]),
    .init(
      "start", "start: [a, \"{{node.name}}\"]",
      ["4:13: `node.name` is of a node in a list; write `{{each node \",\"}}{{node.name}}{{end}}`"]),
    .init(
      "start", "start: [a, \"{{name\"]",
      ["4:13: this `{{` has no `}}`; braces themselves are written {{\"{{\"}}"]),
    .init(
      "start", "start: [a, \"{{}}\"]",
      ["4:13: nothing stands between these braces; name a variable, such as {{name}}"]),
    .init("start", "start: [a, \"{{end}}\"]", ["4:13: this `{{end}}` ends nothing"]),
    .init("start", "start: [a, \"{{each node}}\"]", ["4:13: this `{{each}}` has no `{{end}}`"]),
    .init(
      "start", "start: [a, \"{{each nodes}}{{end}}\"]",
      [
        "4:13: a list is written `{{each node \",\"}}` or `{{each peer \",\"}}`, with what stands between its elements"
      ]),
    .init(
      "start", "start: [a, '{{each node ,}}{{end}}']",
      [
        "4:13: what stands between a list's elements is in quotes: `{{each node \",\"}}` or `{{each peer \",\"}}`"
      ]),
    .init(
      "start", "start: [a, '{{each node}}{{each peer}}{{end}}{{end}}']",
      ["4:26: a list has no list in it"]),
    .init(
      "start", "start: [a, '{{if x}}{{end}}']",
      [
        "4:13: a condition is `{{if first}}` or `{{if option.NAME}}`, or the same with `not`: `{{if not first}}`"
      ]),
    .init(
      "start", "start: [a, '{{if option.x}}{{end}}']",
      ["4:13: there is no option `x`; there are mode, note"]),
    .init("start", "start: [a, '{{if first}}']", ["4:13: this `{{if}}` has no `{{end}}`"]),
    .init("start", "start: [a, '{{name x}}']", ["4:13: `name` stands alone in its braces"]),
    .init("start", "start: [a, '{{\"a\" b}}']", ["4:13: a text in braces stands alone"]),
    .init(
      "start", "start: [a, '{{\"a}}']",
      ["4:13: a text in braces ends with a quote, and this one does not"]),
    .init(
      "start", "start: [a, '{{\"\\x\"}}']",
      ["4:13: after a backslash comes n, t, a backslash or a quote"]),
    .init(
      "start", "start: [a, '{{{name}}}']",
      ["4:13: this `{{` has no `}}`; braces themselves are written {{\"{{\"}}"]),
    .init(
      "start", "start: [a, \"{{first.nam}}\"]",
      ["4:13: there is no variable `first.nam` here; did you mean `first.name`?"]),
    .init(
      "start", "start: [a, \"{{port}}\"]",
      [
        "4:13: there is no variable `port` here; there are name, address, index, port.client, port.peer, home, data, token, count, manifest, option.mode, option.note, first.name, first.address, first.index, first.port.client, first.port.peer"
      ]),
    .init(
      "stop", "stop: { signal: TREM }",
      [
        "7:17: there is no signal \"TREM\" to stop by; there are HUP, INT, QUIT, KILL, USR1, USR2, TERM"
      ]),
    .init(
      "stop", "stop: { patience: 0s }",
      ["7:19: `patience` is a duration such as 10s or 500ms, not \"0s\""]),
    .init(
      "stop", "stop: { patience: soon }",
      ["7:19: `patience` is a duration such as 10s or 500ms, not \"soon\""]),
    .init(
      "data", "data: /var/lib/x",
      [
        "7:7: this path leads out of the node's folder; write it from there on, without `..`: logs/a.log"
      ]),
    .init(
      "data", "data: \"{{data}}/x\"",
      [
        "7:8: there is no variable `data` here; there are name, address, index, port.client, port.peer, home, token, count, manifest, option.mode, option.note, first.name, first.address, first.index, first.port.client, first.port.peer"
      ]),
    .init(
      "data", "data: ../x",
      [
        "7:7: this path leads out of the node's folder; write it from there on, without `..`: logs/a.log"
      ]),
    .init(
      "logs", "logs: [a//b]",
      [
        "7:8: this path leads out of the node's folder; write it from there on, without `..`: logs/a.log"
      ]),
    .init(
      "ready", "ready: { within: 5s }", ["7:1: `ready` asks in one way: port, http or command"]),
    .init(
      "ready", "ready: { port: client, http: {} }",
      ["7:1: `ready` asks in one way: port, http or command"]),
    .init(
      "ready", "ready: { port: clientt }",
      ["7:16: there is no port `clientt`; did you mean `client`?"]),
    .init(
      "ready", "ready: { http: { path: health } }",
      ["7:24: a path of HTTP begins with / and has no spaces"]),
    .init(
      "ready", "ready: { http: { contains: a, equal: [a, b] } }",
      ["7:16: `http` has one condition: contains, equal or field"]),
    .init(
      "ready", "ready: { http: { equal: a } }",
      ["7:25: `equal` is a list of two fields: [leader, header.id]"]),
    .init(
      "ready", "ready: { http: { field: { a: 1, b: 2 } } }",
      ["7:25: `field` is a field with its value: { role: primary }"]),
    .init(
      "ready", "ready: { http: { port: x } }",
      ["7:24: there is no port `x`; there are client, peer"]),
    .init(
      "ready", "ready: { command: ping }",
      [
        "7:19: `command` is a list of words such as [etcd, --name, \"{{name}}\"], and this is a word; no shell reads it"
      ]),
    .init(
      "leader", "leader: { port: client, within: 5s }",
      ["7:25: `leader` has no key `within`; there are port, http, command"]),
    .init(
      "survives", "survives: [partition, kil]",
      ["7:23: there is no family of faults `kil`; did you mean `kill`?"]),
    .init(
      "survives", "survives: [zzzzzzz]",
      [
        "7:12: there is no family of faults `zzzzzzz`; there are clock, clog, corrupt, cpu, delay, disk, duplicate, kill, loss, memory, partition, pause, rate, reorder"
      ]),
    .init("workloads", "workloads: {}", ["6:12: name a workload that the system answers"]),
    .init(
      "workloads", "workloads: [lin-kv]",
      ["6:12: `workloads` is a mapping of keys to values, and this is a list"]),
    .init(
      "workloads", "workloads: { lin-kv: { promise: [a] } }",
      ["6:33: `promise` is one value, and this is a list"]),
    .init(
      "workloads", "workloads: { lin-kv: { options: { x: 1 } } }",
      ["6:35: there is no option `x`; there are mode, note"]),
    .init(
      "workloads", "workloads: { lin-kv: { options: { mode: x } } }",
      ["6:41: this is no value of `mode`: there are fast, safe"]),
    .init(
      "workloads", "workloads: { lin-kv: { consistency: [a b] } }",
      ["6:38: a consistency model's name is made of letters, digits, \"-\" and \"_\", not \"a b\""]),
    .init(
      "workloads", "workloads: { \"a b\": x }",
      ["6:14: a workload's name is made of letters, digits, \"-\" and \"_\", not \"a b\""]),
    .init(
      "workloads", "workloads: { lin-kv: { levels: x } }",
      ["6:24: the workload `lin-kv` has no key `levels`; there are promise, consistency, options"]),
    .init(
      "client", "client: maelstorm",
      ["5:9: there is no client `maelstorm`; did you mean `maelstrom`?"]),
    .init(
      "client", "client: zzz",
      ["5:9: there is no client `zzz`; there are maelstrom, etcd, redis, http, program"]),
    .init(
      "client", "client: program",
      ["5:9: a client that is a program has its words: { program: [words] }"]),
    .init(
      "client", "client: { htp: {} }", ["5:11: `client` has no key `htp`; did you mean `http`?"]),
    .init(
      "client", "client: { http: { path: x } }",
      ["5:25: a path of HTTP begins with / and has no spaces"]),
    .init(
      "client", "client: { http: { port: x } }",
      ["5:25: there is no port `x`; there are client, peer"]),
    .init(
      "client", "client: { program: python3 client.py }",
      [
        "5:20: `program` is a list of words such as [etcd, --name, \"{{name}}\"], and this is a word; no shell reads it"
      ]),
    .init(
      "client", "client: { program: [a, \"{{name}}\"] }",
      [
        "5:25: there is no variable `name` here; there are token, count, manifest, option.mode, option.note, first.name, first.address, first.index, first.port.client, first.port.peer, node.name, node.address, node.index, node.port.client, node.port.peer"
      ]),
    .init(
      "client", "client: { program: [a, \"{{each peer}}{{end}}\"] }",
      ["5:25: a list is written `{{each node \",\"}}`, with what stands between its elements"]),
    .init(
      "client", "client: { http: {}, etcd: {} }",
      ["5:9: `client` is one of maelstrom, etcd, redis, http, program"]),
    .init(
      "client", "client: {}", ["5:9: `client` is one of maelstrom, etcd, redis, http, program"]),
    .init("known", "known: [{ anomaly: x }]", ["7:9: this known fault has no `versions`"]),
    .init(
      "known", "known: [{ anomaly: \"x y\", versions: a, source: b }]",
      ["7:20: an anomaly's type is made of letters, digits, \"-\" and \"_\", not \"x y\""]),
    .init("known", "known: x", ["7:8: `known` is a list, and this is a word"]),
    .init(nil, "", ["1:1: a manifest is a mapping of keys to values, and this is nothing"]),
    .init(nil, "- a", ["1:1: a manifest is a mapping of keys to values, and this is a list"]),
    .init(nil, "name", ["1:1: a manifest is a mapping of keys to values, and this is a word"]),
    .init(
      nil, "name: x\n",
      [
        "1:1: a manifest has `client`, and this one has none",
        "1:1: a manifest has `start`, and this one has none",
        "1:1: a manifest has `workloads`, and this one has none",
      ]),
    .init(
      nil, "name: x\nstart: [a, --n, {{name}}]\n",
      ["2:18: a key is a word; a word with a template in it is written in quotes: \"{{name}}\""]),
    .init(
      nil, "name: x\nstart:\n  command: {{name}}\n",
      ["3:13: a key is a word; a word with a template in it is written in quotes: \"{{name}}\""]),
    .init(nil, "name: {a: {b: c}}}\n", ["1:18: did not find expected key"]),
    .init(nil, "\tname: x", ["1:1: found character that cannot start any token"]),
    .init(nil, "name: x\nname: y\n", ["1:1: keys are here twice: \"name\""]),
  ]
}

@Suite("What is wrong with a manifest")
struct ManifestErrorTests {
  @Test("is told with its place and its mend", arguments: ManifestErrorCase.all)
  func told(sample: ManifestErrorCase) {
    let text = sample.key.map { manifestText([$0: sample.text]) } ?? sample.text
    let error = #expect(throws: ManifestError.self) {
      try SystemManifest(yaml: text, file: "m.yaml")
    }
    let lines = sample.mistakes.map { "m.yaml:\($0)" }
    #expect(error?.description == lines.joined(separator: "\n"))
  }

  @Test("is what its vocabulary does not know, too")
  func vocabulary() throws {
    let vocabulary = ManifestVocabulary(workloads: ["lin-kv", "echo"]) { text in
      text == "kill:one" ? nil : "\(text) is no nemesis"
    }
    let text = manifestText([
      "survives": "survives: [kill:one, kill:two]",
      "workloads": "workloads: { lin-kb: x, echo: y }",
    ])
    let error = #expect(throws: ManifestError.self) {
      try SystemManifest(yaml: text, vocabulary: vocabulary)
    }
    #expect(
      error?.description == """
        manifest:6:14: there is no workload `lin-kb`; did you mean `lin-kv`?
        manifest:7:22: kill:two is no nemesis
        """)
  }

  @Test("is told of damaged ones, too, and those that are still sound resolve", arguments: 0..<8)
  func damaged(seed: UInt64) throws {
    var draws = Draws(seed: seed)
    let etcd = try #require(SystemManifest.builtInText(named: "etcd"))
    var soundCount = 0
    for text in Array(repeating: [etcd, SystemManifest.starterText], count: 25).joined() {
      var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
      for _ in 0...draws.below(3) {
        let line = draws.below(lines.count)
        let column = draws.below(lines[line].count + 1)
        switch draws.below(4) {
        case 0: lines[line].removeFirst(column)
        case 1: lines[line].removeLast(lines[line].count - column)
        case 2: lines[line].insert(contentsOf: "{{", at: column)
        default: lines.swapAt(line, draws.below(lines.count))
        }
      }
      let damaged = lines.map { String($0) }.joined(separator: "\n")
      do {
        let manifest = try SystemManifest(yaml: damaged, file: "m")
        let cluster = try cluster(of: manifest)
        for place in 0..<3 { _ = try? manifest.resolved(for: NodeID(place), in: cluster) }
        soundCount += 1
      } catch let error as ManifestError {
        for mistake in error.mistakes {
          #expect(1...lines.count + 1 ~= mistake.position.line, "\(error)")
          #expect(mistake.position.column >= 1 && !mistake.text.isEmpty)
        }
      }
    }
    #expect(1..<50 ~= soundCount)
  }

  @Test("is nothing where all is well, in whatever order it stands")
  func sound() throws {
    let lines = manifestText().split(separator: "\n").map(String.init)
    let manifest = try SystemManifest(yaml: manifestText())
    #expect(try SystemManifest(yaml: lines.reversed().joined(separator: "\n")) == manifest)
    #expect(manifest.programs == ["server"])
    #expect(manifest.nodeCount == 3)
  }
}
