import Disks
import Glibc
import Processes
import Testing
import Values

@Suite(
  "Reads and writes that are watched", .serialized, .timeLimit(.minutes(1)),
  .enabled(if: DiskWatch.problem == nil, "the kernel has no user notification of seccomp"))
struct TransferWatchTests {
  let watched: WatchedPrograms

  init() throws { watched = try WatchedPrograms() }

  private static let hasCompiler = findProgram("gcc") != nil

  /// Makes all calls that read and all that write, once each, and says which of them failed with what.
  private static let calls = """
    #define _GNU_SOURCE
    #include <errno.h>
    #include <fcntl.h>
    #include <stdio.h>
    #include <string.h>
    #include <sys/sendfile.h>
    #include <sys/socket.h>
    #include <sys/uio.h>
    #include <unistd.h>
    static const char *name;
    static void say(const char *call, long result) {
      if (result < 0) printf("%s %s %s\\n", name, call, strerror(errno));
    }
    int main(int count, char **words) {
      const char *names[] = {"log.wal", "note"};
      int ends[2], pair[2];
      if (pipe(ends) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return 1;
      for (int i = 0; i < 2; i++) {
        char path[4096], bytes[4] = "abc";
        struct iovec part = {bytes, 3};
        name = names[i];
        snprintf(path, sizeof path, "%s/%s", words[1], name);
        int file = open(path, O_RDWR | O_CREAT, 0644);
        int from = open("/proc/self/exe", O_RDONLY), to = open(words[2], O_RDWR | O_CREAT, 0644);
        say("write", write(file, bytes, 3));
        say("pwrite64", pwrite(file, bytes, 3, 0));
        say("writev", writev(file, &part, 1));
        say("pwritev", pwritev(file, &part, 1, 0));
        say("pwritev2", pwritev2(file, &part, 1, 0, RWF_DSYNC));
        say("ftruncate", ftruncate(file, 6));
        say("fallocate", fallocate(file, 0, 0, 6));
        say("sendfile to", sendfile(file, from, 0, 3));
        say("copy to", copy_file_range(to, 0, file, 0, 3, 0));
        if (write(ends[1], bytes, 3) != 3) return 2;
        say("splice to", splice(ends[0], 0, file, 0, 3, SPLICE_F_NONBLOCK));
        lseek(file, 0, SEEK_SET);
        say("read", read(file, bytes, 3));
        say("pread64", pread(file, bytes, 3, 0));
        say("readv", readv(file, &part, 1));
        say("preadv", preadv(file, &part, 1, 0));
        say("preadv2", preadv2(file, &part, 1, 0, RWF_HIPRI));
        say("sendfile from", sendfile(pair[0], file, 0, 3));
        say("copy from", copy_file_range(file, 0, to, 0, 3, 0));
        say("splice from", splice(file, 0, ends[1], 0, 3, SPLICE_F_NONBLOCK));
      }
      puts("over");
    }
    """
  private static let readers = [
    "read", "pread64", "readv", "preadv", "preadv2", "sendfile from", "copy from", "splice from",
  ]
  private static let writers = [
    "write", "pwrite64", "writev", "pwritev", "pwritev2", "ftruncate", "fallocate", "sendfile to",
    "copy to", "splice to",
  ]

  @Test(
    "each call fails on the files that are chosen, and on no other, in a static binary",
    .enabled(if: hasCompiler, "there is no gcc"), arguments: [true, false])
  func fail(writes: Bool) throws {
    let program = [try watched.compile(Self.calls)]
    let rule = DiskWatch.Rule(
      .fail(share: 1, writes ? ENOSPC : EIO), on: writes ? .writes : .reads, files: "*.wal")
    let effects: DiskWatch.Effects = [.reads, .writes]
    let course = try watched.run(rule, watching: effects, program)
    let text = writes ? "No space left on device" : "Input/output error"
    let calls = writes ? Self.writers : Self.readers
    #expect(course.said == calls.map { "log.wal \($0) \(text)" } + ["over"])
    #expect(course.tally.touched == calls.count && course.tally.seen == calls.count)
    #expect(try watched.run(.pass, watching: effects, program).said == ["over"])
  }

  @Test("a share of them fails, of any file, the same by the same seed")
  func share() throws {
    let script = "for i in 1 2 3 4 5 6 7 8 9; do echo $i >> $1/$i 2>/dev/null || echo $i; done"
    let rule = DiskWatch.Rule(.fail(share: 0.5, EIO), on: .writes)
    func run() throws -> WatchedPrograms.Course {
      try watched.run(rule, watching: .writes, seed: 5, ["sh", "-c", script, "sh"])
    }
    let first = try run()
    #expect(first.tally.seen == 9 && 1..<9 ~= first.tally.touched, "\(first)")
    #expect(first.said.count == first.tally.touched)
    #expect(try run().said == first.said)
  }

