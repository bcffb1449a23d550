import Glibc
import Processes
import Values

/// Installs Debian's packages where programs that a system needs are missing.
struct PackageInstallation {
  var packages: [String]
  var programs: [String]

  /// Installs them where `isRoot` by running apt-get with `run`.
  ///
  /// - Parameters:
  ///   - missing: Which of some programs are not there.
  ///   - run: Runs a program to its end and returns what it printed.
  /// - Throws: When a program is still missing afterwards, with what the package manager said.
  func install(
    isRoot: Bool, missing: ([String]) throws(HostError) -> [String],
    run: ([String]) throws(HostError) -> [String]
  ) throws(HostError) {
    guard let first = try missing(programs).first else { return }
    guard !packages.isEmpty else { throw .noTool(first) }
    guard isRoot else {
      throw .packages(packages, "\(first) is missing, and only root can install it")
    }
    guard try missing(["apt-get"]).isEmpty else {
      throw .packages(packages, "\(first) is missing, and there is no apt-get here")
    }
    let words = [
      "apt-get", "-o", "DPkg::Lock::Timeout=60", "install", "-y", "-qq", "--no-install-recommends",
    ]
    let said = try run(words + packages)
    guard let missing = try missing(programs).first else { return }
    let last = said.filter { $0.hasPrefix("E:") }.last ?? said.last ?? "it said nothing"
    throw .packages(packages, "\(missing) is still missing; \(last)")
  }

  /// What apt-get must not ask for.
  private static let environment = ["DEBIAN_FRONTEND=noninteractive"]

  /// Installs them on this machine.
  func run() throws(HostError) {
    try install(
      isRoot: geteuid() == 0, missing: { $0.filter { findProgram($0) == nil } },
      run: { PackageInstallation.run($0) })
  }

  /// Installs them on a host.
  func run(on agent: AgentConnection) throws(HostError) {
    try install(
      isRoot: true, missing: { (names) throws(HostError) in try agent.missing(names) },
      run: { (words) throws(HostError) in
        let tool = try agent.begin(words, environment: PackageInstallation.environment)
        let result = try agent.end(tool, within: .seconds(600))
        return result.output + result.errorOutput
      })
  }

  /// Runs a program to its end.
  ///
  /// - Returns: What it printed.
  private static func run(_ words: [String]) -> [String] {
    guard let pipe = try? Pipe(capacity: 0) else { return [] }
    defer { close(pipe.readEnd) }
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    let output = fcntl(pipe.writeEnd, F_DUPFD_CLOEXEC, 3)
    let input = fcntl(null, F_DUPFD_CLOEXEC, 3)
    close(pipe.writeEnd)
    let environment = inheritedEnvironment(changing: PackageInstallation.environment)
    guard let path = findProgram(words[0]) else { return [] }
    let program = Program(
      path: path, arguments: words, environment: environment, directory: "/")
    let process = try? program.start(
      Program.Surroundings(
        descriptors: [(input, 0), (output, 1), (output, 2)], closingFrom: 3))
    close(output)
    close(input)
    guard let process else { return [] }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while case let count = read(pipe.readEnd, &chunk, chunk.count), count > 0 {
      bytes += chunk[..<count]
    }
    waitpid(process, nil, 0)
    return bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
  }
}
