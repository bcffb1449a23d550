import Glibc
import Hosts
import Processes
import SSHHosts
import Synchronization

/// Brings what a run needs to machines, each in a thread of its own.
final class Arrival: Sendable {
  /// A machine that was reached.
  struct Machine: Sendable {
    var name: String
    var target: SSHTarget
    var connection: SSHConnection
    /// The program of agents there.
    var program: String
    var address: String
  }

  private let settings: RemoteMachines.Settings
  /// The run's directory on each machine.
  private let base: String
  /// The program that is uploaded, from when it is needed.
  private let luggage = Mutex<Luggage?>(nil)

  init(_ settings: RemoteMachines.Settings, base: String) {
    self.settings = settings
    self.base = base
  }

  /// Connects to a machine, and brings there what is needed.
  func reach(_ name: String, _ place: (target: SSHTarget, address: String?)) throws -> Machine {
    let connection = try SSHConnection.connect(place.target, settings.options)
    do {
      let (program, own) = try furnish(connection, name)
      let address = place.address ?? own
      var number = in_addr()
      guard inet_pton(AF_INET, address, &number) == 1 else {
        throw HostError.machines(
          "host \(name): \(address) is no IPv4 address; name one by which the others reach it: "
            + "\(place.target.text)=10.0.0.1")
      }
      return Machine(
        name: name, target: place.target, connection: connection, program: program,
        address: address)
    } catch {
      leave(connection, name)
      connection.close()
      throw error
    }
  }

  /// Brings the program and the run's directory to a machine.
  ///
  /// - Returns: The program there, and the address of the machine's SSH server.
  private func furnish(
    _ connection: SSHConnection, _ name: String
  ) throws -> (program: String, address: String) {
    let script =
      "umask 022; cd && mkdir -p .cache/shrike $0 && cd .cache/shrike && ln -sfn \"$PWD/$1\" $0/shrike"
      + " && pwd && echo \"$SSH_CONNECTION\""
      // The date of a program tells when it was last wanted.
      + " && if test -x $1; then touch -c $1 2> /dev/null; echo there; fi && \(Arrival.tidying)"
    let result = try connection.run(["sh", "-c", script, base, settings.programName])
      .checked()
    guard let answer = FurnishedPlace(result.text) else {
      throw HostError.machines("host \(name): its SSH server does not set SSH_CONNECTION")
    }
    let program = "\(answer.directory)/\(settings.programName)"
    if !answer.hasProgram {
      // Another run may bring it at the same time, and one that has it already starts it.
      let part = "\(program).\(String(UInt64.random(in: 0...UInt64.max), radix: 16))"
      try connection.upload(uploadedProgram(), to: part, mode: 0o755)
      try connection.run(["mv", "-f", part, program]).checked()
    }
    let trial = try connection.run([program, "relay", "--help"])
    guard trial.succeeded else {
      let said =
        String(decoding: trial.errorOutput, as: UTF8.self)
        .split(separator: "\n").last.map(String.init) ?? "\(trial.status)"
      throw HostError.machines(
        "host \(name): shrike was uploaded and can't run there: \(said); build one that needs no "
          + "libraries of Swift: swift build -c release --static-swift-stdlib")
    }
    return (program, answer.address)
  }

  /// Removes what uploads that were broken off have left for a day, and programs that nobody has wanted
  /// for a month.
  private static let tidying =
    "{ find . -type f \\( -name 'shrike-*.*' -mtime +0 -o -name 'shrike-*' -mtime +29 \\)"
    + " -exec rm -f {} + > /dev/null 2>&1 || :; }"

  /// Forgets the program that is uploaded; what it takes on this machine's disk would stay where this
  /// process ends at once.
  func unpack() { luggage.withLock { $0 = nil } }

  private func uploadedProgram() -> String {
    luggage.withLock { luggage in
      let packed = luggage ?? Luggage(settings.program)
      luggage = packed
      return packed.path
    }
  }

  /// Removes what is on a machine for this run.
  func leave(_ connection: SSHConnection, _ name: String) {
    do {
      try connection.run(["rm", "-rf", base], asRoot: settings.asRoot).checked()
    } catch {
      warn("host \(name): \(base) stays there: \(error)")
    }
  }
}

/// What a machine answers that was furnished.
package struct FurnishedPlace: Hashable {
  /// Where programs are.
  package var directory: String
  /// That of the machine's SSH server.
  package var address: String
  package var hasProgram: Bool

  /// - Parameter text: The directory, what the SSH server says of the connection, and `there`, a line each.
  package init?(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    // The client's address and port, then the server's.
    let ends = lines.count > 1 ? lines[1].split(separator: " ").map(String.init) : []
    guard ends.count == 4, lines[0].hasPrefix("/") else { return nil }
    directory = lines[0]
    address = ends[2]
    hasProgram = lines.count > 2 && lines[2] == "there"
  }
}

/// The program as it travels: without what only debuggers read, which is most of it, where this machine
/// has a tool for that.
private struct Luggage: @unchecked Sendable {
  // The directory is only removed, with the last copy.
  let path: String
  private let directory: ScratchDirectory?

  init(_ program: String) {
    if let directory = try? ScratchDirectory("shrike-upload-\(getpid())"),
      (try? Tool.strip(program, to: "\(directory.path)/shrike")) == true
    {
      self.directory = directory
      path = "\(directory.path)/shrike"
    } else {
      directory = nil
      path = program
    }
  }
}

private enum Tool {
  /// - Returns: Whether there is a copy.
  static func strip(_ program: String, to copy: String) throws -> Bool {
    guard let strip = findProgram("strip") else { return false }
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    let process = try Program(
      path: strip, arguments: ["strip", "-o", copy, program], environment: inheritedEnvironment(),
      directory: "/"
    ).spawn(descriptors: [(null, 0), (null, 1), (null, 2)], closingFrom: 3)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status == 0 && access(copy, R_OK) == 0
  }
}
