import Glibc
import ProcessClocks
import Processes
import Values

/// What it costs a process that its wall clock is wrong.
enum ClockBench {
  /// The name by which this program is told to read its clock.
  static let rowName = "clock"

  private static let readingCount = 1_000_000
  private static let changeCount = 1_000

  /// Nothing where clocks can't be changed.
  static func all() throws -> [Measurement] {
    if let problem = ProcessClocks.problem {
      print("clocks: skipped, \(problem)")
      return []
    }
    let clocks: ProcessClocks
    do throws(ClockProblem) { clocks = try ProcessClocks() } catch {
      throw BenchError(error.reason)
    }
    let reader = try ClockReader()
    let before = try reader.nanosecondsPerReading()
    var clock = ClockMapping()
    clock.setDrift(100_000_000, at: wallTime())
    clock.setStrobe(by: .seconds(1), period: .milliseconds(10), at: wallTime())
    guard clocks.set(clock, of: [reader.pid]).count == 1 else {
      throw BenchError("the clock of a process could not be changed")
    }
    let after = try reader.nanosecondsPerReading()
    let began = monotonicTime()
    for number in 0..<changeCount {
      clock.setOffset(.seconds(Int64(number)), at: wallTime())
      _ = clocks.set(clock, of: [reader.pid])
    }
    let change = Double(monotonicTime() - began) / Double(changeCount) / 1_000
    return [
      Measurement(
        what: "a reading of a clock that is wrong, right ones \(Int(before.rounded())) ns",
        figure: after, unit: "ns", must: 500, stretch: 250),
      Measurement(
        what: "a change of a process's clock, seen and read back", figure: change, unit: "us",
        must: 500, stretch: 100),
    ]
  }

  /// Is the process that reads its clock, as often as it is told to.
  static func read() {
    while readLine() != nil {
      var time = timespec()
      let began = monotonicTime()
      for _ in 0..<readingCount { clock_gettime(CLOCK_REALTIME, &time) }
      let text = "\(Double(monotonicTime() - began) / Double(readingCount))\n"
      let bytes = Array(text.utf8)
      _ = write(STDOUT_FILENO, bytes, bytes.count)
    }
  }
}

/// A process that reads its clock; gone with this value.
private final class ClockReader {
  let pid: pid_t
  private let input: Pipe
  private let output: Pipe

  init() throws {
    input = try Pipe(capacity: 0)
    output = try Pipe(capacity: 0)
    let program = Program(
      path: ownExecutable, arguments: [ownExecutable, "bench", "--row", ClockBench.rowName],
      environment: inheritedEnvironment(), directory: nil)
    // Copied beyond the targets.
    let ends = [input.readEnd, output.writeEnd].map { fcntl($0, F_DUPFD_CLOEXEC, 3) }
    defer { for end in ends { close(end) } }
    pid = try program.spawn(descriptors: [(ends[0], 0), (ends[1], 1)], closingFrom: 3)
  }

  deinit {
    for end in [input.readEnd, input.writeEnd, output.readEnd, output.writeEnd] { close(end) }
    kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
  }

  /// The best of three.
  func nanosecondsPerReading() throws -> Double {
    var best = Double.infinity
    for _ in 0..<3 {
      _ = write(input.writeEnd, "\n", 1)
      var answer = [UInt8](repeating: 0, count: 64)
      let count = read(output.readEnd, &answer, answer.count)
      let text = String(decoding: answer.prefix(max(0, count)), as: UTF8.self).dropLast()
      guard let figure = Double(text) else { throw BenchError("no reading of a clock: \(text)") }
      best = min(best, figure)
    }
    return best
  }
}
