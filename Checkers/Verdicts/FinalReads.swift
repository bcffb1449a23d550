package import Histories
package import Values

/// The reads of every node's state after the faults were over, as a driver repeats them until the
/// answers have settled: marked `"final":true`, with the node's name in `"node"`.
///
/// They say what the system came to only once it came to rest: all nodes answer alike, or each
/// node's answer stayed the same for ``quietTime``.
package struct FinalReads<State: Equatable> {
  /// How long answers must stay as they are where nodes differ.
  private static var quietTime: Nanoseconds { .seconds(10) }

  /// What a line carries that may belong to a final read.
  private struct Line {
    var position: Int
    var time: Nanoseconds
    var type: Operation.Kind
    var extra: ValueMap
  }

  private struct Answer {
    var time: Nanoseconds
    var state: State
  }

  private var answers: [(node: Value, answers: [Answer])] = []
  private var end: Nanoseconds = 0
  /// The lines that are marked as a final read's, as Shrike or as Jepsen marks them.
  private var marked: Set<Int> = []
  /// The lines that name a node.
  private var named: Set<Int> = []
  /// The lines of each node's last final read that was answered.
  private var last: Set<Int> = []

  /// - Parameter state: What an answer says of the state: equal for answers that mean the same.
  package init(_ history: History, state: (Value) -> State) {
    let lines = history.operations.enumerated().lazy.map { position, line in
      Line(position: position, time: line.time, type: line.type, extra: line.extra)
    }
    self.init(lines) { state(history.operations[$0].value) }
  }

  /// - Parameter state: What the answer of a line says of the state.
  package init(_ history: HistoryColumns, state: (Int) -> State) {
    let lines = history.remarks.lazy.map { remark in
      let position = Int(remark.position)
      return Line(
        position: position, time: history.times?[position] ?? -1, type: history.types[position],
        extra: remark.extra)
    }
    self.init(lines, state: state)
  }

  private init(_ lines: some Sequence<Line>, state: (Int) -> State) {
    var places: [Value: Int] = [:]
    var latest: [Value: Int] = [:]
    for line in lines {
      let node = line.extra[fact: "node"]
      let isFinal = line.extra[fact: "final"] == true
      if isFinal || line.extra[fact: "final?"] == true { marked.insert(line.position) }
      guard let node else { continue }
      named.insert(line.position)
      guard isFinal else { continue }
      let place = places[node] ?? answers.count
      if place == answers.count {
        places[node] = place
        answers.append((node, []))
      }
      end = max(end, line.time)
      guard line.type == .ok else { continue }
      answers[place].answers.append(Answer(time: line.time, state: state(line.position)))
      latest[node] = line.position
    }
    last = Set(latest.values)
  }

  /// Whether a read is marked as final.
  package func isMarked(_ invocation: Int, _ completion: Int) -> Bool {
    marked.contains(invocation) || marked.contains(completion)
  }

  /// Whether a read is judged as final: each that is marked, but of a named node only the last one
  /// that was answered.
  package func judges(_ invocation: Int, _ completion: Int) -> Bool {
    isMarked(invocation, completion) && (!named.contains(completion) || last.contains(completion))
  }

  /// Why the answers prove nothing yet, where they don't.
  package var unrest: String? {
    let ends = answers.map { $0.answers.last?.state }
    if ends.allSatisfy({ $0 != nil && $0 == ends[0] }) { return nil }
    let quiet = end - FinalReads.quietTime
    for (node, answers) in answers {
      let name = node.name ?? node.json
      guard let last = answers.last else { return "\(name) never answered a final read" }
      let isOld = answers.contains { $0.time <= quiet }
      let hasRested = answers.lazy.filter { $0.time > quiet }
        .allSatisfy { $0.state == last.state }
      let before = answers.last { $0.time <= quiet }
      guard isOld, hasRested, before?.state == last.state else {
        return "\(name)'s answers had not come to rest when the final reads ended"
      }
    }
    return nil
  }
}
