import Disks
import Glibc
import Processes
import Values

/// A program whose sync is answered in the kernel's place.
struct SyncTrial {
  let directory: String

  func examination() -> Examination {
    let problem: String?
    do { problem = try DiskWatch.problem ?? self.problem() } catch { problem = "\(error)" }
    return Examination(
      .fault, Examination.syncs, problem == nil ? .works : .missing,
      problem ?? "a sync fails, and succeeds again afterwards")
  }

  /// - Returns: Nothing where it works, or what does not.
  private func problem() throws -> String? {
    guard let data = canonicalPath(directory) else { return "there is no \(directory)" }
    let watch = try DiskWatch(below: data) { _ in }
    defer { watch.end() }
    watch.follow(DiskWatch.Rule(.fail(share: 1, EIO)), Draws(seed: 0))
    let failed = try sync(data, watch)
    let tally = watch.follow(.pass, Draws(seed: 0))
    guard failed != .exited(code: 0), tally.touched == 1 else { return "a sync did not fail" }
    return try sync(data, watch) == .exited(code: 0) ? nil : "a sync still fails"
  }

  private func sync(_ directory: String, _ watch: DiskWatch) throws -> ExitStatus {
    guard let path = findProgram("sync") else { throw DiskFailure("there is no program sync") }
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    // Copied beyond the targets.
    let copies = (0..<3).map { _ in fcntl(null, F_DUPFD_CLOEXEC, 3) }
    defer { for copy in copies { close(copy) } }
    var surroundings = Program.Surroundings(
      descriptors: copies.enumerated().map { ($1, Int32($0)) }, closingFrom: 3)
    surroundings.watchedCalls = DiskWatch.Effects.syncs.calls
    surroundings.takeListener = watch.add
    let program = Program(
      path: path, arguments: ["sync", directory], environment: inheritedEnvironment(),
      directory: "/")
    let pid = try program.start(surroundings)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return ExitStatus(waitStatus: status)
  }
}
