import CProcess
import Glibc
import Processes
import Values

/// A program that is run for what it prints, beside whatever else is done.
final class Helper {
  private let pid: pid_t
  private let output: Int32
  private var isWaitedFor = false

  /// - Parameter user: Whom it runs as; nothing for whoever we are.
  init(_ words: [String], path: String, user: String? = nil) throws {
    let pipe = try Pipe(capacity: 0)
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    // Copied beyond the targets.
    let copies = [null, pipe.writeEnd, pipe.writeEnd].map { fcntl($0, F_DUPFD_CLOEXEC, 3) }
    close(null)
    close(pipe.writeEnd)
    defer { for copy in copies { close(copy) } }
    var surroundings = Program.Surroundings(
      descriptors: copies.enumerated().map { ($1, Int32($0)) }, closingFrom: 3)
    surroundings.user = user
    let program = Program(
      path: path, arguments: words, environment: inheritedEnvironment(), directory: "/")
    do throws(SpawnError) {
      pid = try program.start(surroundings)
    } catch {
      close(pipe.readEnd)
      throw SystemCallError("can't start \(words[0])", number: error.number)
    }
    output = pipe.readEnd
  }

  deinit {
    guard !isWaitedFor else { return }
    kill(-pid, SIGKILL)
    waitpid(pid, nil, 0)
    close(output)
  }

  /// Waits until it has ended, and kills it when the time is over.
  ///
  /// - Returns: The lines that it printed, and how it ended; nothing where it did not end by itself.
  func finish(within time: Nanoseconds) -> (lines: [String], status: ExitStatus?) {
    var printed: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    let deadline = monotonicTime() + time
    var isOver = false
    while !isOver {
      guard process_await_readable(output, max(0, deadline - monotonicTime())) > 0 else { break }
      let count = read(output, &chunk, chunk.count)
      if count > 0 { printed += chunk[..<count] }
      isOver = count == 0 || (count < 0 && errno != EINTR)
    }
    close(output)
    if !isOver { kill(-pid, SIGKILL) }
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    isWaitedFor = true
    let lines = printed.split(separator: UInt8(ascii: "\n"))
      .map { String(decoding: $0, as: UTF8.self) }
    return (lines, isOver ? ExitStatus(waitStatus: status) : nil)
  }
}
