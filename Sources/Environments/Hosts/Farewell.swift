import Glibc
import Processes
import Values

/// What has to be undone on a machine when an owner's work there is over, on record in a directory of
/// the machine's that only its user may enter.
///
/// The owner's agent undoes it at its end; where the agent was killed, its relay does, and where both
/// were, the next run on that machine: see ``sweep(below:by:)``. The record is written before what it
/// is to undo is done, and forgotten by the machine when that starts anew.
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

  /// Has a tool be run at the end.
  package func add(_ words: [String]) throws {
    try append(LineChannel.line(words), to: tools)
  }

  /// Runs all tools, restores the clock, and forgets both.
  package func say(_ clocks: MachineClockBreaker.Clocks = .own) {
    guard Farewell.isOurs(place), Farewell.isOurs(directory) else { return }
    for line in LineChannel.words(inLines: (bytes(ofFile: tools) ?? [])[...]) { runTool(line) }
    clockRecord?.restore(clocks)
    forget()
  }

  /// Forgets all that is on record.
  package func forget() {
    unlink(tools)
    unlink(clock)
    rmdir(directory)
  }

  // MARK: The clock

  /// What the machine's wall clock is ahead of the monotonic one while it is right, from when it is first
  /// set wrong.
  struct ClockRecord: Hashable {
    var lead: Nanoseconds
    var made: Nanoseconds

    /// Sets the clock right, unless it is so already by all that can be known.
    func restore(_ clocks: MachineClockBreaker.Clocks) {
      let now = clocks.monotonic()
      // Where it is set by a time daemon, the two drift apart by less than a ten-thousandth.
      let tolerance = .milliseconds(50) + max(0, now - made) / 10_000
      if abs(clocks.wall() - now - lead) > tolerance { _ = clocks.set(now + lead) }
    }
  }

  func keep(_ record: ClockRecord) throws {
    unlink(clock)
    try append(LineChannel.line(["\(record.lead)", "\(record.made)"]), to: clock)
  }

  func forgetClock() {
    unlink(clock)
    if access(tools, F_OK) != 0 { rmdir(directory) }
  }

  private var clockRecord: ClockRecord? {
    guard let words = LineChannel.words(inLines: (bytes(ofFile: clock) ?? [])[...]).first,
      words.count == 2, let lead = Nanoseconds(words[0]), let made = Nanoseconds(words[1])
    else { return nil }
    return ClockRecord(lead: lead, made: made)
  }

  /// Whether another has set the machine's clock wrong, and not set it right since.
  var hasOtherClock: Bool {
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

  private func append(_ line: [UInt8], to path: String) throws {
    for directory in [place, directory] {
      guard mkdir(directory, 0o700) == 0 || errno == EEXIST, Farewell.isOurs(directory) else {
        throw SystemCallError("can't keep records in \(directory)", number: EACCES)
      }
    }
    let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw SystemCallError("can't write \(path)") }
    defer { close(file) }
    guard write(file, line, line.count) == line.count else {
      throw SystemCallError("can't write \(path)")
    }
  }

  /// Whether a directory is of this user, and nobody else may write there.
  private static func isOurs(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
      && status.st_uid == geteuid() && status.st_mode & 0o022 == 0
  }
}

/// Runs a tool that is not listened to, for a second at most.
func runTool(_ words: [String]) {
  guard let name = words.first, let path = findProgram(name) else { return }
  let null = open("/dev/null", O_RDWR | O_CLOEXEC)
  defer { close(null) }
  let program = Program(
    path: path, arguments: words, environment: inheritedEnvironment(), directory: "/")
  let descriptors: [(source: Int32, target: Int32)] = (0...2).map { (null, $0) }
  guard
    let pid = try? program.start(
      Program.Surroundings(descriptors: descriptors, closingFrom: 3))
  else { return }
  let deadline = monotonicTime() + .seconds(1)
  while waitpid(pid, nil, WNOHANG) == 0, monotonicTime() < deadline { usleep(1_000) }
}
