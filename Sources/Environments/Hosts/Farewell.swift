import Glibc
import Processes
import Values

/// What has to be undone on a machine when an owner's work there is over, on record in a directory of
/// the machine's that only its user may enter.
///
/// The owner's agent undoes it at its end; where the agent was killed, or could not, its relay does, and
/// then the next run on that machine: see ``sweep(below:by:)``. The record is written before what it
/// is to undo is done, stays until that is undone, and is forgotten by the machine when that starts anew.
package struct Farewell {
  /// Where records are.
  package static let place = "/run/shrike"

  private let place: String
  private let directory: String
  private var tools: String { "\(directory)/tools" }
  private var clock: String { "\(directory)/clock" }

  package init(of owner: String, below place: String = Farewell.place) {
    self.place = place
    directory = "\(place)/\(owner)"
  }

  // MARK: Tools

  /// Has a tool be run at the end, maybe more than once: until it succeeds.
  package func add(_ words: [String]) throws {
    try append(LineChannel.line(words), to: tools)
  }

  /// Runs all tools and restores the clock, and forgets what was undone.
  package func say(_ clocks: MachineClockBreaker.Clocks = .own) {
    guard Farewell.isOurs(place), Farewell.isOurs(directory) else { return }
    let ends = LineChannel.words(inLines: (bytes(ofFile: tools) ?? [])[...]).map(runTool)
    if ends.allSatisfy({ $0 }) { forgetTools() }
    // Another may set it wrong as soon as it is on record no longer.
    try? alone { if clockRecord?.restore(clocks) != false { forgetClock() } }
  }

  func forgetTools() {
    unlink(tools)
    rmdir(directory)
  }

  // MARK: The clock

  /// What the machine's wall clock is ahead of the time since the machine started while it is right.
  ///
  /// A time daemon has both go faster or slower: only steps part them.
  struct ClockRecord: Hashable {
    private static let kind = "since-boot"
    private static let tolerance: Nanoseconds = .milliseconds(50)

    var lead: Nanoseconds

    init(lead: Nanoseconds) { self.lead = lead }

    var words: [String] { [ClockRecord.kind, "\(lead)"] }

    init?(words: [String]) {
      guard words.count == 2, words[0] == ClockRecord.kind, let lead = Nanoseconds(words[1]) else {
        return nil
      }
      self.lead = lead
    }

    /// Sets the clock right, unless it is so already.
    ///
    /// - Returns: Whether it is right now.
    func restore(_ clocks: MachineClockBreaker.Clocks) -> Bool {
      let right = clocks.sinceBoot() + lead
      return abs(clocks.wall() - right) <= ClockRecord.tolerance || clocks.set(right) == 0
    }
  }

  /// Puts the clock on record, unless another has.
  ///
  /// - Parameter record: Reads the clock, which is right then.
  /// - Returns: Whether it is on record now.
  func keepClock(_ record: () -> ClockRecord) throws -> Bool {
    try makeOurs(place)
    return try alone {
      if hasOtherClock { return false }
      unlink(clock)
      do { try append(LineChannel.line(record().words), to: clock) } catch {
        forgetClock()
        throw error
      }
      return true
    }
  }

  func forgetClock() {
    unlink(clock)
    rmdir(directory)
  }

  private var clockRecord: ClockRecord? {
    LineChannel.words(inLines: (bytes(ofFile: clock) ?? [])[...]).first.flatMap(ClockRecord.init)
  }

  /// Whether another has set the machine's clock wrong, and not set it right since.
  private var hasOtherClock: Bool {
    directoryEntries(place).contains { name in
      "\(place)/\(name)" != directory && access("\(place)/\(name)/clock", F_OK) == 0
    }
  }

  // MARK: Records

  /// Does what owners that are gone have left to be done.
  package static func sweep(
    below place: String = Farewell.place, by clocks: MachineClockBreaker.Clocks = .own
  ) {
    guard isOurs(place) else { return }
    for name in directoryEntries(place) where Owner(name)?.isGone == true {
      Farewell(of: name, below: place).say(clocks)
    }
  }

  /// Does what no other may do to a clock's record at the same time.
  private func alone<Outcome>(_ act: () throws -> Outcome) throws -> Outcome {
    let lock = open(place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard lock >= 0 else { throw SystemCallError("can't open \(place)") }
    defer { close(lock) }
    let deadline = monotonicTime() + .seconds(1)
    while flock(lock, LOCK_EX | LOCK_NB) != 0 {
      guard monotonicTime() < deadline else { throw SystemCallError("can't lock \(place)") }
      usleep(1_000)
    }
    return try act()
  }

  private func makeOurs(_ directory: String) throws {
    guard mkdir(directory, 0o700) == 0 || errno == EEXIST, Farewell.isOurs(directory) else {
      throw SystemCallError("can't keep records in \(directory)", number: EACCES)
    }
  }

  private func append(_ line: [UInt8], to path: String) throws {
    for directory in [place, directory] { try makeOurs(directory) }
    let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw SystemCallError("can't write \(path)") }
    defer { close(file) }
    let size = lseek(file, 0, SEEK_END)
    guard write(file, line, line.count) == line.count else {
      let error = SystemCallError("can't write \(path)")
      // Half a line would become one with the next.
      ftruncate(file, size)
      throw error
    }
  }

  /// Whether a directory is of this user, and nobody else may write there.
  private static func isOurs(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
      && status.st_uid == geteuid() && status.st_mode & 0o022 == 0
  }
}

/// Runs a tool that is not listened to, and waits for it for two seconds at most.
///
/// - Returns: Whether it has succeeded.
func runTool(_ words: [String]) -> Bool {
  guard let name = words.first, let path = findProgram(name) else { return false }
  let null = open("/dev/null", O_RDWR | O_CLOEXEC)
  defer { close(null) }
  let program = Program(
    path: path, arguments: words, environment: inheritedEnvironment(), directory: "/")
  let descriptors: [(source: Int32, target: Int32)] = (0...2).map { (null, $0) }
  guard
    let pid = try? program.start(
      Program.Surroundings(descriptors: descriptors, closingFrom: 3))
  else { return false }
  let deadline = monotonicTime() + .seconds(2)
  var status: Int32 = 0
  while case let ended = waitpid(pid, &status, WNOHANG), ended != pid {
    guard ended == 0, monotonicTime() < deadline else { return false }
    usleep(1_000)
  }
  return status == 0
}
