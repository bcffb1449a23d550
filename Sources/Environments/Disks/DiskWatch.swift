import CProcess
import Glibc
import Processes
import Synchronization
package import Values

/// Answers what programs ask of the files below a directory: as they ask for, or as a rule has it.
///
/// A thread of its own answers, for who asks waits for it. Loads and stores of mapped memory, and what
/// is asked for through `io_uring` or `io_submit`, are never seen; nor are calls that name a file by its
/// path, to open, rename or remove it.
package final class DiskWatch: Sendable {
  /// What calls do to files.
  package struct Effects: OptionSet, Hashable, Sendable {
    package var rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let syncs = Effects(rawValue: watched_sync.rawValue)
    package static let reads = Effects(rawValue: watched_read.rawValue)
    package static let writes = Effects(rawValue: watched_write.rawValue)

    /// The numbers of the system calls to watch.
    package var calls: [Int32] {
      var numbers = [Int32](repeating: 0, count: 32)
      let count = watched_calls(rawValue, &numbers, Int32(numbers.count))
      return Array(numbers[..<Int(count)])
    }
  }

  /// What becomes of calls.
  package struct Rule: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
      /// They are done.
      case pass
      /// A share of them fails with an error number, and nothing is done.
      case fail(share: Double, Int32)
      /// They succeed, and nothing is done.
      case lie
      /// A share of them is done later; by a random time where none is given.
      case delay(share: Double, Nanoseconds?)
      /// The one of this number, from 1 on, is never done, and ends everything.
      case crash(at: Int)
    }

    package var outcome: Outcome
    /// Which calls it is for; the others are done.
    package var effects: Effects
    /// The pattern, as shells have it, of the paths below the directory, or of the names, of the files
    /// that it is for; nothing for all.
    package var files: String?

    package init(_ outcome: Outcome, on effects: Effects = .syncs, files: String? = nil) {
      self.outcome = outcome
      self.effects = effects
      self.files = files
    }

    package static let pass = Rule(.pass)
  }

  /// What came of a rule since it was made.
  package struct Tally: Hashable, Sendable {
    /// How many calls there were that it is for.
    package var seen = 0
    /// How many of them were not simply done.
    package var touched = 0
    /// Whether the sync that ends everything was asked for.
    package var hasCrashed = false

    package init() {}
  }

  private struct State {
    var rule = Rule.pass
    /// How many rules there have been.
    var ruleCount = 0
    var tally = Tally()
    var draws = Draws(seed: 0)
    var listeners: [Int32] = []
    /// What is to be done later, and when.
    var delayed: [(due: Nanoseconds, listener: Int32, id: UInt64)] = []
    var isCrashing = false
    var isOver = false
  }

  private let state = Mutex(State())
  /// Readable when the thread is to look at the state again.
  private let bell: Int32
  private let directory: String
  private let crash: @Sendable (Int32) -> Void

  /// The orders of magnitude, by doubling from a millisecond, of delays that are random.
  private static let delayDoublings = 12

  /// Why no calls can be watched here, or nothing where they can.
  package static var problem: String? { problem(watching: .syncs) }

  /// Why calls can't be watched here; nothing where they can.
  package static func problem(watching effects: Effects) -> String? {
    let error = watched_problem()
    guard error == 0 else {
      return "this kernel has no user notification of seccomp (\(errorText(error)))"
    }
    guard effects.isDisjoint(with: [.reads, .writes]) || watched_is_uninterrupted() != 0 else {
      return "on kernels before 5.19 signals would interrupt reads and writes that are watched"
    }
    return nil
  }

  /// - Parameters:
  ///   - directory: As the programs see it, without symbolic links.
  ///   - crash: Ends all programs, in the watch's thread; it is told whose call it is.
  package init(
    below directory: String, crash: @escaping @Sendable (Int32) -> Void
  ) throws(DiskFailure) {
    self.directory = directory
    self.crash = crash
    bell = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
    guard bell >= 0 else { throw DiskFailure("can't make an event descriptor", errno) }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(self)
    let error = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<DiskWatch>.fromOpaque(argument).takeRetainedValue().serve()
        return nil
      }, box.toOpaque())
    guard error == 0 else {
      box.release()
      close(bell)
      throw DiskFailure("can't start a thread", error)
    }
    pthread_detach(thread)
  }

  /// Answers the calls of one more program, and closes the listener when it has ended.
  package func add(_ listener: Int32) {
    watched_hasten(listener)
    state.withLock { $0.listeners.append(listener) }
    ring()
  }

  /// Has a rule hold in place of the one before; what is delayed is done at once, and a crash that has
  /// begun comes to its end.
  ///
  /// - Returns: What came of the one before.
  @discardableResult
  package func follow(_ rule: Rule, _ draws: Draws) -> Tally {
    awaitCrash()
    let tally = state.withLock { state in
      defer {
        state.rule = rule
        state.ruleCount += 1
        state.draws = draws
        state.tally = Tally()
        for place in state.delayed.indices { state.delayed[place].due = 0 }
      }
      return state.tally
    }
    ring()
    return tally
  }

  /// What has come of the rule so far; a crash that has begun comes to its end.
  package var tally: Tally {
    awaitCrash()
    return state.withLock { $0.tally }
  }

  private func awaitCrash() {
    while state.withLock({ $0.isCrashing }) { usleep(500) }
  }

  /// Ends the thread.
  ///
  /// Programs that are watched and still run can't make such calls any more.
  package func end() {
    state.withLock { $0.isOver = true }
    ring()
  }

  private func ring() { eventfd_write(bell, 1) }

  // MARK: The thread

  private func serve() {
    while true {
      let (listeners, wait) = state.withLock { state in
        (
          state.isOver ? nil : state.listeners,
          state.delayed.map(\.due).min().map { max(0, $0 - monotonicTime()) }
        )
      }
      guard let listeners else { break }
      var watched = ([bell] + listeners).map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      // Rounded up, so that what is due is so when it wakes.
      poll(
        &watched, nfds_t(watched.count), wait.map { Int32(min($0 / 1_000_000 + 1, 60_000)) } ?? -1)
      var count: eventfd_t = 0
      eventfd_read(bell, &count)
      for entry in watched.dropFirst() where entry.revents != 0 {
        if entry.revents & Int16(POLLIN) != 0 { answer(entry.fd) } else { forget(entry.fd) }
      }
      doDelayed()
    }
    for listener in state.withLock({ $0.listeners }) { close(listener) }
    close(bell)
  }

  private func forget(_ listener: Int32) {
    state.withLock { state in
      state.listeners.removeAll { $0 == listener }
      state.delayed.removeAll { $0.listener == listener }
    }
    close(listener)
  }

  private enum Answer {
    case proceed
    case result(Int32)
    case later
    case crash
  }

  private func answer(_ listener: Int32) {
    var call = watched_call()
    guard watched_receive(listener, &call) == 0 else { return }
    let (rule, number) = state.withLock { ($0.rule, $0.ruleCount) }
    // Whether it still waits, and so whose it is, matters only where something is done about it.
    guard concerns(rule, call), watched_waits(listener, call.id) != 0 else {
      return watched_continue(listener, call.id)
    }
    // What came before a new rule is not for that one.
    let answer = state.withLock { state in
      number == state.ruleCount ? decide(&state, call.id, listener) : .proceed
    }
    switch answer {
    case .proceed: watched_continue(listener, call.id)
    case .result(let error): watched_answer(listener, call.id, 0, error)
    case .later: break
    case .crash:
      crash(call.thread)
      state.withLock { state in
        state.tally.hasCrashed = true
        state.isCrashing = false
      }
    }
  }

  private func decide(_ state: inout State, _ id: UInt64, _ listener: Int32) -> Answer {
    state.tally.seen += 1
    switch state.rule.outcome {
    case .pass: return .proceed
    case .fail(let share, let error):
      guard state.draws.chance(share) else { return .proceed }
      state.tally.touched += 1
      return .result(error)
    case .lie:
      state.tally.touched += 1
      return .result(0)
    case .delay(let share, let time):
      guard state.draws.chance(share) else { return .proceed }
      state.tally.touched += 1
      let time = time ?? DiskWatch.randomDelay(&state.draws)
      state.delayed.append((monotonicTime() + time, listener, id))
      return .later
    case .crash(let number):
      guard !state.isCrashing, !state.tally.hasCrashed else { return .later }
      guard state.tally.seen == number else { return .proceed }
      state.tally.touched += 1
      state.isCrashing = true
      return .crash
    }
  }

  private static func randomDelay(_ draws: inout Draws) -> Nanoseconds {
    let shortest = Nanoseconds.milliseconds(1) << Int64(draws.below(delayDoublings))
    return draws.within(shortest...2 * shortest - 1)
  }

  private func doDelayed() {
    let now = monotonicTime()
    let due = state.withLock { state in
      let due = state.delayed.filter { $0.due <= now }
      state.delayed.removeAll { $0.due <= now }
      return due
    }
    for call in due { watched_continue(call.listener, call.id) }
  }

  // MARK: What a call is about

  /// Whether a rule is for a call.
  private func concerns(_ rule: Rule, _ call: watched_call) -> Bool {
    withUnsafeTemporaryAllocation(of: watched_operand.self, capacity: 2) { operands in
      let count = watched_operands(call.number, operands.baseAddress)
      return operands[..<Int(count)].contains { operand in
        rule.effects.contains(Effects(rawValue: operand.effect.rawValue))
          && concerns(rule, operand, of: call)
      }
    }
  }

  private func concerns(_ rule: Rule, _ operand: watched_operand, of call: watched_call) -> Bool {
    let argument = withUnsafeBytes(of: call.arguments) {
      $0.bindMemory(to: UInt64.self)[Int(operand.argument)]
    }
    let path: String?
    switch operand.subject {
    case watched_nothing: return rule.files == nil
    case watched_address: path = file(mappedAt: argument, by: call.thread)
    default:
      let descriptor = "/proc/\(call.thread)/fd/\(Int32(truncatingIfNeeded: argument))"
      // A pipe with a name has a path, too.
      path = isFile(descriptor) ? linkTarget(descriptor) : nil
    }
    return path.map { concerns(rule, $0) } ?? false
  }

  private func concerns(_ rule: Rule, _ path: String) -> Bool {
    guard path.hasPrefix(directory) else { return false }
    let rest = path.utf8.dropFirst(directory.utf8.count)
    guard rest.isEmpty || rest.first == UInt8(ascii: "/") else { return false }
    guard let pattern = rule.files else { return true }
    let name = String(decoding: rest.dropFirst(), as: UTF8.self)
    return isChosen(
      name.hasSuffix(DiskWatch.removed) ? String(name.dropLast(DiskWatch.removed.count)) : name,
      by: pattern)
  }

  /// What the kernel adds to the path of a file that has none any more.
  private static let removed = " (deleted)"

  private func isFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
  }

  /// The path of the file that a process has mapped at an address.
  private func file(mappedAt address: UInt64, by thread: pid_t) -> String? {
    let text = String(decoding: bytes(ofFile: "/proc/\(thread)/maps") ?? [], as: UTF8.self)
    for line in text.split(separator: "\n") {
      // Addresses, rights, offset, device, inode, path.
      let words = line.split(separator: " ", maxSplits: 5)
      let ends = words[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
      guard ends.count == 2, ends[0] <= address, address < ends[1] else { continue }
      return words.count == 6 ? words[5].drop { $0 == " " }.description : nil
    }
    return nil
  }
}
