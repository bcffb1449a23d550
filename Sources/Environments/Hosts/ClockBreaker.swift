import Environments
import Glibc
import ProcessClocks
import Processes
import Values

/// What is asked of the clocks of a host's processes.
enum ClockRequest: Hashable {
  case change(ClockChange)
  case reset
  case read
}

/// How the clocks of a host's processes are.
struct ClockState: Hashable {
  /// By how much they are wrong.
  var error: Nanoseconds
  /// How many processes have them, by what was read back.
  var count: Int
  /// Whether the change is in force as it was asked for, and not only as far as a clock can go.
  var isFull = true
  /// Why processes have others.
  var problems: [String] = []
}

/// Makes the wall clocks wrong that the processes of a host read, those that begin later too.
final class ClockBreaker: HostBreaker {
  private let clocks: ProcessClocks
  private var mapping = ClockMapping()
  private(set) var nextWake: Nanoseconds?
  /// How often it is still looked closely for programs that have just begun.
  private var closeLooks = 0
  private var lastProblems: [String] = []

  private static let interval: Nanoseconds = .milliseconds(20)
  private static let closeInterval: Nanoseconds = .milliseconds(2)
  private static let closeLookCount = 50

  init() throws(BreakerRefusal) {
    do throws(ClockProblem) {
      clocks = try ProcessClocks()
    } catch {
      throw BreakerRefusal(error.reason)
    }
  }

  func obey(_ words: [String], on processes: [pid_t]) throws(BreakerRefusal) -> [String] {
    guard let request = ClockRequest(words: words) else {
      throw BreakerRefusal("no such request of clocks: \(words.joined(separator: " "))")
    }
    switch request {
    case .change(let change):
      let isFull = mapping.apply(change, at: wallTime())
      var state = set(of: processes)
      state.isFull = isFull
      return state.words
    case .reset:
      mapping = ClockMapping()
      return set(of: processes).words
    case .read:
      let count = processes.count { clocks.mapping(of: $0) == mapping }
      return ClockState(error: mapping.error(at: wallTime()), count: count).words
    }
  }

  private func set(of processes: [pid_t]) -> ClockState {
    let outcome = clocks.set(mapping, of: processes)
    closeLooks = ClockBreaker.closeLookCount
    lastProblems = []
    plan()
    return ClockState(
      error: mapping.error(at: wallTime()), count: outcome.count, problems: outcome.problems)
  }

  /// Sets the clocks of processes that have begun since, or begun another program.
  func wake(on processes: [pid_t]) {
    let outcome = clocks.set(mapping, of: processes, within: 0)
    // More may come of what has just begun.
    let hasNews = outcome.isNew || outcome.problems != lastProblems
    closeLooks = hasNews ? ClockBreaker.closeLookCount : max(0, closeLooks - 1)
    lastProblems = outcome.problems
    plan()
  }

  private func plan() {
    let interval = closeLooks > 0 ? ClockBreaker.closeInterval : ClockBreaker.interval
    // Children that were forked while a clock was made right have the wrong one until they are seen.
    nextWake = mapping.isRight && closeLooks == 0 ? nil : monotonicTime() + interval
  }
}

extension ClockRequest {
  var words: [String] {
    switch self {
    case .change(.offset(let offset)): ["offset", "\(offset)"]
    case .change(.step(let step)): ["step", "\(step)"]
    case .change(.drift(let drift)): ["drift", "\(drift)"]
    case .change(.freeze): ["freeze"]
    case .change(.strobe(let offset, let period)): ["strobe", "\(offset)", "\(period)"]
    case .reset: ["reset"]
    case .read: ["read"]
    }
  }

  init?(words: [String]) {
    let numbers = words.dropFirst().compactMap { Int64($0) }
    guard numbers.count == words.count - 1 else { return nil }
    switch (words.first, numbers.count) {
    case ("offset", 1): self = .change(.offset(numbers[0]))
    case ("step", 1): self = .change(.step(numbers[0]))
    case ("drift", 1): self = .change(.drift(nanosecondsPerSecond: numbers[0]))
    case ("freeze", 0): self = .change(.freeze)
    case ("strobe", 2): self = .change(.strobe(by: numbers[0], period: numbers[1]))
    case ("reset", 0): self = .reset
    case ("read", 0): self = .read
    default: return nil
    }
  }
}

extension ClockState {
  var words: [String] { ["\(error)", "\(count)", isFull ? "full" : "partial"] + problems }

  init?(words: [String]) {
    guard words.count >= 3, let error = Int64(words[0]), let count = Int(words[1]) else {
      return nil
    }
    self.init(
      error: error, count: count, isFull: words[2] == "full", problems: Array(words.dropFirst(3)))
  }
}
