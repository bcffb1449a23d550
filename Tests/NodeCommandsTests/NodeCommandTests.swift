import Glibc
import NodeCommands
import NodeServers
import Testing

@Suite("The arguments of a node")
struct NodeArgumentsTests {
  @Test("are a system and options")
  func reading() throws {
    let arguments = try NodeArguments([
      "node", "raft", "--bug", "a", "--bug=b", "--seed", "7", "--option", "x=1", "--data", "d",
    ])
    var expected = NodeArguments(algorithm: "raft")
    expected.bugs = ["a", "b"]
    expected.seed = 7
    expected.options = ["x=1"]
    expected.data = "d"
    #expect(arguments == expected)
    #expect(try NodeArguments(["raft"]) == NodeArguments(algorithm: "raft"))
    #expect(try arguments.network.settings() == nil)
  }

  @Test("say where to listen and whom to speak to")
  func network() throws {
    let arguments = try NodeArguments([
      "raft", "--listen", "0.0.0.0:7001", "--peers", "a=h1:7001,b=[::1]:7002", "--name", "b",
      "--token=t",
    ])
    let settings = try #require(try arguments.network.settings())
    #expect(settings.listen == NetworkAddress(host: "0.0.0.0", port: 7001))
    #expect(settings.members.map(\.name) == ["a", "b"])
    #expect(settings.members[1].address == NetworkAddress(host: "::1", port: 7002))
    #expect(settings.name == "b" && settings.token == "t")
  }

  @Test(
    "are refused with a line that says why",
    arguments: [
      ([], "which system? For example: node echo --listen 127.0.0.1:7001 …"),
      (["a", "b"], "\"b\": a second system"),
      (["a", "--seed"], "--seed needs a value"),
      (["a", "--seed", "-1"], "--seed -1: expected a whole number from 0 on"),
      (
        ["a", "--sed=1"],
        "there is no option --sed=1; there are --data, --bug, --option, --seed, --listen, --peers, "
          + "--name, --token"
      ),
      (["a", "--name", "a"], "--peers, --name and --token need --listen host:port"),
      (
        ["a", "--listen", "::1:80"],
        "--listen ::1:80: expected host:port, or [address]:port with colons in it"
      ),
      (["a", "--listen", "h:1"], "--listen needs --peers: n1=host:port,n2=host:port"),
      (["a", "--listen", "h:1", "--peers", "a=h:1"], "--listen needs --name: one of the members'"),
      (
        ["a", "--listen", "h:1", "--peers", "a=h:1,b=h:2", "--name", "c"],
        "--name c: no such member in --peers, which names a, b"
      ),
      (
        ["a", "--listen", "h:1", "--peers", "a=h:1,", "--name", "a"],
        "--peers: \"\": expected name=host:port"
      ),
      (
        ["a", "--listen", "h:1", "--peers", "a=h:0", "--name", "a"],
        "--peers: \"a=h:0\": expected name=host:port"
      ),
      (["a", "--listen", "h:1", "--peers", "a=h:1,a=h:2", "--name", "a"], "--peers names a twice"),
    ])
  func problems(words: [String], text: String) {
    let problem = #expect(throws: NodeArguments.Problem.self) {
      try NodeArguments(words).network.settings()
    }
    #expect(problem?.description == text)
  }
}

@Suite("The node program", .timeLimit(.minutes(5)))
struct NodeProgramTests {
  private static func command(_ port: Int, _ name: String = "n1") -> String {
    "\(program) node echo --listen 127.0.0.1:\(port) --peers n1=127.0.0.1:\(port) --name \(name)"
  }

  @Test("ends with 64 and one line for options that make no sense")
  func misuse() {
    #expect(
      output(of: NodeProgramTests.command(7_001, "n2"))
        == "shrike: --name n2: no such member in --peers, which names n1\n64\n")
  }

  @Test("ends with 70 and one line where somebody listens")
  func portInUse() {
    let (descriptor, port) = listener()
    defer { close(descriptor) }
    #expect(
      output(of: NodeProgramTests.command(port))
        == "shrike: can't listen on 127.0.0.1:\(port): Address already in use\n70\n")
  }

  @Test("ends with 0 when it is asked to")
  func end() {
    let (descriptor, port) = listener()
    close(descriptor)
    let script =
      "\(NodeProgramTests.command(port)) & until (: >/dev/tcp/127.0.0.1/\(port)); do sleep 0.02; "
      + "done 2>/dev/null; kill -TERM $!; wait $!"
    #expect(output(of: script) == "0\n")
  }
}

/// What a script for bash prints, and then its status.
private func output(of script: String) -> String {
  guard let stream = popen("bash -c '\(script)' 2>&1; echo $?", "r") else { return "" }
  defer { pclose(stream) }
  var bytes: [UInt8] = []
  while case let byte = fgetc(stream), byte != EOF { bytes.append(UInt8(byte)) }
  return String(decoding: bytes, as: UTF8.self)
}

/// Somebody who listens on a port that the system chose.
private func listener() -> (descriptor: Int32, port: Int) {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  // A `sockaddr_in`, whose fields belong to one C module or another as modules are loaded.
  var bytes: [UInt8] = [UInt8(AF_INET), 0, 0, 0, 127, 0, 0, 1] + [UInt8](repeating: 0, count: 8)
  var count = socklen_t(bytes.count)
  bytes.withUnsafeMutableBytes { buffer in
    guard let address = buffer.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return }
    bind(descriptor, address, count)
    listen(descriptor, 1)
    getsockname(descriptor, address, &count)
  }
  return (descriptor, Int(bytes[2]) << 8 | Int(bytes[3]))
}

/// The program of the target shrike-node, which is built beside the tests.
private let program: String = {
  var directory = CommandLine.arguments[0]
  if let own = realpath("/proc/self/exe", nil) {
    directory = String(cString: own)
    free(own)
  }
  // The runner may be the toolchain's; then the bundle it was given tells where things are built.
  if let bundle = CommandLine.arguments.last(where: { $0.contains(".xctest") }) {
    directory = bundle
  }
  while let slash = directory.lastIndex(of: "/") {
    directory = String(directory[..<slash])
    if access("\(directory)/shrike-node", X_OK) == 0 { return "\(directory)/shrike-node" }
  }
  return "shrike-node"
}()
