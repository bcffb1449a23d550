import SSHHosts
import Testing
import Values

@Suite("Targets, configurations and known hosts")
struct ConfigurationTests {
  @Test(
    "a target is read as people write it",
    arguments: [
      ("n1", "n1", nil, nil), ("root@n1", "n1", "root", nil), ("n1:2222", "n1", nil, 2222),
      ("root@10.0.0.1:22", "10.0.0.1", "root", 22), ("[::1]:2222", "::1", nil, 2222),
      ("root@[fe80::1%eth0]", "fe80::1%eth0", "root", nil), ("::1", "::1", nil, nil),
      ("ssh://me@host:1/", "host", "me", 1), ("a@b@host", "host", "a@b", nil),
    ] as [(String, String, String?, Int?)])
  func target(text: String, host: String, user: String?, port: Int?) throws {
    let target = try SSHTarget(text)
    #expect(target.host == host && target.user == user && target.port == port)
  }

  @Test(
    "what is no target is named",
    arguments: [
      ("", "there is no host"), ("@n1", "there is no user before @"),
      ("n1:", "the port must be between 1 and 65535"),
      ("n1:65536", "the port must be between 1 and 65535"),
      ("[::1", "there is no ] after ["), ("[::1]x", "nothing but :port may follow ]"),
      ("-oProxyCommand=x", "this can't be a host"), ("a b", "this can't be a host"),
    ])
  func noTarget(text: String, problem: String) {
    let error = #expect(throws: SSHError.self) { try SSHTarget(text) }
    #expect(
      error?.description
        == "\"\(text)\": \(problem); write [user@]host[:port], with IPv6 in brackets")
  }

  private func configuration(
    _ text: String, including files: [String: String] = [:]
  ) throws -> SSHConfiguration {
    var configuration = SSHConfiguration()
    try configuration.read(.init(path: "config", text: text)) { pattern in
      files[pattern].map { [.init(path: pattern, text: $0)] } ?? []
    }
    return configuration
  }

  @Test("the first value counts, identities add up, and patterns choose")
  func firstValue() throws {
    let configuration = try configuration(
      """
      # a comment
      Host n1 "n 2"
        HostName %h.example.org
        Port=2222
        user = "root"
        IdentityFile ~/.ssh/one

      HOST n? !n3 *.test
        Port 1
        IdentityFile %d/two
        IdentityFile ~/.ssh/one
        IdentitiesOnly yes
      Host *
        User nobody
        ServerAliveInterval 15
        ConnectTimeout 7
        ProxyJump gate,me@inner:2022
      """)
    let first = try configuration.settings(for: "n1")
    #expect(first.hostName == "%h.example.org" && first.port == 2222 && first.user == "root")
    #expect(first.identityFiles == ["~/.ssh/one", "%d/two"])
    #expect(first.identitiesOnly == true && first.connectTimeout == .seconds(7))
    #expect(first.serverAliveInterval == .seconds(15))
    #expect(first.proxyJump == "gate,me@inner:2022")
    let third = try configuration.settings(for: "n3")
    #expect(third.port == nil && third.user == "nobody" && third.identityFiles == [])
    #expect(try configuration.settings(for: "x.test").port == 1)
    #expect(try configuration.settings(for: "n 2").port == 2222)
  }

  @Test("included files belong to the block that they are included in")
  func include() throws {
    let configuration = try configuration(
      "Host a\n  Include inner\n  User after\nHost b\n  User b\n",
      including: ["inner": "Port 7\nHost b\n  Port 8\n"])
    let first = try configuration.settings(for: "a")
    #expect(first.port == 7 && first.user == "after")
    let second = try configuration.settings(for: "b")
    #expect(second.port == nil && second.user == "b")
  }

  @Test("Match all is followed, other Match blocks are passed over with a warning")
  func match() throws {
    let configuration = try configuration(
      "Host a\n  Port 1\nMatch user root\n  Port 2\nMatch all\n  User x\n")
    let settings = try configuration.settings(for: "b")
    #expect(settings.port == nil && settings.user == "x")
    #expect(
      configuration.warnings == [
        "config:3: Match blocks other than \"Match all\" are passed over; write Host, or use "
          + "--ssh-program"
      ])
  }

  @Test("of ProxyJump and ProxyCommand the first counts")
  func proxies() throws {
    let configuration = try configuration(
      "Host a\n  ProxyJump none\nHost *\n  ProxyCommand nc %h %p\n")
    let first = try configuration.settings(for: "a")
    #expect(first.proxyJump == "none" && first.proxyCommand == nil)
    #expect(try configuration.settings(for: "b").proxyCommand == "nc %h %p")
  }

  @Test(
    "what makes no sense is named with its line",
    arguments: [
      ("Port x", "config:1: port can't be \"x\""), ("\nPort", "config:2: Port lacks its value"),
      ("User \"x", "config:1: a quote is not closed"),
      ("IdentitiesOnly maybe", "config:1: identitiesonly can't be \"maybe\""),
      ("StrictHostKeyChecking sometimes", "config:1: stricthostkeychecking can't be \"sometimes\""),
    ])
  func nonsense(text: String, line: String) {
    let error = #expect(throws: SSHError.self) {
      try configuration(text).settings(for: "a")
    }
    #expect(error?.description == line)
  }

  // The hashed line is that of the manual of sshd: 192.168.1.61.
  private static let known = """
    # keys
    n1,10.0.0.1 ssh-ed25519 \(key("ssh-ed25519", 1))
    *.test,!no.test ssh-ed25519 \(key("ssh-ed25519", 2)) a comment
    @revoked * ssh-ed25519 \(key("ssh-ed25519", 9))
    @cert-authority * ssh-ed25519 \(key("ssh-ed25519", 5))
    [n1]:2222 ecdsa-sha2-nistp256 \(key("ecdsa-sha2-nistp256", 3))
    nonsense
    |1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ssh-ed25519 \(key("ssh-ed25519", 4))
    """

  private static func blob(_ kind: String, _ number: UInt8) -> [UInt8] {
    [0, 0, 0, UInt8(kind.utf8.count)] + Array(kind.utf8) + [0, 0, 0, 1, number]
  }

  private static func key(_ kind: String, _ number: UInt8) -> String {
    var text: [UInt8] = []
    Base64.append(blob(kind, number), to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  @Test(
    "a host's key is found, new, changed, of another kind or revoked",
    arguments: [
      ("n1", 22, "ssh-ed25519", 1, .trusted), ("10.0.0.1", 22, "ssh-ed25519", 1, .trusted),
      ("N1", 22, "ssh-ed25519", 1, .trusted),
      ("n1", 22, "ssh-ed25519", 2, .changed(path: "known", line: 2)),
      ("n1", 22, "ecdsa-sha2-nistp256", 3, .otherKinds(path: "known", line: 2)),
      ("n1", 2222, "ecdsa-sha2-nistp256", 3, .trusted),
      ("n1", 2223, "ssh-ed25519", 1, .unknown), ("n9", 22, "ssh-ed25519", 1, .unknown),
      ("a.test", 22, "ssh-ed25519", 2, .trusted), ("no.test", 22, "ssh-ed25519", 2, .unknown),
      ("n1", 22, "ssh-ed25519", 9, .revoked(path: "known", line: 4)),
      ("n9", 22, "ssh-ed25519", 9, .revoked(path: "known", line: 4)),
      ("n9", 22, "ssh-ed25519", 5, .unknown),
      ("192.168.1.61", 22, "ssh-ed25519", 4, .trusted),
      ("192.168.1.61", 22, "ssh-ed25519", 1, .changed(path: "known", line: 8)),
    ] as [(String, Int, String, UInt8, KnownHosts.Finding)])
  func finding(
    host: String, port: Int, kind: String, number: UInt8, finding: KnownHosts.Finding
  ) {
    var hosts = KnownHosts()
    hosts.read(ConfigurationTests.known, from: "known")
    let key = ConfigurationTests.blob(kind, number)
    #expect(hosts.finding(key, of: KnownHosts.name(host, port: port)) == finding)
  }

  @Test("a host that was added is trusted")
  func added() {
    let key = ConfigurationTests.blob("ssh-ed25519", 6)
    var hosts = KnownHosts()
    hosts.read(KnownHosts.line("[::1]:2222", key), from: "known")
    #expect(hosts.finding(key, of: KnownHosts.name("::1", port: 2222)) == .trusted)
    #expect(hosts.kinds(of: "[::1]:2222") == ["ssh-ed25519"])
  }

  @Test("secrets are never printed")
  func secrets() {
    var options = SSHOptions()
    options.secrets = SSHSecrets(password: "hush", passphrase: "hush", sudoPassword: "hush")
    var dumped = ""
    dump(options, to: &dumped)
    #expect(!dumped.contains("hush") && !"\(options)".contains("hush"))
  }
}
