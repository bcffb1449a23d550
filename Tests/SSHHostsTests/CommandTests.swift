import Glibc
import Processes
import SSHHosts
import Testing
import Values

@Suite(
  "Commands over SSH", .enabled(if: TestServer.isPossible, TestServer.need), .timeLimit(.minutes(1))
)
struct CommandTests {
  @Test("what a command prints, on both of its outputs, and how it ends are told apart")
  func run() throws {
    let host = try TestServer.known().connect()
    defer { host.close() }
    let result = try host.run(["sh", "-c", "echo out; echo err >&2; exit 7"])
    #expect(result.status == .exited(code: 7))
    #expect(result.text == "out")
    #expect(text(result.errorOutput) == "err\n")
    #expect(try host.run(["sh", "-c", "kill -9 $$"]).status == .signalled(number: SIGKILL))
  }

  @Test("a command's input is its own, and ends")
  func input() throws {
    let host = try TestServer.known().connect()
    defer { host.close() }
    let input = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    #expect(try host.run(["cat"], input: input).output == input)
  }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