  @Test(
    "an interpreter fails to read what is chosen, and reads all else, and reads it once that is over",
    .enabled(if: findProgram("python3") != nil, "there is no python3"))
  func interpreter() throws {
    let script = """
      import os, sys, time
      def attempt(path):
        try: return open(path).read()
        except OSError as error: return error.strerror
      for path in (sys.argv[1] + "/a.wal", sys.argv[1] + "/b", sys.argv[2]):
        open(path, "w").write("whole")
        print(attempt(path), flush=True)
      while attempt(sys.argv[1] + "/a.wal") != "whole": time.sleep(0.01)
      print("whole again")
      """
    let course = try watched.run(
      DiskWatch.Rule(.fail(share: 1, EIO), on: .reads, files: "*.wal"),
      watching: [.reads, .writes],
      meanwhile: { watch in
        while watch.tally.touched < 5 { usleep(1_000) }
        #expect(watch.follow(.pass, Draws(seed: 0)).touched >= 5)
      }, ["python3", "-c", script])
    #expect(course.said == ["Input/output error", "whole", "whole", "whole again"])
  }

  /// One thread appends to one file, three others to another, for a while, and a timer interrupts them.
  ///
  /// Prints how often each did, and the shortest and the longest time of one call.
  private static let threads = """
    #define _GNU_SOURCE
    #include <fcntl.h>
    #include <pthread.h>
    #include <signal.h>
    #include <stdio.h>
    #include <sys/time.h>
    #include <time.h>
    #include <unistd.h>
    static char paths[2][4096];
    static double now(void) {
      struct timespec time;
      clock_gettime(CLOCK_MONOTONIC, &time);
      return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
    }
    static void interrupt(int number) { (void)number; }
    struct work { int file; int count; double shortest, longest, end; };
    static void *append(void *argument) {
      struct work *work = argument;
      int file = open(paths[work->file], O_WRONLY | O_CREAT | O_APPEND, 0644);
      for (double began; (began = now()) < work->end; work->count++) {
        if (write(file, "x", 1) != 1) return 0;
        double took = now() - began;
        if (took < work->shortest) work->shortest = took;
        if (took > work->longest) work->longest = took;
      }
      return 0;
    }
    int main(int count, char **words) {
      snprintf(paths[0], sizeof *paths, "%s/slow", words[1]);
      snprintf(paths[1], sizeof *paths, "%s/other", words[1]);
      struct sigaction action = {.sa_handler = interrupt, .sa_flags = SA_RESTART};
      sigaction(SIGALRM, &action, 0);
      struct itimerval timer = {{0, 5000}, {0, 5000}};
      setitimer(ITIMER_REAL, &timer, 0);
      struct work works[4];
      pthread_t threads[4];
      for (int i = 0; i < 4; i++) {
        works[i] = (struct work){i > 0, 0, 1e9, 0, now() + 700};
        pthread_create(&threads[i], 0, append, &works[i]);
      }
      for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], 0);
        printf("%d %d %d\\n", works[i].count, (int)works[i].shortest, (int)works[i].longest);
      }
    }
    """

  @Test(
    "they are late, and done, while other threads go on, and signals cut no delay short",
    .enabled(if: hasCompiler, "there is no gcc"))
  func delay() throws {
    let program = [try watched.compile(Self.threads)]
    let rule = DiskWatch.Rule(.delay(share: 1, .milliseconds(200)), on: .writes, files: "slow")
    let course = try watched.run(rule, watching: [.reads, .writes], program)
    let figures = course.said.map { $0.split(separator: " ").compactMap { Int($0) } }
    try #require(figures.count == 4)
    #expect(2...4 ~= figures[0][0] && figures[0][1] >= 200, "\(figures)")
    #expect(course.tally.touched == figures[0][0], "none was made anew for a signal's sake")
    for other in figures[1...] { #expect(other[0] > 50 && other[1] < 50, "\(figures)") }
  }

  @Test("what is late is done when the rule ends, and its end can't be held up by it")
  func hasten() throws {
    let script = "(echo late > $1/file; echo done) & echo $!; wait"
    let rule = DiskWatch.Rule(.delay(share: 1, .seconds(300)), on: .writes)
    let began = monotonicTime()
    let course = try watched.run(
      rule, watching: .writes,
      meanwhile: { watch in
        while watch.tally.touched == 0 { usleep(1_000) }
        watch.follow(.pass, Draws(seed: 0))
      }, ["sh", "-c", script, "sh"])
    #expect(course.said.last == "done" && monotonicTime() - began < .seconds(30))
  }

  @Test("who waits can be killed, and the others are answered")
  func killed() throws {
    let script = """
      (echo late > $1/file) & pid=$!
      sleep 0.2; kill -9 $pid; wait $pid; echo $?; echo fine > $2 && echo fine
      """
    let rule = DiskWatch.Rule(.delay(share: 1, .seconds(300)), on: .writes)
    let course = try watched.run(rule, watching: .writes, ["sh", "-c", script, "sh"])
    #expect(course.said == ["137", "fine"] && course.tally.touched == 1)
  }

  @Test("a program that can't be started says so, though nobody answers it yet")
  func noProgram() throws {
    let watch = try DiskWatch(below: watched.data) { _ in }
    defer { watch.end() }
    var surroundings = Program.Surroundings(descriptors: [], closingFrom: 3)
    surroundings.watchedCalls = DiskWatch.Effects([.reads, .writes, .syncs]).calls
    surroundings.takeListener = watch.add
    let program = Program(
      path: "\(watched.data)/none", arguments: ["none"], environment: [], directory: nil)
    #expect(throws: SpawnError(number: ENOENT)) { try program.start(surroundings) }
  }
}
