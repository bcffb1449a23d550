import CProcess
import Disks
import Glibc
import Processes
import Synchronization
import Testing
import Values

/// Runs programs whose calls a rule answers, below a directory of their own.
struct WatchedPrograms {
  let directory: ScratchDirectory
  /// The directory that is watched; `other` beside it is not.
  let data: String

  /// What a program has gone through.
  struct Course {
    /// The lines that it printed.
    var said: [String]
    var tally: DiskWatch.Tally
    var crashes: Int
  }

  init() throws {
    directory = try ScratchDirectory("shrike-watched")
    data = try #require(canonicalPath(directory.path)) + "/data"
    try makeDirectories(data)
  }

  /// Runs a program to its end under a rule.
  ///
  /// - Parameters:
  ///   - meanwhile: What is done while it runs, if anything.
  ///   - program: Its name and words; the directory and a file beside it follow them.
  func run(
    _ rule: DiskWatch.Rule, watching effects: DiskWatch.Effects, seed: UInt64 = 0,
    user: String? = nil, meanwhile: (DiskWatch) -> Void = { _ in }, _ program: [String]
  ) throws -> Course {
    let crashes = Atomic(0)
    let watch = try DiskWatch(below: data) { thread in
      crashes.add(1, ordering: .relaxed)
      kill(-getpgid(thread), SIGKILL)
    }
    defer { watch.end() }
    watch.follow(rule, Draws(seed: seed))
    let output = try Pipe(capacity: 0)
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    let copies = [null, output.writeEnd, STDERR_FILENO].map { fcntl($0, F_DUPFD_CLOEXEC, 3) }
    close(output.writeEnd)
    var surroundings = Program.Surroundings(
      descriptors: copies.enumerated().map { ($1, Int32($0)) }, closingFrom: 3)
    surroundings.watchedCalls = effects.calls
    surroundings.takeListener = watch.add
    surroundings.user = user
    let path = try #require(findProgram(program[0]))
    let pid = try Program(
      path: path, arguments: program + [data, "\(directory.path)/other"],
      environment: inheritedEnvironment(), directory: "/"
    ).start(surroundings)
    for copy in copies { close(copy) }
    meanwhile(watch)
    var printed: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while true {
      if process_await_readable(output.readEnd, .seconds(20)) == 0 {
        Issue.record("the program says nothing any more")
        kill(-pid, SIGKILL)
      }
      let count = read(output.readEnd, &chunk, chunk.count)
      guard count > 0 else { break }
      printed += chunk[..<count]
    }
    close(output.readEnd)
    waitpid(pid, nil, 0)
    let said = String(decoding: printed, as: UTF8.self).split(separator: "\n").map(String.init)
    return Course(
      said: said, tally: watch.follow(.pass, Draws(seed: 0)),
      crashes: crashes.load(ordering: .relaxed))
  }

  /// Makes a static binary of a program in C.
  ///
  /// - Returns: Its path.
  func compile(_ source: String) throws -> String {
    let path = "\(directory.path)/program"
    let compiler = try #require(popen("gcc -static -pthread -x c - -o \(path)", "w"))
    fputs(source, compiler)
    try #require(pclose(compiler) == 0)
    return path
  }
}
