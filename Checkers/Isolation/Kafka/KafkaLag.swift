internal import Histories
internal import Values
internal import Verdicts

/// How far polls lagged behind: for how long a poll's newest message of a key had not been the newest.
///
/// It is a lower bound: the time from when a later message was first known until the poll began. Final
/// polls don't count, which begin at the beginning to catch up.
struct KafkaLag {
  /// How far a process came with a key.
  private struct Course {
    var position = -1
    /// When a later message was first known; nothing where none was.
    var outdated: Nanoseconds?
  }

  private let history: KafkaHistory
  private let highest: [[(offset: Int, time: Nanoseconds)]]
  private var courses: [[Int32: Course]]
  /// When each process polled last.
  private var polled: [Nanoseconds]
  private var greatest: (lag: Nanoseconds, time: Nanoseconds) = (0, 0)

  /// - Complexity: O(*n* log *n*).
  init(_ history: KafkaHistory) {
    self.history = history
    highest = history.highestKnown
    courses = Array(repeating: [:], count: history.processCount)
    polled = Array(repeating: -1, count: history.processCount)
    for (act, facts) in history.acts.enumerated() where facts.isOk && facts.kind != .other {
      if history.asked(act)[.string("final")] == true { continue }
      if facts.kind == .assign { assign(act) } else { poll(act) }
    }
    for process in courses.indices {
      for course in courses[process].values { judge(course, process) }
    }
  }

  /// The greatest lag, in seconds, and the time of the poll that had it.
  var worst: Value {
    .map(
      ValueMap(facts: [
        "time": .double(Double(greatest.time) / 1e9), "lag": .double(Double(greatest.lag) / 1e9),
      ]))
  }

  private mutating func assign(_ act: Int) {
    let process = Int(history.acts[act].process)
    for course in courses[process].values { judge(course, process) }
    var kept: [Int32: Course] = [:]
    for key in history.assignedKeys(act) { kept[key] = courses[process][key] ?? entered(key, -1) }
    courses[process] = kept
    polled[process] = -1
  }

  private mutating func poll(_ act: Int) {
    guard history.sends(of: act).isEmpty else { return }
    let process = Int(history.acts[act].process)
    for run in history.runs(of: act) {
      let key = history.runs[run].key
      var position = -1
      for pair in history.pairs(of: run) { position = max(position, history.offsets[pair]) }
      let course = courses[process][key]
      guard position > course?.position ?? -1 || course == nil else { continue }
      if let course { judge(course, process) }
      courses[process][key] = entered(key, position)
    }
    polled[process] = max(polled[process], history.time(Int(history.acts[act].invocation)))
  }

  private func entered(_ key: Int32, _ position: Int) -> Course {
    let known = highest[Int(key)]
    let later = known.countOfFirst { $0.offset <= position }
    return Course(position: position, outdated: later < known.count ? known[later].time : nil)
  }

  /// Judges the last poll before a process came on or let go of a key: of those that stood at one
  /// place it is the one that lagged most.
  private mutating func judge(_ course: Course, _ process: Int) {
    guard let outdated = course.outdated, polled[process] >= 0 else { return }
    let (lag, time) = (polled[process] - outdated, polled[process])
    guard lag > greatest.lag || lag == greatest.lag && lag > 0 && time < greatest.time else {
      return
    }
    greatest = (lag, time)
  }
}

extension KafkaHistory {
  /// For each key when each new highest offset was known, in ascending order.
  fileprivate var highestKnown: [[(offset: Int, time: Nanoseconds)]] {
    var known = [[(offset: Int, time: Nanoseconds)]](repeating: [], count: keys.count)
    var ended = [Int32](repeating: -1, count: columns.count)
    for (act, facts) in acts.enumerated() where facts.isOk {
      ended[facts.line] = Int32(truncatingIfNeeded: act)
    }
    for act in ended.lazy.map({ Int($0) }) where act >= 0 {
      let time = time(acts[act].line)
      func note(_ key: Int32, _ offset: Int) {
        guard offset != KafkaHistory.unknown, offset > known[Int(key)].last?.offset ?? -1 else {
          return
        }
        known[Int(key)].append((offset, time))
      }
      for send in sends(of: act) { note(sends[send].key, sends[send].offset) }
      for run in runs(of: act) {
        for pair in pairs(of: run) { note(runs[run].key, offsets[pair]) }
      }
    }
    return known
  }
}
