import Clients
import Foundation
import Glibc
import Histories
import Nodes
import Testing
import Values
import Workloads

@Suite("A client that is a program")
struct ProgramClientTests {
  private let place = ProgramClientProtocol.Place(
    node: "n2", address: "10.213.0.12", port: 2379, ports: ["client": 2379, "peer-2": 2380])

  @Test("is given an operation a line, and where to ask")
  func lines() {
    let request = Request.custom(["f": "write", "value": [1, 2], "final": true])
    #expect(
      ProgramClientProtocol.line(for: request, process: 7, place)
        == "{\"address\":\"10.213.0.12\",\"f\":\"write\",\"final\":true,\"node\":\"n2\","
        + "\"port\":2379,\"process\":7,\"value\":[1,2]}")
    #expect(ProgramClientProtocol.line(for: .readAll, process: 7, place) == nil)
    #expect(ProgramClientProtocol.line(for: .custom(["path": "/"]), process: 7, place) == nil)
  }

  @Test("finds in its environment whom it asks, and which worker it serves")
  func environment() {
    #expect(
      ProgramClientProtocol.environment(worker: 3, of: 10, place) == [
        "SHRIKE_WORKER": "3", "SHRIKE_WORKERS": "10", "SHRIKE_NODE": "n2",
        "SHRIKE_ADDRESS": "10.213.0.12", "SHRIKE_PORT": "2379", "SHRIKE_PORT_CLIENT": "2379",
        "SHRIKE_PORT_PEER_2": "2380",
      ])
  }

  @Test("answers by a completion, and is told what is wrong with anything else")
  func answers() throws {
    let reply = try ProgramClientProtocol.reply(to: Array("{\"type\":\"ok\",\"value\":1}".utf8))
    #expect(reply == .custom(["type": "ok", "value": 1]))
    let wrong = [
      "hello": "not JSON: line 1, column 1: expected a value, found 'h'; write one completion a "
        + "line to stdout, and all else to stderr",
      "[1]": "no completion: expected a completion, which is an object with \"type\"",
      "{\"value\":1}": "no completion: expected \"type\", which is ok, fail or info",
      "{\"type\":1}": "no completion: expected ok, fail or info for \"type\", not 1",
    ]
    for (line, text) in wrong {
      do throws(ProgramLineError) {
        _ = try ProgramClientProtocol.reply(to: Array(line.utf8))
        Issue.record("\(line) is taken for a completion")
      } catch {
        #expect(error.description == text)
      }
    }
    let long = [UInt8](repeating: 0x20, count: ProgramClientProtocol.lineMax + 1)
    #expect(throws: ProgramLineError.tooLong(bytes: long.count)) {
      try ProgramClientProtocol.reply(to: long)
    }
    #expect(
      ProgramLineError.tooLong(bytes: 9_000_000).description
        == "a line of 9000000 bytes; a completion has at most 8388608")
  }

  private static let documentation: URL = {
    var folder = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { folder.deleteLastPathComponent() }
    return folder.appendingPathComponent("Documentation")
  }()

  @Test("stands in its page as it is run")
  func page() throws {
    let page = try String(
      contentsOf: Self.documentation.appendingPathComponent("clients.md"), encoding: .utf8)
    let program = try String(
      contentsOf: Self.documentation.appendingPathComponent("clients/registers.py"),
      encoding: .utf8)
    #expect(page.contains("```python\n\(program)```"))
    #expect(program.split(separator: "\n").count <= 30)
  }

  /// A program of Python's, with its standard input and output.
  private func python(
    _ words: [String], _ environment: [String: String] = [:]
  ) throws -> (process: Foundation.Process, input: FileHandle, output: FileHandle) {
    let process = Foundation.Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3"] + words
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    return (process, input.fileHandleForWriting, output.fileHandleForReading)
  }

  private func line(from output: FileHandle) throws -> [UInt8] {
    var line: [UInt8] = []
    while let byte = try output.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") {
      line.append(byte)
    }
    return line
  }

  @Test("of the page does what it is asked, and knows what nobody knows", .timeLimit(.minutes(5)))
  func example() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("shrike-client-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let port = 30_100 + Int(getpid()) % 2_500
    let server = try python([
      Self.documentation.appendingPathComponent("manifests/registers.py").path, "127.0.0.1",
      "\(port)", folder.appendingPathComponent("registers.json").path,
    ])
    defer { kill(server.process.processIdentifier, SIGKILL) }
    let place = ProgramClientProtocol.Place(node: "n1", address: "127.0.0.1", port: port)
    let program = try python(
      [Self.documentation.appendingPathComponent("clients/registers.py").path],
      ProgramClientProtocol.environment(worker: 0, of: 1, place))
    defer { kill(program.process.processIdentifier, SIGKILL) }
    var client = ForeignClient()
    func perform(_ f: String, _ value: Value) throws -> Completion {
      guard case .ask(let request) = client.begin(f, value, ValueMap()),
        let line = ProgramClientProtocol.line(for: request, process: 0, place)
      else { throw CompletionError.notAnObject }
      try program.input.write(contentsOf: Data((line + "\n").utf8))
      let reply = try ProgramClientProtocol.reply(to: try self.line(from: program.output))
      guard case .complete(let completion) = client.receive(reply) else {
        throw CompletionError.notAnObject
      }
      return completion
    }
    var first = try perform("read", [1, nil])
    for _ in 0..<200 where first.type != .ok {
      // Nobody listens yet, which is certain.
      #expect(first.type == .fail)
      usleep(20_000)
      first = try perform("read", [1, nil])
    }
    #expect(first.value == [1, nil])
    #expect(try perform("write", [1, 3]).value == [1, 3])
    #expect(try perform("cas", [1, [3, 4]]).type == .ok)
    #expect(try perform("cas", [1, [3, 5]]).type == .fail)
    #expect(try perform("read", [1, nil]).value == [1, 4])
    // Something that the server chokes on.
    #expect(try perform("write", [1]).type == .info)
    try program.input.close()
    program.process.waitUntilExit()
    #expect(program.process.terminationStatus == 0)
  }
}
