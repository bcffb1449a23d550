import Glibc
import Processes
import Values

/// The words of the `ssh` program for one host.
struct ProgramCommand: Sendable {
  /// What the holding command says when it runs.
  static let ready = "shrike-is-connected"

  let name: String
  let user: String
  let controlPath: String
  /// How long connecting may take.
  let patience: Nanoseconds
  private let program: String
  private let host: String
  private let options: [String]

  init(_ target: SSHTarget, _ options: SSHOptions) throws(SSHError) {
    guard let program = ProgramCommand.find("ssh") else { throw .noProgram("ssh") }
    self.program = program
    name = target.text
    host = target.host
    let surroundings = UserSurroundings.ofThisProcess()
    let settings = try SSHConfiguration.read(options.configurationFile, surroundings)
      .settings(for: target.host)
    var words: [String] = []
    if let file = options.configurationFile { words += ["-F", file] }
    let chosenUser = target.user ?? (settings.user == nil ? options.user : nil)
    user = chosenUser ?? settings.user ?? surroundings.user
    if let chosenUser { words += ["-l", chosenUser] }
    if let port = target.port ?? (settings.port == nil ? options.port : nil) {
      words += ["-p", "\(port)"]
    }
    if let identity = options.identityFile {
      words += ["-i", identity, "-o", "IdentitiesOnly=yes"]
    }
    if let file = options.knownHostsFile {
      words += ["-o", "UserKnownHostsFile=\"\(file)\"", "-o", "GlobalKnownHostsFile=/dev/null"]
    }
    let accepts = options.acceptsNewHostKeys || settings.strictHostKeyChecking == "accept-new"
    let time = options.connectTimeout ?? settings.connectTimeout ?? .seconds(10)
    patience = 2 * time
    let interval =
      options.keepAliveInterval ?? settings.serverAliveInterval.flatMap { $0 > 0 ? $0 : nil }
      ?? .seconds(5)
    words += [
      "StrictHostKeyChecking=\(accepts ? "accept-new" : "yes")",
      "ConnectTimeout=\(max(1, time / .seconds(1)))",
      "ServerAliveInterval=\(max(1, interval / .seconds(1)))",
      "ServerAliveCountMax=\(options.keepAliveCount ?? settings.serverAliveCountMax ?? 3)",
      "ClearAllForwardings=yes", "ForwardAgent=no", "ForwardX11=no", "PermitLocalCommand=no",
      "RequestTTY=no", "EscapeChar=none", "ControlPersist=no", "NumberOfPasswordPrompts=1",
    ].flatMap { ["-o", $0] }
    self.options = words
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    controlPath = "\(folder)/shrike-ssh-\(getpid())-\(monotonicTime())"
  }

  /// The command that holds the connection: at the end of its input it ends sshd's process for it, and with
  /// that all that runs over it.
  private static let holding = "echo \(ready); cat >/dev/null; kill $PPID"

  /// The process that has the connection, which lives as long as its input has no end.
  func masterWords(asks: Bool) -> [String] {
    [
      program, "-S", controlPath, "-o", "ControlMaster=yes", "-o",
      "BatchMode=\(asks ? "no" : "yes")", "-o", "LogLevel=DEBUG1",
    ] + options + ["-T", "--", host, ProgramCommand.holding]
  }

  /// A process that runs a command over the connection, and never makes one of its own.
  func words(_ line: String) -> [String] {
    [
      program, "-S", controlPath, "-o", "ControlMaster=no", "-o", "ProxyCommand=false", "-o",
      "LogLevel=ERROR",
    ] + options + ["-T", "--", host, line + "\nexit $?"]
  }

  func spawn(
    _ words: [String], environment: [String], descriptors: [(source: Int32, target: Int32)]
  ) throws(SSHError) -> Int32 {
    let program = Program(path: program, arguments: words, environment: environment, directory: "/")
    do throws(SpawnError) {
      return try program.spawn(descriptors: descriptors, closingFrom: 3)
    } catch {
      throw .transport(name, error.explanation(self.program))
    }
  }

  private static func find(_ name: String) -> String? {
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    return path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }
}

/// A program that tells `ssh` what it asks for, out of its environment; removed with this value.
final class AskPass {
  private let path: String
  let environment: [String]

  /// - Returns: Nothing where there is nothing to tell.
  init?(_ secrets: SSHSecrets, _ host: String) throws(SSHError) {
    guard secrets.password != nil || secrets.passphrase != nil else { return nil }
    let script = """
      #!/bin/sh
      case "$1" in
      *assphrase*) printf '%s\\n' "$SHRIKE_SSH_PASSPHRASE" ;;
      *) printf '%s\\n' "$SHRIKE_SSH_PASSWORD" ;;
      esac

      """
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    path = "\(folder)/shrike-askpass-\(getpid())-\(monotonicTime())"
    environment = [
      "SSH_ASKPASS=\(path)", "SSH_ASKPASS_REQUIRE=force",
      "SHRIKE_SSH_PASSWORD=\(secrets.password ?? "")",
      "SHRIKE_SSH_PASSPHRASE=\(secrets.passphrase ?? "")",
    ]
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o700)
    guard descriptor >= 0 else { throw .file(path, errorText(errno)) }
    let bytes = Array(script.utf8)
    let count = write(descriptor, bytes, bytes.count)
    Glibc.close(descriptor)
    guard count == bytes.count else { throw .file(path, "can't be written") }
  }

  deinit { unlink(path) }
}
