internal import Histories
internal import Values

/// Whether the last polls of a run went on long enough to find what is there.
///
/// Where lines are marked `"final":true`, each of their threads must have come to rest: its last
/// client assigned itself all keys from the beginning, and its polls were answered and brought nothing
/// more for ``KafkaChecker/rest``. Histories of others have no such marks: there somebody must have
/// begun the key again from its beginning after the message was acknowledged, and polled.
struct KafkaFinalPolls {
  /// How far a thread's last client came.
  private struct Thread {
    var isPolling = false
    /// When a poll brought something last, or the client was assigned its keys.
    var progressed: Int64 = 0
    var answered: Int64 = 0
    var lastIndex = 0
  }

  private var threads: [Int: Thread] = [:]
  /// For each key the latest line at which an assignment from the beginning was asked for that was
  /// followed by an answered poll; in histories without marks.
  private var looked: [Int32]
  private let history: KafkaHistory

  init(_ history: KafkaHistory) {
    self.history = history
    looked = Array(repeating: -1, count: history.keys.count)
    var sought: [Int32: (line: Int32, keys: [Int32])] = [:]
    for (act, facts) in history.acts.enumerated() {
      noteMarked(act)
      if facts.kind == .assign && facts.isOk {
        sought[facts.process] =
          history.answered(act).seeksToBeginning
          ? (facts.invocation, history.assignedKeys(act)) : nil
      } else if facts.isOk, history.columns.f(at: facts.line) != "send", facts.kind == .access,
        let (line, keys) = sought.removeValue(forKey: facts.process)
      {
        for key in keys { looked[Int(key)] = max(looked[Int(key)], line) }
      }
    }
  }

  private mutating func noteMarked(_ act: Int) {
    let asked = history.asked(act)
    guard asked[.string("final")] == true, let number = asked[.string("thread")]?.integer else {
      return
    }
    var thread = threads[number] ?? Thread()
    let facts = history.acts[act]
    let time = history.time(facts.line)
    thread.lastIndex = history.index(act)
    switch (history.columns.f(at: facts.line), history.columns.types[facts.line]) {
    case ("assign", .ok):
      thread.isPolling = true
      thread.progressed = time
      thread.answered = time
    case ("poll", .ok):
      thread.answered = time
      if !history.runs(of: act).isEmpty { thread.progressed = time }
    case (_, .fail): break
    default: thread.isPolling = false
    }
    threads[number] = thread
  }

  /// Why nothing follows from a message's absence; nothing where something does.
  func doubt(of message: Int32) -> String? {
    guard threads.isEmpty else {
      let restless = threads.keys.sorted().first { number in
        guard let thread = threads[number] else { return false }
        return !thread.isPolling || thread.answered - thread.progressed < KafkaChecker.rest
      }
      guard let restless, let thread = threads[restless] else { return nil }
      return "thread \(restless) was still polling at the end of the run (op \(thread.lastIndex))"
    }
    let send = history.sends[Int(history.writers[Int(message)])]
    let hasLooked = looked[Int(send.key)] > history.acts[Int(send.act)].completion
    return hasLooked ? nil : "nobody polled its key again from the beginning"
  }
}
