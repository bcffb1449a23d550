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
  private var looked: [Int: Int] = [:]
  private let history: KafkaHistory

  init(_ history: KafkaHistory) {
    self.history = history
    var sought: [Int: (line: Int, keys: [Int])] = [:]
    for act in history.acts.indices {
      noteMarked(act)
      let (process, kind) = (history.acts[act].process, history.acts[act].kind)
      let line = history.line(act)
      if kind == .assign && line.type == .ok {
        let keys = (line.value.elements ?? []).compactMap { history.number(ofKey: $0) }
        sought[process] =
          line.seeksToBeginning ? (history.acts[act].invocation, keys) : nil
      } else if line.f == "poll" || line.f == "txn", line.type == .ok,
        let (line, keys) = sought.removeValue(forKey: process)
      {
        for key in keys { looked[key] = max(looked[key] ?? -1, line) }
      }
    }
  }

  private mutating func noteMarked(_ act: Int) {
    let invocation = history.lines[history.acts[act].invocation]
    guard invocation.extra[.string("final")] == true,
      let number = invocation.extra[.string("thread")]?.integer
    else { return }
    var thread = threads[number] ?? Thread()
    let line = history.line(act)
    thread.lastIndex = line.index
    switch (line.f, line.type) {
    case ("assign", .ok):
      thread.isPolling = true
      thread.progressed = line.time
      thread.answered = line.time
    case ("poll", .ok):
      thread.answered = line.time
      if !history.acts[act].runs.isEmpty { thread.progressed = line.time }
    case (_, .fail): break
    default: thread.isPolling = false
    }
    threads[number] = thread
  }

  /// Why nothing follows from a message's absence; nothing where something does.
  func doubt(of message: Int) -> String? {
    guard threads.isEmpty else {
      let restless = threads.keys.sorted().first { number in
        guard let thread = threads[number] else { return false }
        return !thread.isPolling || thread.answered - thread.progressed < KafkaChecker.rest
      }
      guard let restless, let thread = threads[restless] else { return nil }
      return "thread \(restless) was still polling at the end of the run (op \(thread.lastIndex))"
    }
    let send = history.sends[history.writers[message]]
    let hasLooked = looked[send.key] ?? -1 > history.acts[send.act].completion
    return hasLooked ? nil : "nobody polled its key again from the beginning"
  }
}
