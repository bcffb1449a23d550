import Glibc
import Testing
import Values

@Suite("Command lines that make no sense")
struct CommandLineTests {
  static let simulated = ["test", "raft", "--env", "simulated"]

  @Test(
    "end with 64 and one line that says why", .timeLimit(.minutes(3)),
    arguments: [
      (["test"], "name a bundled system, or a program with --bin"),
      (["test", "x"], "there is no system \"x\"; there are "),
      (["test", "raft", "--bin", "/bin/sh"], "\"raft\" is one word too many"),
      (["test", "--bin", "/nonexistent"], "--bin /nonexistent: No such file"),
      (["test", "--bin", "/etc/passwd"], "not executable"),
      (["test", "raft", "-w", "x"], "there is no workload \"x\"; there are "),
      (["test", "raft", "--env", "mars"], "there is no environment \"mars\""),
      (["test", "raft", "--bug", "x"], "raft has no planted bug \"x\"; it has "),
      (["test", "raft", "--option", "x=1"], "raft has no option \"x\"; it has "),
      (["test", "raft", "--option", "election-timeout=soon"], "election-timeout"),
      (["test", "broadcast", "--topology", "ball"], "there is no topology \"ball\""),
      (["test", "raft", "--nemesis", "x"], "there is no nemesis \"x\""),
      (["test", "raft", "--nemesis", "kill:n9"], "n9"),
      (["test", "raft", "--nemesis", "rate"], "can't inject rate faults"),
      (["test", "raft", "--nemesis", "disk"], "can't inject disk faults"),
      (simulated + ["--nemesis", "disk:corrupt:file=*.wal"], "simulated files have no names"),
      (["test", "raft", "--nemesis", "kill", "--time-limit", "1s"], "too short"),
      (["test", "raft", "--nemesis", "partition", "--node-count", "1"], "at least 2 nodes"),
      (["test", "raft", "--time-limit", "soon"], "--time-limit soon: a duration such as"),
      (["test", "raft", "--timeout", "1y"], "--timeout 1y: a duration such as"),
      (["test", "raft", "--latency", "99999999999999999"], "latency"),
      (simulated + ["--latency=-5"], "latency"),
      (simulated + ["--latency-dist", "x"], "there is no latency distribution \"x\""),
      (["test", "raft", "--concurrency", "0"], "--concurrency 0: "),
      (["test", "raft", "--node-count", "0"], "--node-count 0: at least 1"),
      (["test", "raft", "--nodes", "a,a"], "--nodes a,a: "),
      (["test", "raft", "--rate=-1"], "rate"),
      (simulated + ["--rate", "1e-12"], "rate"),
      (["test", "raft", "--availability", "lots"], "availability"),
      (["test", "raft", "--expect", "msgs"], "is no bound such as msgs-per-op<30"),
      (["test", "raft", "--expect", "cost<3"], "nothing called \"cost\" is measured; there are "),
      (["test", "raft", "--expect", "p50<soon"], "is not a duration such as 400ms"),
      (["test", "raft", "--expect", "msgs-per-op<3ms"], "is not a number"),
      (["test", "--bin", "/bin/sh", "\u{2013}-nemesis"], "begins with a dash that is no hyphen"),
      (["test", "raft", "--key-count", "0"], "key-count"),
      (["test", "raft", "--max-writes-per-key", "0"], "max-writes-per-key"),
      (["test", "raft", "--runs", "3"], "--runs needs --env simulated"),
      (simulated + ["--trace", "/nonexistent/t"], "--trace /nonexistent/t: No such file"),
      (simulated + ["--runs", "0"], "--runs 0: at least 1"),
      (simulated + ["--runs", "2", "--seed", "18446744073709551615"], "seed"),
      (["test", "raft", "--budget", "3s"], "--budget needs --env simulated"),
      (simulated + ["--budget", "soon"], "--budget soon: a duration such as"),
      (simulated + ["--budget", "0s"], "--budget 0s: a duration such as"),
      (simulated + ["--budget", "1s", "--seed", "18446744073709551615"], "no seeds begin there"),
      (simulated + ["--runs", "2", "--fail-fast", "0"], "--fail-fast 0: at least 1"),
      (simulated + ["--runs", "2", "--nemesis", "kill", "--time-limit", "1s"], "too short"),
      (simulated + ["--fail-fast", "1"], "--fail-fast is for campaigns"),
      (simulated + ["--verify", "5%"], "--verify is for campaigns"),
      (simulated + ["--require-marks"], "--require-marks is for campaigns"),
      (simulated + ["--runs", "2", "--verify", "5"], "--verify 5: a share of the runs from 0%"),
      (simulated + ["--runs", "2", "--verify", "101%"], "--verify 101%: a share of the runs"),
      (["test", "--env", "simulated", "--bin", "/bin/sh"], "only bundled systems"),
      (["replay", "nonsense"], "\"nonsense\" is no token, run or plan"),
      (["replay", "/etc/passwd"], "/etc/passwd: "),
      (["replay", "/etc"], "/etc/plan.json: "),
      (["check", "/nonexistent", "--model", "register"], "/nonexistent: "),
      (["check", "/etc/passwd"], "/etc/passwd:1"),
      (["check", "/dev/null"], "say what the operations are of with --model"),
      (["check", "/dev/null", "--consistency", "x"], "there is no consistency model \"x\""),
      (
        ["check", "/dev/null", "--checker", "echo", "--consistency-models", "serializable"],
        "--consistency-models: echo is no checker of transactions"
      ),
      (["test", "raft", "--consistency-models", "PL-9"], "there is no consistency model \"PL-9\""),
      (["check", "/etc/passwd", "--model", "x"], "there is no model \"x\"; there are "),
      (["check", "/etc/passwd", "--model", "register"], "/etc/passwd:1"),
      (["check", "/etc/passwd", "--checker", "x"], "there is no checker \"x\"; there are "),
      (["check", "/etc/passwd", "--model", "register", "--initial", "{"], "--initial: "),
      (["convert", "/nonexistent", "x.edn"], "/nonexistent: No such file"),
      (["convert", "/etc/passwd", "x.edn"], "/etc/passwd:1"),
      (["convert", "/dev/null", "x.txt"], "x.txt: say with --to in which format"),
      (
        ["convert", "/dev/null", "x", "--to", "porcupine-kv"], "there are jsonl, jepsen-edn, binary"
      ),
      (
        ["convert", "/dev/null", "x.edn", "--from", "x"],
        "there is no format \"x\" here; there are "
      ),
      (["list", "x"], "there is no list of \"x\""),
      (["list", "system", "x"], "there is no system \"x\"; there are "),
      (["list", "checker", "x"], "there is no checker \"x\"; there are linearizable, "),
      (["list", "nemesis", "x"], "there is no nemesis \"x\"; there are partition, "),
      (["node", "x"], "there is no system \"x\"; there are "),
    ] as [([String], String)])
  func refused(arguments: [String], text: String) throws {
    let workshop = try Workshop()
    let end = try workshop.start(arguments).wait()
    #expect(end.code == 64)
    #expect(end.errors.contains(text))
    #expect(end.errors.split(separator: "\n").count == 1)
    #expect(end.errors.hasPrefix("shrike: "))
    #expect(end.output.isEmpty)
    #expect(access("\(workshop.path)/results", F_OK) != 0, "nothing is left behind")
  }

