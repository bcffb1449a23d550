import Glibc
import ProcessClocks
import Processes

/// The program that reads clocks, beside this test's.
let fixtureProgram: String = {
  let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") }
  let path = bundle ?? canonicalPath("/proc/self/exe") ?? ""
  return path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    .joined(separator: "/") + "/ProcessClocksFixture"
}()

/// A process whose clock is changed; it is gone with this value.
final class Target {
  let pid: pid_t
  private let input: Int32
  private let output: Int32
  private var unread: [UInt8] = []

  /// What it read, and the right time before and after.
  struct Reading {
    var before: Int64
    var shown: Int64
    var after: Int64

    /// Whether it is what a clock shows at some moment between; it must not run backward.
    func agrees(with mapping: ClockMapping, tolerance: Int64 = 0) -> Bool {
      mapping.shown(at: before) - tolerance...mapping.shown(at: after) ~= shown
    }
  }

  convenience init(_ arguments: [String] = []) throws {
    try self.init(program: fixtureProgram, arguments: [fixtureProgram] + arguments)
  }

  init(program: String, arguments: [String]) throws {
    let (input, output) = (try Pipe(capacity: 0), try Pipe(capacity: 0))
    let program = Program(
      path: program, arguments: arguments, environment: inheritedEnvironment(), directory: "/")
    // Copied beyond the targets.
    let ends = [input.readEnd, output.writeEnd].map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
    pid = try program.spawn(descriptors: [(ends[0], 0), (ends[1], 1)], closingFrom: 3)
    for descriptor in ends + [input.readEnd, output.writeEnd] { close(descriptor) }
    self.input = input.writeEnd
    self.output = output.readEnd
  }

  deinit {
    close(input)
    close(output)
    kill(-pid, SIGKILL)
    waitpid(pid, nil, 0)
  }

  func write(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = Glibc.write(input, bytes, bytes.count)
  }

  /// The next line that it prints; empty where it has ended.
  func line() -> String {
    while !unread.contains(UInt8(ascii: "\n")) {
      var chunk = [UInt8](repeating: 0, count: 4_096)
      let count = Glibc.read(output, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return "" }
      unread += chunk[..<count]
    }
    let line = unread.prefix { $0 != UInt8(ascii: "\n") }
    unread.removeFirst(line.count + 1)
    return String(decoding: line, as: UTF8.self)
  }

  func ask(_ question: String) -> String {
    write(question)
    return line()
  }

  func reading(_ clock: String) -> Reading {
    let numbers = ask(clock).split(separator: " ").compactMap { Int64($0) }
    guard numbers.count == 3 else { return Reading(before: 0, shown: -1, after: 0) }
    return Reading(before: numbers[0], shown: numbers[1], after: numbers[2])
  }
}

/// Why clocks can't be changed here; nothing where they can.
let clockProblem = ProcessClocks.problem
