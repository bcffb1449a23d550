import Glibc
import Processes
import SSHHosts
import Synchronization
import Testing
import Values

/// A real sshd on loopback, with users, passwords, sudoers and a small file system of its own.
///
/// It lives in PID and mount namespaces, and is gone when the test's process is, however that ends.
final class TestServer: Sendable {
  /// What the tests need.
  static let isPossible: Bool =
    geteuid() == 0
    && ["/usr/sbin/sshd", "/usr/bin/unshare", "/usr/bin/ssh-keygen", "/usr/bin/sudo"]
      .allSatisfy { (path: String) in access(path, X_OK) == 0 }
    && canUnshare()
  static let need: Comment =
    "needs root, namespaces, openssh-server, openssh-client and sudo"

  /// One for tests that leave it as it is.
  static let shared = try? TestServer()

  static func known() throws -> TestServer { try #require(shared) }

  /// The users that may log in, beside root.
  static let user = "tester"
  static let stranger = "stranger"
  static let password = "correct horse"

  let directory: String
  let port: Int
  private let input: Int32
  private let process: Int32
  private let isStopped = Mutex(false)

  /// - Parameters:
  ///   - hostKeys: The kinds of its host keys.
  ///   - configuration: Further lines of its configuration.
  init(
    hostKeys: [String] = ["ed25519"], port: Int? = nil, configuration: [String] = []
  ) throws {
    var template = Array("/tmp/shrike-sshd-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemCallError("no scratch directory") }
    let directory = String(
      decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    chmod(directory, 0o755)
    let port = try port ?? freePort()
    self.directory = directory
    self.port = port
    for kind in hostKeys { try makeKey(kind, at: "\(directory)/host-\(kind)") }
    try makeKey("ed25519", at: "\(directory)/id")
    let keys = try #require(bytes(ofFile: "\(directory)/id.pub"))
    try save(String(decoding: keys, as: UTF8.self), "\(directory)/authorized_keys")
    var lines = [
      "ListenAddress 127.0.0.1", "ListenAddress ::1", "Port \(port)", "PidFile none",
      "AuthorizedKeysFile \(directory)/authorized_keys", "StrictModes no", "UseDNS no",
      "PermitRootLogin prohibit-password", "MaxSessions 100", "MaxStartups 100:30:200",
      "LogLevel VERBOSE",
    ]
    if !configuration.contains(where: { $0.hasPrefix("Subsystem") }) {
      lines.append("Subsystem sftp internal-sftp")
    }
    // The first of a keyword's values counts.
    lines.insert(contentsOf: configuration, at: 0)
    if !configuration.contains("UsePAM yes") {
      lines += ["UsePAM no", "PasswordAuthentication no", "KbdInteractiveAuthentication no"]
    }
    lines += hostKeys.map { "HostKey \(directory)/host-\($0)" }
    try save(lines.map { $0 + "\n" }.joined(), "\(directory)/sshd_config")
    try TestServer.writeUsers(directory)
    (process, input) = try TestServer.launch(directory)
    try awaitPort()
  }

  deinit { stop() }

  /// Ends it and all that runs there.
  func stop() {
    let isFirst = isStopped.withLock { isStopped in
      defer { isStopped = true }
      return !isStopped
    }
    guard isFirst else { return }
    close(input)
    var status: Int32 = 0
    waitpid(process, &status, 0)
  }

  /// What it has logged.
  var log: String {
    bytes(ofFile: "\(directory)/log").map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// How to log in with the key that it knows.
  func options() -> SSHOptions {
    var options = SSHOptions()
    options.configurationFile = "none"
    options.user = "root"
    options.port = port
    options.identityFile = "\(directory)/id"
    options.knownHostsFile = "\(directory)/known_hosts"
    options.acceptsNewHostKeys = true
    options.attempts = 1
    options.connectTimeout = .seconds(10)
    return options
  }

  func connect(
    as user: String? = nil, change: (inout SSHOptions) -> Void = { _ in }
  ) throws -> SSHConnection {
    var options = options()
    change(&options)
    let target = try SSHTarget(user.map { "\($0)@127.0.0.1" } ?? "127.0.0.1")
    return try SSHConnection.connect(target, options)
  }

  private func awaitPort() throws {
    let deadline = monotonicTime() + .seconds(10)
    while monotonicTime() < deadline {
      if isListening(port) { return }
      usleep(5_000)
    }
    throw SystemCallError("sshd does not listen: \(log)", number: ETIMEDOUT)
  }
}

extension TestServer {
  private static func launch(_ directory: String) throws -> (process: Int32, input: Int32) {
    let inside = """
      set -e
      mount -t tmpfs tmpfs /run
      mkdir /run/sshd
      for file in passwd shadow sudoers; do mount --bind \(directory)/$file /etc/$file; done
      mkdir \(directory)/full
      mount -t tmpfs -o size=256k tmpfs \(directory)/full
      /usr/sbin/sshd -D -e -f \(directory)/sshd_config 2>\(directory)/log &
      cat >/dev/null
      """
    let outside = """
      unshare --pid --fork --mount --mount-proc sh -c "$0" 2>\(directory)/setup.log
      rm -rf \(directory)
      """
    let pipe = try Pipe(capacity: 4_096)
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer {
      close(null)
      close(pipe.readEnd)
    }
    let program = Program(
      path: "/bin/sh", arguments: ["sh", "-c", outside, inside],
      environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], directory: "/")
    let process = try program.spawn(
      descriptors: [(pipe.readEnd, 0), (null, 1), (null, 2)], closingFrom: 3)
    return (process, pipe.writeEnd)
  }

  private static func writeUsers(_ directory: String) throws {
    func contents(_ path: String) throws -> String {
      String(decoding: try #require(bytes(ofFile: path)), as: UTF8.self)
    }
    mkdir("\(directory)/home", 0o777)
    chmod("\(directory)/home", 0o777)
    let users = [user, stranger]
    let hash =
      "$6$shrikesalt$EliiLNi4/Q.GC6lqfqMQLEvOMZBwFUZ3oY56FhnB/f4JLLcyEUm7ErUPxNLLHWKweW2JJZNL1k.bMCsX1SqC11"
    // A login shell of the machine's root would read the machine's settings.
    let others = try contents("/etc/passwd").split(separator: "\n").filter {
      !$0.hasPrefix("root:")
    }
    try save(
      "root:x:0:0:root:\(directory)/home:/bin/sh\n"
        + others.map { $0 + "\n" }.joined()
        + users.enumerated().map { number, name in
          "\(name):x:\(47_110 + number):65534::\(directory)/home:/bin/sh\n"
        }.joined(), "\(directory)/passwd")
    try save(
      contents("/etc/shadow") + users.map { "\($0):\(hash):19000:0:99999:7:::\n" }.joined(),
      "\(directory)/shadow")
    chmod("\(directory)/shadow", 0o640)
    try save(
      """
      root ALL=(ALL:ALL) ALL
      \(user) ALL=(ALL:ALL) ALL

      """, "\(directory)/sudoers")
    chmod("\(directory)/sudoers", 0o440)
  }
}

func save(_ text: String, _ path: String) throws {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { throw SystemCallError("can't write \(path)") }
  defer { close(descriptor) }
  let bytes = Array(text.utf8)
  guard write(descriptor, bytes, bytes.count) == bytes.count else {
    throw SystemCallError("can't write \(path)")
  }
}

/// Runs a tool of the machine to its end.
@discardableResult
func runTool(_ words: [String], environment: [String] = []) throws -> Int32 {
  let null = open("/dev/null", O_RDWR | O_CLOEXEC)
  defer { close(null) }
  let process = try Program(
    path: words[0], arguments: words,
    environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"] + environment, directory: "/"
  ).spawn(descriptors: [(null, 0), (null, 1), (null, 2)], closingFrom: 3)
  var status: Int32 = 0
  waitpid(process, &status, 0)
  return status
}

func makeKey(_ kind: String, at path: String, passphrase: String = "") throws {
  let status = try runTool([
    "/usr/bin/ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "test-\(kind)", "-f", path,
  ])
  guard status == 0 else { throw SystemCallError("ssh-keygen: status \(status)", number: EINVAL) }
}

private func canUnshare() -> Bool {
  (try? runTool(["/usr/bin/unshare", "--pid", "--fork", "--mount", "--mount-proc", "true"])) == 0
}

/// A port on which nothing listens.
func freePort() throws -> Int {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  defer { close(descriptor) }
  var address = loopback(0)
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  return try withUnsafeMutablePointer(to: &address) { address in
    try address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
      guard bind(descriptor, address, size) == 0, getsockname(descriptor, address, &size) == 0
      else { throw SystemCallError("no free port") }
    }
    return Int(UInt16(bigEndian: address.pointee.sin_port))
  }
}

func loopback(_ port: Int) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = UInt16(port).bigEndian
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  return address
}

private func isListening(_ port: Int) -> Bool {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  defer { close(descriptor) }
  var address = loopback(port)
  return withUnsafePointer(to: &address) { address in
    address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
  }
}
