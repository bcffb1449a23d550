import Glibc
import Processes
import SSHHosts
import Testing
import Values

@Suite(
  "Ways to a host", .serialized, .enabled(if: TestServer.isPossible, TestServer.need),
  .timeLimit(.minutes(2)))
struct ReachTests {
  @Test("a host is reached over IPv6, in brackets", arguments: Way.allCases)
  func overIPv6(way: Way) throws {
    let server = try TestServer.known()
    var options = server.options()
    way.apply(&options)
    options.port = nil
    let host = try SSHConnection.connect(SSHTarget("root@[::1]:\(server.port)"), options)
    defer { host.close() }
    #expect(host.name == "root@[::1]:\(server.port)")
    #expect(try host.run(["echo", "well"]).text == "well")
    #expect(
      text(try #require(bytes(ofFile: "\(server.directory)/known_hosts")))
        .contains("[::1]:\(server.port) ssh-ed25519 "))
  }

  @Test("an alias has its host, port, user, key and known hosts", arguments: Way.allCases)
  func alias(way: Way) throws {
    let server = try TestServer.known()
    let file = "\(server.directory)/config-\(way)"
    try save(
      """
      Host n?
        HostName 127.0.0.1
        User root
        Port \(server.port)
        IdentityFile \(server.directory)/id
        IdentitiesOnly yes
        UserKnownHostsFile \(server.directory)/known-\(way)
        StrictHostKeyChecking accept-new

      """, file)
    var options = SSHOptions()
    options.configurationFile = file
    way.apply(&options)
    let host = try SSHConnection.connect(SSHTarget("n1"), options)
    defer { host.close() }
    #expect(host.name == "n1")
    #expect(try host.run(["id", "-un"]).text == "root")
    let error = #expect(throws: SSHError.self) { try host.run(["false"]).checked() }
    #expect(error?.description == "host n1: false: exit status 1")
  }

  @Test("a host is reached through others")
  func jump() throws {
    let first = try TestServer.known()
    let second = try TestServer()
    let third = try TestServer()
    for server in [second, third] {
      let key = text(try #require(bytes(ofFile: "\(first.directory)/id.pub")))
      try save(key, "\(server.directory)/authorized_keys")
    }
    let file = "\(first.directory)/config-jump"
    try save(
      """
      Host a b c
        HostName 127.0.0.1
      Host a
        Port \(first.port)
      Host b
        Port \(second.port)
      Host c
        Port \(third.port)
        ProxyJump a,root@b
      Host lost
        HostName 127.0.0.1
        Port 1
        ProxyJump a

      """, file)
    var options = first.options()
    options.configurationFile = file
    options.port = nil
    let host = try SSHConnection.connect(SSHTarget("c"), options)
    let input = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    #expect(try host.run(["cat"], input: input).output == input)
    #expect(third.log.contains("Accepted publickey for root"))
    host.close()
    let error = #expect(throws: SSHError.self) {
      try SSHConnection.connect(SSHTarget("lost"), options)
    }
    #expect(
      error?.description.hasPrefix("host lost: a can't connect there: ") == true)
  }

  @Test("an agent's keys are tried")
  func agent() throws {
    let server = try TestServer.known()
    let socket = "\(server.directory)/agent"
    let host = try server.connect()
    defer { host.close() }
    let agent = try host.start(["ssh-agent", "-D", "-a", socket])
    defer { close(agent.descriptor) }
    #expect(try eventually { access(socket, F_OK) == 0 })
    try host.run(["env", "SSH_AUTH_SOCK=\(socket)", "ssh-add", "\(server.directory)/id"]).checked()
    let file = "\(server.directory)/config-agent"
    try save("IdentityAgent \(socket)\nIdentityFile /none\n", file)
    let other = try server.connect {
      $0.configurationFile = file
      $0.identityFile = nil
    }
    defer { other.close() }
    #expect(try other.run(["echo", "well"]).text == "well")
    try host.run(["pkill", "-f", "ssh-agent -D -a \(socket)"]).checked()
  }

  @Test("a host that comes up in a moment is waited for")
  func later() async throws {
    let port = try freePort()
    let directory = try TestServer.known().directory
    async let connection = Task.detached {
      var options = SSHOptions()
      options.configurationFile = "none"
      options.acceptsNewHostKeys = true
      options.knownHostsFile = "\(directory)/known-later"
      options.attempts = 8
      options.identityFile = "/none"
      return #expect(throws: SSHError.self) {
        try SSHConnection.connect(SSHTarget("root@127.0.0.1:\(port)"), options)
      }
    }.value
    usleep(500_000)
    let server = try TestServer(port: port)
    #expect(await connection?.description.contains("root may not log in") == true)
    server.stop()
  }
}
