import CProcess
import Disks
import Glibc
import Processes
import Values

/// What it costs a program that its syncs wait for an answer.
enum SyncBench {
  /// The name of the row that makes syncs and prints how long one takes.
  static let row = "syncs"
  static let count = 20_000

  static func all() throws -> [Measurement] {
    if let problem = SyncWatch.problem {
      print("a watched sync: skipped, \(problem)")
      return []
    }
    // A sync does nothing there, so that its answer is all that takes time.
    let memory = "/dev/shm"
    let scratch = try ScratchDirectory(
      "shrike-bench", in: access(memory, W_OK) == 0 ? memory : nil)
    guard let directory = canonicalPath(scratch.path) else { return [] }
    let watch = try SyncWatch(below: directory) { _ in }
    defer { watch.end() }
    let plain = try microseconds(in: directory, watch: nil)
    let watched = try microseconds(in: directory, watch: watch)
    guard watch.tally.seen == count else {
      throw BenchError("\(watch.tally.seen) of \(count) syncs were seen")
    }
    return [
      Measurement(
        what: "microseconds that a sync takes longer when it is watched",
        figure: watched - plain, unit: "us", must: 200, stretch: 50)
    ]
  }

  /// Has a program of its own make syncs.
  ///
  /// - Returns: How long one takes.
  private static func microseconds(in directory: String, watch: SyncWatch?) throws -> Double {
    let output = try Pipe(capacity: 0)
    defer { close(output.readEnd) }
    // Copied beyond the targets.
    let copies = [STDIN_FILENO, output.writeEnd, STDERR_FILENO].map {
      fcntl($0, F_DUPFD_CLOEXEC, 3)
    }
    close(output.writeEnd)
    var surroundings = Program.Surroundings(
      descriptors: copies.enumerated().map { ($1, Int32($0)) }, closingFrom: 3)
    if let watch {
      surroundings.watchedCalls = SyncWatch.calls
      surroundings.takeListener = watch.add
    }
    let program = Program(
      path: ownExecutable,
      arguments: ["shrike", "bench", "--row", row, "--write", "\(directory)/file"],
      environment: inheritedEnvironment(), directory: nil)
    let child = try program.start(surroundings)
    for copy in copies { close(copy) }
    var text = [UInt8](repeating: 0, count: 64)
    let length = read(output.readEnd, &text, text.count)
    waitpid(child, nil, 0)
    let line = String(decoding: text.prefix(max(0, length)), as: UTF8.self)
    guard let figure = Double(line.filter { $0 != "\n" }) else {
      throw BenchError("a program that makes syncs said \"\(line)\"")
    }
    return figure
  }

  /// Makes syncs of a file, and prints how many microseconds one takes.
  static func printSample(path: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw SystemCallError("can't open \(path)") }
    defer { close(file) }
    let began = monotonicTime()
    for _ in 0..<count {
      guard fsync(file) == 0 else { throw SystemCallError("can't sync \(path)") }
    }
    print(Double(monotonicTime() - began) / 1e3 / Double(count))
  }
}
