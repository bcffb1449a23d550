internal import Histories
internal import Values
internal import Verdicts

/// The reads of every node's state after the faults were over, as a driver repeats them until the
/// answers have settled: marked `"final":true`, with the node's name in `"node"`.
///
/// They say what the system came to only once it came to rest: all nodes answer alike, or each
/// node's answer stayed the same for ``quietTime``.
struct FinalReads {
  /// How long answers must stay as they are where nodes differ.
  static let quietTime = Nanoseconds.seconds(10)

  private struct Answer {
    var time: Nanoseconds
    var value: Value
  }

  private var answers: [(node: Value, answers: [Answer])] = []
  private var end: Nanoseconds = 0
  /// The lines of each node's last final read that was answered.
  private(set) var last: Set<Int> = []

  /// - Parameter state: What an answer says of the state: equal for answers that mean the same.
  init(_ history: History, state: (Value) -> Value) {
    var places: [Value: Int] = [:]
    var lines: [Value: Int] = [:]
    for (position, line) in history.operations.enumerated() {
      guard line.extra[fact: "final"] == true, let node = line.extra[fact: "node"] else { continue }
      let place = places[node] ?? answers.count
      if place == answers.count {
        places[node] = place
        answers.append((node, []))
      }
      end = max(end, line.time)
      guard line.type == .ok else { continue }
      answers[place].answers.append(Answer(time: line.time, value: state(line.value)))
      lines[node] = position
    }
    last = Set(lines.values)
  }

  /// Whether a read is judged as final: each that is marked, but of a named node only the last one
  /// that was answered.
  func judges(_ invocation: Operation, _ completion: Operation, at position: Int) -> Bool {
    guard invocation.isMarkedFinal || completion.isMarkedFinal else { return false }
    return completion.extra[fact: "node"] == nil || last.contains(position)
  }

  /// Why the answers prove nothing yet, where they don't.
  var unrest: String? {
    let ends = answers.map { $0.answers.last?.value }
    if ends.allSatisfy({ $0 != nil && $0 == ends[0] }) { return nil }
    for (node, answers) in answers {
      let name = node.name ?? node.json
      guard let last = answers.last else { return "\(name) never answered a final read" }
      let isOld = answers.contains { $0.time <= end - FinalReads.quietTime }
      let hasRested = answers.lazy.filter { $0.time > end - FinalReads.quietTime }
        .allSatisfy { $0.value == last.value }
      let before = answers.last { $0.time <= end - FinalReads.quietTime }
      guard isOld, hasRested, before?.value == last.value else {
        return "\(name)'s answers had not come to rest when the final reads ended"
      }
    }
    return nil
  }
}

extension Operation {
  /// Whether this line belongs to a final read, as Shrike or as Jepsen marks it.
  var isMarkedFinal: Bool { extra[fact: "final"] == true || extra[fact: "final?"] == true }
}
