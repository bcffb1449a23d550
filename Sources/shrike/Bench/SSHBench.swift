import Glibc
import Processes
import SSHHosts
import Values

/// How many commands a second one SSH connection runs, to an sshd of its own on loopback.
enum SSHBench {
  static let commandCount = 200

  /// Why there is nothing to measure.
  struct Skipped: Error, CustomStringConvertible {
    var description: String
  }

  static func commands() throws -> Measurement {
    let server = try LoopbackServer()
    defer { server.stop() }
    let host = try server.connect()
    defer { host.close() }
    let began = monotonicSeconds()
    for _ in 0..<commandCount { try host.run(["true"]).checked() }
    let seconds = monotonicSeconds() - began
    return Measurement(
      what: "commands a second over one SSH connection", figure: Double(commandCount) / seconds,
      unit: "/s", must: 20, stretch: 150)
  }

  /// An sshd that ends with this process, in namespaces of its own with a plain shell for root.
  private struct LoopbackServer {
    private let directory: String
    private let scratch: ScratchDirectory
    private let process: Int32
    private let input: Int32
    private static let port = 22_022

    private static let script = """
      cd "$1" && mount -t tmpfs tmpfs /run && mkdir /run/sshd
      ssh-keygen -q -t ed25519 -N '' -f host && ssh-keygen -q -t ed25519 -N '' -f key
      sed "s#^root:.*#root:x:0:0:root:$1:/bin/sh#" /etc/passwd >passwd
      mount --bind passwd /etc/passwd
      printf '%s\\n' 'ListenAddress 127.0.0.1' "Port $2" "HostKey $1/host" 'PidFile none' \\
        "AuthorizedKeysFile $1/key.pub" 'StrictModes no' 'UsePAM no' 'UseDNS no' \\
        'PermitRootLogin prohibit-password' >sshd_config
      /usr/sbin/sshd -D -f "$1/sshd_config" 2>/dev/null &
      cat >/dev/null
      """

    init() throws {
      guard geteuid() == 0 else { throw Skipped(description: "its sshd needs root") }
      guard access("/usr/sbin/sshd", X_OK) == 0 else {
        throw Skipped(description: "there is no sshd: apt-get install openssh-server")
      }
      scratch = try ScratchDirectory("shrike-bench-ssh")
      directory = scratch.path
      let pipe = try Pipe(capacity: 4_096)
      let null = open("/dev/null", O_RDWR | O_CLOEXEC)
      defer {
        close(null)
        close(pipe.readEnd)
      }
      input = pipe.writeEnd
      process = try Program(
        path: "/usr/bin/unshare",
        arguments: [
          "unshare", "--pid", "--fork", "--mount", "--mount-proc", "sh", "-c",
          LoopbackServer.script, "sh", directory, "\(LoopbackServer.port)",
        ], environment: inheritedEnvironment(), directory: "/"
      ).spawn(descriptors: [(pipe.readEnd, 0), (null, 1), (null, 2)], closingFrom: 3)
    }

    func connect() throws -> SSHConnection {
      var options = SSHOptions()
      options.configurationFile = "none"
      options.identityFile = "\(directory)/key"
      options.knownHostsFile = "\(directory)/known_hosts"
      options.acceptsNewHostKeys = true
      options.attempts = 8
      do {
        return try SSHConnection.connect(
          SSHTarget("root@127.0.0.1:\(LoopbackServer.port)"), options)
      } catch SSHError.noLibrary(let problem) {
        throw Skipped(description: "\(problem): apt-get install libssh2-1")
      }
    }

    func stop() {
      close(input)
      var status: Int32 = 0
      waitpid(process, &status, 0)
    }
  }
}
