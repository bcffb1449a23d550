import Disks
import Glibc
import Processes
import Testing
import Values

@Suite(
  "Syncs that are watched", .serialized, .timeLimit(.minutes(1)),
  .enabled(if: DiskWatch.problem == nil, "the kernel has no user notification of seccomp"))
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

  let watched: WatchedPrograms

  init() throws { watched = try WatchedPrograms() }

  private func run(
    _ outcome: DiskWatch.Rule.Outcome, seed: UInt64 = 0, user: String? = nil,
    program: [String] = ["sh", "-c", script, "sh"]
  ) throws -> WatchedPrograms.Course {
    try watched.run(DiskWatch.Rule(outcome), watching: .syncs, seed: seed, user: user, program)
  }

  @Test("they are done where nothing else is said, and counted, those of children too")
  func pass() throws {
    let course = try run(.pass)
    #expect(course.said == Array(repeating: "done", count: Self.count + 1))
    #expect(course.tally.seen == Self.count && course.tally.touched == 0)
  }

  @Test("they fail below the directory, and nowhere else")
  func fail() throws {
    let course = try run(.fail(share: 1, EIO))
    #expect(
      course.said == Array(repeating: "failed", count: Self.count) + ["done"])
    #expect(course.tally.touched == Self.count)
  }

  @Test("a share of them fails, the same by the same seed")
  func share() throws {
    let first = try run(.fail(share: 0.5, ENOSPC), seed: 5)
    #expect(0 < first.tally.touched && first.tally.touched < Self.count)
    #expect(try run(.fail(share: 0.5, ENOSPC), seed: 5).said == first.said)
  }

  @Test("they lie: each succeeds")
  func lie() throws {
    let course = try run(.lie)
    #expect(course.said == Array(repeating: "done", count: Self.count + 1))
    #expect(course.tally.touched == Self.count)
  }

  @Test("they are late, and done")
  func delay() throws {
    let began = monotonicTime()
    let course = try run(.delay(share: 1, .milliseconds(100)))
    #expect(monotonicTime() - began >= 100_000_000 * Int64(Self.count))
    #expect(course.said == Array(repeating: "done", count: Self.count + 1))
    #expect(course.tally.touched == Self.count)
  }

  @Test("one of them never comes back", arguments: 1...Self.count)
  func crash(number: Int) throws {
    let course = try run(.crash(at: number))
    #expect(course.said.count == number - 1)
    #expect(course.tally.hasCrashed && course.tally.touched == 1 && course.crashes == 1)
  }

  @Test("a crash that is never reached never comes")
  func crashTooLate() throws {
    let course = try run(.crash(at: Self.count + 1))
    #expect(course.said.count == Self.count + 1 && !course.tally.hasCrashed && course.crashes == 0)
  }

  @Test(
    "programs of another user are watched, too",
    .enabled(if: geteuid() == 0, "only root can run programs as another user"))
  func otherUser() throws {
    chmod(watched.directory.path, 0o777)
    chmod(watched.data, 0o777)
    let course = try run(.fail(share: 1, EIO), user: "nobody")
    #expect(course.said.count == Self.count + 1 && course.tally.touched == Self.count)
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
    let course = try run(.fail(share: 1, ENOSPC), program: ["python3", "-c", script])
    #expect(course.said == ["No space left on device"] && course.tally.touched == 1)
  }

  @Test(
    "so are those of a static binary", .enabled(if: findProgram("gcc") != nil, "there is no gcc"))
  func staticBinary() throws {
    let program = try watched.compile(
      """
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
      """)
    let course = try run(.fail(share: 1, EDQUOT), program: [program])
    #expect(course.said == ["Disk quota exceeded"] && course.tally.touched == 1)
  }
}
