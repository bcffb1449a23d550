import Glibc
import Processes
import SSHHosts
import Testing
import Values

/// Bad input and bad luck: one clear line each.
@Suite(
  "What goes wrong over SSH", .serialized, .enabled(if: TestServer.isPossible, TestServer.need),
  .timeLimit(.minutes(3)))
struct RefusalTests {
  /// The line of the error that connecting ends with.
  private func refusal(
    _ server: TestServer, as user: String? = nil, _ way: Way = .library,
    change: (inout SSHOptions) throws -> Void = { _ in }
  ) throws -> String? {
    var options = server.options()
    way.apply(&options)
    try change(&options)
    let target = try SSHTarget(user.map { "\($0)@127.0.0.1" } ?? "127.0.0.1")
    let error = #expect(throws: SSHError.self) { try SSHConnection.connect(target, options) }
    return error?.description
  }

  @Test("a key that the host does not know", arguments: Way.allCases)
  func wrongKey(way: Way) throws {
    let server = try TestServer.known()
    let scratch = try ScratchDirectory("shrike-ssh")
    let key = "\(scratch.path)/key"
    try makeKey("ed25519", at: key)
    let line = try refusal(server, way) { $0.identityFile = key }
    #expect(
      line
        == "host 127.0.0.1: root may not log in; tried the key \(key); the host accepts publickey")
  }

  @Test("a key that is not there, and one that is none")
  func noKey() throws {
    let server = try TestServer.known()
    let scratch = try ScratchDirectory("shrike-ssh")
    let key = "\(scratch.path)/key"
    #expect(
      try refusal(server) { $0.identityFile = key }
        == "host 127.0.0.1: root may not log in; tried nothing; the host accepts publickey; "
        + "\(key): No such file or directory")
    try save("no key\n", key)
    #expect(
      try refusal(server) { $0.identityFile = key }
        == "host 127.0.0.1: root may not log in; tried nothing; the host accepts publickey; "
        + "\(key) is no private key")
  }

  @Test("an RSA key works by the program, and is refused by an old library with its reason")
  func rsa() throws {
    let server = try TestServer(hostKeys: ["ed25519"])
    let scratch = try ScratchDirectory("shrike-ssh")
    let key = "\(scratch.path)/key"
    try makeKey("rsa", at: key)
    let publicKey = text(try #require(bytes(ofFile: "\(key).pub")))
    try save(publicKey, "\(server.directory)/authorized_keys")
    let host = try server.connect {
      $0.identityFile = key
      $0.usesProgram = true
    }
    #expect(try host.run(["echo", "well"]).text == "well")
    host.close()
    guard let line = try? refusal(server, change: { $0.identityFile = key }) else { return }
    #expect(line.hasPrefix("host 127.0.0.1: root may not log in; tried the key \(key); "))
    #expect(
      line.hasSuffix(
        " signs RSA keys only with SHA-1, which current servers refuse: use an ed25519 or ecdsa key, "
          + "or --ssh-program"))
  }

  @Test("an ecdsa key works, and an encrypted one with its passphrase", arguments: Way.allCases)
  func encrypted(way: Way) throws {
    let server = try TestServer()
    let scratch = try ScratchDirectory("shrike-ssh")
    let key = "\(scratch.path)/key"
    try makeKey("ecdsa", at: key, passphrase: "open sesame")
    let publicKey = text(try #require(bytes(ofFile: "\(key).pub")))
    try save(publicKey, "\(server.directory)/authorized_keys")
    #expect(
      try refusal(server, way) { $0.identityFile = key }?
        .hasSuffix("\(key) is encrypted: set SHRIKE_SSH_PASSPHRASE, or add it to an agent") == true)
    #expect(
      try refusal(server, way) {
        $0.identityFile = key
        $0.secrets.passphrase = "wrong"
      }?.hasSuffix("SHRIKE_SSH_PASSPHRASE does not open \(key)") == true)
    let host = try server.connect {
      way.apply(&$0)
      $0.identityFile = key
      $0.secrets.passphrase = "open sesame"
    }
    defer { host.close() }
    #expect(try host.run(["echo", "well"]).text == "well")
  }

  @Test("a password, right, wrong and not given", arguments: Way.allCases)
  func password(way: Way) throws {
    let server = try TestServer(configuration: ["PasswordAuthentication yes"])
    let scratch = try ScratchDirectory("shrike-ssh")
    let key = "\(scratch.path)/key"
    try makeKey("ed25519", at: key)
    let user = TestServer.user
    #expect(
      try refusal(server, as: user, way) { $0.identityFile = key }
        == "host \(user)@127.0.0.1: \(user) may not log in; tried the key \(key); "
        + "the host accepts publickey, password; for a password set SHRIKE_SSH_PASSWORD")
    #expect(
      try refusal(server, as: user, way) {
        $0.identityFile = key
        $0.secrets.password = "wrong"
      }
        == "host \(user)@127.0.0.1: \(user) may not log in; tried the key \(key), the password; "
        + "the host accepts publickey, password")
    let host = try server.connect(as: user) {
      way.apply(&$0)
      $0.identityFile = key
      $0.secrets.password = TestServer.password
    }
    defer { host.close() }
    #expect(try host.run(["id", "-un"]).text == user)
    #expect("\(server.options().secrets)" == "secrets")
  }

  @Test("a password that is asked for", arguments: Way.allCases)
  func keyboardInteractive(way: Way) throws {
    let server = try TestServer(
      configuration: [
        "UsePAM yes", "KbdInteractiveAuthentication yes", "PasswordAuthentication no",
      ])
    let user = TestServer.user
    let host = try server.connect(as: user) {
      way.apply(&$0)
      $0.identityFile = "/dev/null"
      $0.secrets.password = TestServer.password
    }
    defer { host.close() }
    #expect(try host.run(["id", "-un"]).text == user)
  }

  @Test(
    "a host whose key is not known, is added, has changed, or is of another kind",
    arguments: Way.allCases)
  func hostKeys(way: Way) throws {
    let server = try TestServer()
    let port = server.port
    let scratch = try ScratchDirectory("shrike-ssh")
    let known = "\(scratch.path)/known"
    func strictly(_ options: inout SSHOptions) {
      options.knownHostsFile = known
      options.acceptsNewHostKeys = false
    }
    let fingerprint = try server.fingerprint("ed25519")
    #expect(
      try refusal(server, way, change: strictly)
        == "host 127.0.0.1: its ssh-ed25519 key \(fingerprint) is not in \(known); "
        + "compare it, then add it by --accept-new-host-keys")
    #expect(bytes(ofFile: known) == nil)
    let host = try server.connect {
      way.apply(&$0)
      $0.knownHostsFile = known
    }
    host.close()
    let line = text(try #require(bytes(ofFile: known)))
    #expect(line.hasPrefix("[127.0.0.1]:\(port) ssh-ed25519 AAAA"))
    let again = try server.connect {
      way.apply(&$0)
      strictly(&$0)
    }
    again.close()
    server.stop()

    let other = try TestServer(port: port)
    let otherFingerprint = try other.fingerprint("ed25519")
    for accepts in [false, true] {
      #expect(
        try refusal(other, way) {
          $0.knownHostsFile = known
          $0.acceptsNewHostKeys = accepts
        }
          == "host 127.0.0.1: its ssh-ed25519 key is now \(otherFingerprint), not the one in "
          + "\(known):1; somebody may be listening, or the host was set up anew: only then remove "
          + "that line")
    }
    #expect(text(try #require(bytes(ofFile: known))) == line)
  }

  @Test("a host that shows a key of another kind than is known is not accepted as new")
  func otherKind() throws {
    let server = try TestServer(hostKeys: ["ecdsa"])
    let scratch = try ScratchDirectory("shrike-ssh")
    let known = "\(scratch.path)/known"
    let words = text(try #require(bytes(ofFile: "\(server.directory)/id.pub")))
      .split(separator: " ")
    try save("# mine\n[127.0.0.1]:\(server.port) \(words[0]) \(words[1])\n", known)
    #expect(
      try refusal(server) { $0.knownHostsFile = known }
        == "host 127.0.0.1: its ecdsa-sha2-nistp256 key \(try server.fingerprint("ecdsa")) is not in "
        + "\(known), which has a key of another kind in line 2; compare it, then add it there")
  }

  @Test("a host that is known by one of its keys is asked for that one")
  func preferredKind() throws {
    let server = try TestServer(hostKeys: ["ed25519", "ecdsa"])
    for kind in ["ed25519", "ecdsa"] {
      let scratch = try ScratchDirectory("shrike-ssh")
      let known = "\(scratch.path)/known"
      let key = text(try #require(bytes(ofFile: "\(server.directory)/host-\(kind).pub")))
      try save("[127.0.0.1]:\(server.port) \(key)", known)
      let host = try server.connect {
        $0.knownHostsFile = known
        $0.acceptsNewHostKeys = false
      }
      host.close()
    }
  }

  @Test("a revoked host key is never accepted", arguments: Way.allCases)
  func revoked(way: Way) throws {
    let server = try TestServer.known()
    let scratch = try ScratchDirectory("shrike-ssh")
    let known = "\(scratch.path)/known"
    let key = text(try #require(bytes(ofFile: "\(server.directory)/host-ed25519.pub")))
    try save("@revoked * \(key)", known)
    let line = try #require(try refusal(server, way) { $0.knownHostsFile = known })
    #expect(line.contains("its ssh-ed25519 key SHA256:"))
    #expect(line.contains("revoked"))
  }

  @Test("new keys are kept, or not accepted")
  func keptNowhere() throws {
    let server = try TestServer.known()
    #expect(
      try refusal(server) { $0.knownHostsFile = "/dev/null" }
        == "/dev/null: the host's key can't be added: it is no regular file")
  }

  @Test("a host that is down, and a name that there is not", arguments: Way.allCases)
  func down(way: Way) throws {
    var options = SSHOptions()
    options.configurationFile = "none"
    way.apply(&options)
    options.attempts = 2
    let port = try freePort()
    let refused = #expect(throws: SSHError.self) {
      try SSHConnection.connect(SSHTarget("127.0.0.1:\(port)"), options)
    }
    #expect(
      refused?.description
        == "host 127.0.0.1:\(port): can't connect to 127.0.0.1:\(port): Connection refused "
        + "(2 attempts); is it up, and does sshd listen there?")
    let unknown = #expect(throws: SSHError.self) {
      try SSHConnection.connect(SSHTarget("no-such-host.invalid"), options)
    }
    let line = unknown?.description
    #expect(
      line
        == "host no-such-host.invalid: there is no host of this name; check it, DNS and /etc/hosts"
        || line?.contains("its name can't be looked up") == true)
  }

  @Test("what listens there but is no sshd, or says nothing")
  func noServer() throws {
    let port = try freePort()
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(port)
    withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    listen(descriptor, 8)
    var options = SSHOptions()
    options.configurationFile = "none"
    options.attempts = 1
    options.connectTimeout = .milliseconds(500)
    let error = #expect(throws: SSHError.self) {
      try SSHConnection.connect(SSHTarget("127.0.0.1:\(port)"), options)
    }
    #expect(
      error?.description
        == "host 127.0.0.1:\(port): no SSH connection: nothing of SSH came from 127.0.0.1:\(port) "
        + "within 500ms")
  }

  @Test("a machine without the library is told so")
  func noLibrary() async {
    // Loaded once, it stays, so another process tries.
    await #expect(processExitsWith: .success) {
      var options = SSHOptions()
      options.configurationFile = "none"
      options.library = "libno-such-library.so.1"
      let error = #expect(throws: SSHError.self) {
        try SSHConnection.connect(SSHTarget("127.0.0.1"), options)
      }
      #expect(
        error?.description
          == "SSH needs libssh2 (libno-such-library.so.1: cannot open shared object file: No such file "
          + "or directory): apt-get install libssh2-1, or use the ssh program: --ssh-program")
    }
  }

  @Test("a machine without the program is told so")
  func noProgram() async {
    await #expect(processExitsWith: .success) {
      setenv("PATH", "/none", 1)
      var options = SSHOptions()
      options.configurationFile = "none"
      options.usesProgram = true
      let error = #expect(throws: SSHError.self) {
        try SSHConnection.connect(SSHTarget("127.0.0.1"), options)
      }
      #expect(
        error?.description
          == "there is no program ssh in PATH: apt-get install openssh-client, or leave out "
          + "--ssh-program")
    }
  }

  @Test(
    "when the controller is killed, its connection ends, and with it commands' input",
    arguments: Way.allCases)
  func controllerDeath(way: Way) async throws {
    let server = try TestServer.known()
    let directory = server.directory
    let port = server.port
    let isProgram = way == .program
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [directory = directory as String, port = port as Int, isProgram = isProgram as Bool] in
      var options = SSHOptions()
      options.configurationFile = "none"
      options.identityFile = "\(directory)/id"
      options.knownHostsFile = "\(directory)/known_hosts"
      options.acceptsNewHostKeys = true
      options.usesProgram = isProgram
      let host = try SSHConnection.connect(SSHTarget("root@127.0.0.1:\(port)"), options)
      let script = "echo up; cat >/dev/null; echo gone >$0"
      let stream = try host.start(["sh", "-c", script, "\(directory)/gone-\(isProgram)"])
      let deaf = try host.start(["sleep", "30"])
      #expect(readLine(stream.descriptor) == "up")
      kill(getpid(), SIGKILL)
      _ = deaf
    }
    #expect(try eventually { access("\(directory)/gone-\(isProgram)", F_OK) == 0 })
    // Nor is a process left here that holds the connection.
    #expect(
      try eventually {
        try runTool(["/usr/bin/pgrep", "-f", "ssh.*\(directory)/id.*ControlMaster"]) != 0
      })
  }

  @Test("a connection that is lost during a command", arguments: Way.allCases)
  func lost(way: Way) throws {
    let server = try TestServer.known()
    let host = try server.connect(change: way.apply)
    defer { host.close() }
    let stream = try host.start(["cat"])
    defer { close(stream.descriptor) }
    let kill =
      way == .library
      ? ["sh", "-c", "kill -9 $PPID; sleep 5"]
      : ["sh", "-c", "kill -9 $(ps -o ppid= -p $PPID); sleep 5"]
    let error = #expect(throws: SSHError.self) { try host.run(kill) }
    let line = try #require(error?.description)
    #expect(line.hasPrefix("host 127.0.0.1: the connection was lost during "))
    #expect(line.contains("sleep 5"))
    #expect(readLine(stream.descriptor) == nil)
    let streamError = #expect(throws: SSHError.self) { try stream.wait(within: .seconds(10)) }
    #expect(streamError?.description.contains("the connection was lost during") == true)
    #expect(try eventually { host.problem != nil })
    let after = #expect(throws: SSHError.self) { try host.run(["true"]) }
    #expect(after?.description.hasPrefix("host 127.0.0.1: the connection was lost") == true)
  }

  @Test("a host that falls silent is lost", arguments: [true, false])
  func silent(isIdle: Bool) throws {
    let server = try TestServer.known()
    let host = try server.connect {
      $0.keepAliveInterval = .seconds(1)
      $0.keepAliveCount = 2
    }
    defer { host.close() }
    let stream = try host.start(["sh", "-c", "kill -STOP $PPID; sleep 20"])
    if isIdle { close(stream.descriptor) }
    defer { if !isIdle { close(stream.descriptor) } }
    #expect(try eventually { host.problem != nil })
    let line = try #require(host.problem?.description)
    #expect(line.hasPrefix("host 127.0.0.1: the connection was lost"))
    #expect(line.contains("no answer for "))
  }

  @Test("a connection that is closed here ends what ran over it", arguments: Way.allCases)
  func closed(way: Way) throws {
    let server = try TestServer.known()
    let host = try server.connect(change: way.apply)
    let mark = "\(server.directory)/closed-\(way)"
    let stream = try host.start(["sh", "-c", "echo up; cat >/dev/null; echo x >\"$0\"", mark])
    defer { close(stream.descriptor) }
    #expect(readLine(stream.descriptor) == "up")
    host.close()
    #expect(readLine(stream.descriptor) == nil)
    #expect(try eventually { access(mark, F_OK) == 0 })
    let error = #expect(throws: SSHError.self) { try host.run(["true"]) }
    #expect(error?.description == "host 127.0.0.1: the connection was closed")
  }
}

extension TestServer {
  /// A host key's fingerprint, as the tool of SSH tells it.
  func fingerprint(_ kind: String) throws -> String {
    let host = try TestServer.known().connect()
    defer { host.close() }
    let path = "\(directory)/host-\(kind).pub"
    let words = try host.run(["ssh-keygen", "-l", "-f", path]).checked().text.split(separator: " ")
    return String(words[1])
  }
}
