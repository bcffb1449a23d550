import CProcess
import Disks
import Glibc
import Processes
import Synchronization
import Testing
import Values

@Suite(
  "Syncs that are watched", .serialized, .timeLimit(.minutes(1)),
  .enabled(if: SyncWatch.problem == nil, "the kernel has no user notification of seccomp"))
struct SyncWatchTests {
  /// Asks for syncs, and says of each whether it was done.
  private static let script = """
    say() { if "$@" 2>/dev/null; then echo done; else echo failed; fi; }
    : > $1/file; : > $2
    say sync $1/file
    say sync -d $1/file
    say sync $1
    say sync -f $1/file
    say sync -d $1/file
    say sync $2
    """
  /// How many of them are below the directory: all but the last.
  private static let count = 5

  let directory: ScratchDirectory
  let data: String

  init() throws {
    directory = try ScratchDirectory("shrike-syncs")
    data = try #require(canonicalPath(directory.path)) + "/data"
    try makeDirectories(data)
  }

  /// Runs the script to its end under a rule.
  ///
  /// - Returns: What it printed, and what came of the rule.
  private func run(
    _ rule: SyncWatch.Rule, seed: UInt64 = 0, user: String? = nil,
    program: [String] = ["sh", "-c", script, "sh"]
  ) throws -> (said: [String], tally: SyncWatch.Tally, crashes: Int) {
    let crashes = Atomic(0)
    let watch = try SyncWatch(below: data) { thread in
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
    surroundings.watchedCalls = SyncWatch.calls
    surroundings.takeListener = watch.add
    surroundings.user = user
    let path = try #require(findProgram(program[0]))
    let pid = try Program(
      path: path, arguments: program + [data, "\(directory.path)/other"],
      environment: inheritedEnvironment(), directory: "/"
    ).start(surroundings)
    for copy in copies { close(copy) }
    var printed: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while case let count = read(output.readEnd, &chunk, chunk.count), count > 0 {
      printed += chunk[..<count]
    }
    close(output.readEnd)
    waitpid(pid, nil, 0)
    let said = String(decoding: printed, as: UTF8.self).split(separator: "\n").map(String.init)
    return (said, watch.follow(.pass, Draws(seed: 0)), crashes.load(ordering: .relaxed))
  }

  @Test("they are done where nothing else is said, and counted, those of children too")
  func pass() throws {
    let (said, tally, _) = try run(.pass)
    #expect(said == Array(repeating: "done", count: Self.count + 1))
    #expect(tally.seen == Self.count && tally.touched == 0)
  }

  @Test("they fail below the directory, and nowhere else")
  func fail() throws {
    let (said, tally, _) = try run(.fail(share: 1, EIO))
    #expect(
      said == Array(repeating: "failed", count: Self.count) + ["done"])
    #expect(tally.touched == Self.count)
  }

  @Test("a share of them fails, the same by the same seed")
  func share() throws {
    let first = try run(.fail(share: 0.5, ENOSPC), seed: 5)
    #expect(0 < first.tally.touched && first.tally.touched < Self.count)
    #expect(try run(.fail(share: 0.5, ENOSPC), seed: 5).said == first.said)
  }

  @Test("they lie: each succeeds")
  func lie() throws {
    let (said, tally, _) = try run(.lie)
    #expect(said == Array(repeating: "done", count: Self.count + 1))
    #expect(tally.touched == Self.count)
  }

  @Test("they are late, and done")
  func delay() throws {
    let began = monotonicTime()
    let (said, tally, _) = try run(.delay(.milliseconds(100)))
    #expect(monotonicTime() - began >= 100_000_000 * Int64(Self.count))
    #expect(said == Array(repeating: "done", count: Self.count + 1))
    #expect(tally.touched == Self.count)
  }

  @Test("one of them never comes back", arguments: 1...Self.count)
  func crash(number: Int) throws {
    let (said, tally, crashes) = try run(.crash(at: number))
    #expect(said.count == number - 1)
    #expect(tally.hasCrashed && tally.touched == 1 && crashes == 1)
  }

  @Test("a crash that is never reached never comes")
  func crashTooLate() throws {
    let (said, tally, crashes) = try run(.crash(at: Self.count + 1))
    #expect(said.count == Self.count + 1 && !tally.hasCrashed && crashes == 0)
  }

  @Test(
    "programs of another user are watched, too",
    .enabled(if: geteuid() == 0, "only root can run programs as another user"))
  func otherUser() throws {
    chmod(directory.path, 0o777)
    chmod(data, 0o777)
    let (said, tally, _) = try run(.fail(share: 1, EIO), user: "nobody")
    #expect(said.count == Self.count + 1 && tally.touched == Self.count)
  }

  @Test(
    "so are syncs of mapped memory",
    .enabled(if: findProgram("python3") != nil, "there is no python3"))
  func mapped() throws {
    let script = """
      import mmap, sys
      file = open(sys.argv[1] + "/mapped", "w+b")
      file.write(b"y" * 4096); file.flush()
      memory = mmap.mmap(file.fileno(), 4096)
      memory[0] = 1
      try: memory.flush(); print("done")
      except OSError as error: print(error.strerror)
      """
    let (said, tally, _) = try run(.fail(share: 1, ENOSPC), program: ["python3", "-c", script])
    #expect(said == ["No space left on device"] && tally.touched == 1)
  }

  @Test(
    "so are those of a static binary", .enabled(if: findProgram("gcc") != nil, "there is no gcc"))
  func staticBinary() throws {
    let path = "\(directory.path)/program"
    let source = """
      #include <fcntl.h>
      #include <stdio.h>
      #include <string.h>
      #include <errno.h>
      #include <unistd.h>
      int main(int count, char **words) {
        char path[4096];
        snprintf(path, sizeof path, "%s/file", words[1]);
        int file = open(path, O_WRONLY | O_CREAT, 0644);
        puts(fsync(file) == 0 ? "done" : strerror(errno));
      }
      """
    let compiler = try #require(popen("gcc -static -x c - -o \(path)", "w"))
    fputs(source, compiler)
    try #require(pclose(compiler) == 0)
    let (said, tally, _) = try run(.fail(share: 1, EDQUOT), program: [path])
    #expect(said == ["Disk quota exceeded"] && tally.touched == 1)
  }
}
