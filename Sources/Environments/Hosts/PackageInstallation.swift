import Glibc
import Processes

/// Installs Debian's packages where programs that a system needs are missing.
struct PackageInstallation {
  var packages: [String]
  var programs: [String]

  /// - Throws: When a program is still missing afterwards, with what the package manager said.
  func run() throws(HostError) {
    let missing = programs.filter { findProgram($0) == nil }
    guard let first = missing.first else { return }
    guard !packages.isEmpty else { throw .noTool(first) }
    guard geteuid() == 0 else {
      throw .packages(packages, "\(first) is missing, and only root can install it")
    }
    guard let path = findProgram("apt-get") else {
      throw .packages(packages, "\(first) is missing, and there is no apt-get here")
    }
    let words = [
      path, "-o", "DPkg::Lock::Timeout=60", "install", "-y", "-qq", "--no-install-recommends",
    ]
    let said = PackageInstallation.run(words + packages)
    guard let missing = programs.first(where: { findProgram($0) == nil }) else { return }
    let last = said.filter { $0.hasPrefix("E:") }.last ?? said.last ?? "it said nothing"
    throw .packages(packages, "\(missing) is still missing; \(last)")
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
    let environment = inheritedEnvironment() + ["DEBIAN_FRONTEND=noninteractive"]
    let program = Program(
      path: words[0], arguments: words, environment: environment, directory: "/")
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
