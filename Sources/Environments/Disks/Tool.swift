import Glibc
import Processes

/// Programs that are run to their end.
enum Tool {
  static func run(
    _ words: [String], accepting codes: ClosedRange<Int32> = 0...0
  ) throws(DiskFailure) {
    guard let path = findProgram(words[0]) else { throw DiskFailure("there is no \(words[0])") }
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    let program = Program(
      path: path, arguments: words, environment: inheritedEnvironment(), directory: "/")
    let pid: pid_t
    let descriptors: [(source: Int32, target: Int32)] = [(null, 0), (null, 1), (STDERR_FILENO, 2)]
    do throws(SpawnError) {
      pid = try program.start(.init(descriptors: descriptors, closingFrom: 3))
    } catch {
      throw DiskFailure(error.explanation(path))
    }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    let end = ExitStatus(waitStatus: status)
    guard case .exited(let code) = end, codes.contains(code) else {
      throw DiskFailure("\(words.joined(separator: " ")): \(end)")
    }
  }
}
