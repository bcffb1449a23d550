import Glibc
import Processes
import SSHHosts
import Testing
import Values

@Suite(
  "Root by sudo over SSH", .serialized, .enabled(if: TestServer.isPossible, TestServer.need),
  .timeLimit(.minutes(2)))
struct SudoTests {
  private func connect(as user: String, password: String?) throws -> SSHConnection {
    try TestServer.known().connect(as: user) { $0.secrets.sudoPassword = password }
  }

  @Test("root needs no sudo")
  func root() throws {
    let host = try TestServer.known().connect()
    defer { host.close() }
    #expect(try host.run(["id", "-u"], asRoot: true).text == "0")
  }

  @Test("a user becomes root with a password, and a command's input is its own")
  func withPassword() throws {
    let host = try connect(as: TestServer.user, password: TestServer.password)
    defer { host.close() }
    #expect(try host.run(["id", "-u"]).text != "0")
    for _ in 0..<2 {
      #expect(try host.run(["id", "-u"], asRoot: true).text == "0")
      #expect(try host.run(["cat"], input: Array("mine".utf8), asRoot: true).text == "mine")
    }
    #expect(try host.run(["sh", "-c", "exit 1"], asRoot: true).status == .exited(code: 1))
    let stream = try host.start(["sh", "-c", "read x; echo \"$x $(id -u)\""], asRoot: true)
    defer { close(stream.descriptor) }
    write("hello\n", stream.descriptor)
    #expect(readLine(stream.descriptor) == "hello 0")
  }

  @Test("without a password, with a wrong one and for a stranger sudo says no")
  func refused() throws {
    let user = TestServer.user
    let cases: [(user: String, password: String?, line: String)] = [
      (
        user, nil,
        "\(user) needs a password; set SHRIKE_SUDO_PASSWORD, or NOPASSWD in sudoers"
      ),
      (user, "wrong", "SHRIKE_SUDO_PASSWORD is not the password of \(user)"),
      (
        TestServer.stranger, TestServer.password,
        "\(TestServer.stranger) may not become root; add \(TestServer.stranger) to sudoers"
      ),
    ]
    for (user, password, line) in cases {
      let host = try connect(as: user, password: password)
      defer { host.close() }
      let error = #expect(throws: SSHError.self) { try host.run(["id"], asRoot: true) }
      #expect(error?.description == "host \(user)@127.0.0.1: sudo: \(line)")
    }
  }
}