  @Test("that ask for JSON are told in JSON as well", .timeLimit(.minutes(3)))
  func json() throws {
    let workshop = try Workshop()
    let end = try workshop.run("test", "x", "--json")
    #expect(end.code == 64)
    #expect(try end.json["verdict"] == "unknown")
    #expect(try #require(try end.json["error"]?.name).hasPrefix("there is no system \"x\""))
  }

  @Test("are told from others by the parser too", .timeLimit(.minutes(3)))
  func parser() throws {
    let workshop = try Workshop()
    for arguments in [["test", "raft", "--nope"], ["nope"], ["test", "raft", "--rate", "x"]] {
      let end = try workshop.start(arguments).wait()
      #expect(end.code == 64, "\(arguments)")
      #expect(end.errors.hasPrefix("Error: "))
    }
  }

  @Test(
    "in a plan's file are refused with the file and the field", .timeLimit(.minutes(3)),
    arguments: [
      (#"{"nodes":["a","a"]}"#, "\"a\""), (#"{"concurrency":-1}"#, "concurrency"),
      (#"{"time-limit":99999999999999999}"#, "field \"time-limit\""),
      (#"{"time-limit":-5}"#, "field \"time-limit\""), (#"{"rate":1e-300}"#, "rate"),
      (#"{"rate":-1}"#, "rate"), (#"{"key-count":0}"#, "key-count"),
      (#"{"faults":[{"fault":"kill","target":["n9"],"time":1}]}"#, "n9"),
      (#"{"faults":[{"fault":"dance","time":1}]}"#, "dance"),
      (#"{"availability":"2"}"#, "availability"), ("{", "plan.json"),
    ])
  func plans(change: String, text: String) throws {
    let workshop = try Workshop()
    var fields = ValueMap([
      .init(key: "system", value: "raft"), .init(key: "workload", value: "lin-kv"),
      .init(key: "env", value: "simulated"), .init(key: "nodes", value: ["n1", "n2", "n3"]),
      .init(key: "concurrency", value: 3), .init(key: "time-limit", value: "2s"),
    ])
    var contents = change
    if let changes = try? Value(json: change).map {
      for entry in changes.entries { fields[entry.key] = entry.value }
      contents = Value.map(fields).json
    }
    let file = try workshop.file("plan.json", contents)
    let end = try workshop.run("replay", file)
    #expect(end.code == 64)
    #expect(end.errors.contains(text))
    #expect(end.errors.split(separator: "\n").count == 1)
  }
}
