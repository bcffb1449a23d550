internal import Values
internal import Verdicts

extension Deliveries {
  /// What must stand before a message in a node's deliveries.
  private struct Before {
    var message: Int32
    /// Where it stands, or -1.
    var place: Int32
  }

  /// For each message its first place in a log, or -1.
  private func positions(in log: Log) -> [Int32] {
    var positions = Array(repeating: Int32(-1), count: messages.count)
    for (place, message) in log.messages.enumerated()
    where message >= 0 && positions[Int(message)] < 0 {
      positions[Int(message)] = Int32(truncatingIfNeeded: place)
    }
    return positions
  }

  /// The acknowledged messages of each node, in the order of their numbers.
  private var sent: [[Int]] {
    var sent = logs.map { _ in [Int]() }
    for (number, message) in messages.enumerated() where message.sender >= 0 {
      sent[message.sender].append(number)
    }
    return sent.map { numbers in
      numbers.sorted { (messages[$0].number, $0) < (messages[$1].number, $1) }
    }
  }

  /// Reports messages that were delivered without one that their sender broadcast before.
  func reportFIFO(in report: inout CaseReport) {
    let sent = sent
    for (place, log) in logs.enumerated() where !log.isRewritten {
      let positions = positions(in: log)
      for numbers in sent {
        // The last of the earlier ones in this log, and the first that is not in it.
        var last = Before(message: -1, place: -1)
        var absent: Int32 = -1
        var group = 0
        for (order, number) in numbers.enumerated() {
          // Those that were given one number are in no order.
          while messages[numbers[group]].number < messages[number].number {
            let earlier = Int32(truncatingIfNeeded: numbers[group])
            let position = positions[Int(earlier)]
            if position > last.place { last = Before(message: earlier, place: position) }
            if position < 0 && absent < 0 { absent = earlier }
            group += 1
          }
          precondition(group <= order)
          let found = violation(of: number, at: positions[number], in: log, last, absent)
          guard let found else { continue }
          report.add("fifo-violation") {
            explain(number, positions[number], place, found, "broadcast")
          }
        }
      }
    }
  }

  /// Reports messages that were delivered without one that their sender had delivered before.
  func reportCausal(in report: inout CaseReport) {
    let sent = sent
    for (place, log) in logs.enumerated() where !log.isRewritten {
      let positions = positions(in: log)
      for (sender, numbers) in sent.enumerated()
      where sender != place && !numbers.isEmpty && !logs[sender].isRewritten {
        let (lasts, absents) = prefixes(of: logs[sender], positions)
        for number in numbers {
          let count = min(messages[number].delivered, logs[sender].knownCount)
          guard count > 0 else { continue }
          let found = violation(
            of: number, at: positions[number], in: log, lasts[count - 1], absents[count - 1])
          guard let found else { continue }
          report.add("causal-violation") {
            explain(number, positions[number], place, found, "delivered")
          }
        }
      }
    }
  }

  /// For each beginning of a sender's log the message in it that another log has last, and the first
  /// one that the other log lacks.
  private func prefixes(of log: Log, _ positions: [Int32]) -> ([Before], [Int32]) {
    var lasts: [Before] = []
    var absents: [Int32] = []
    var last = Before(message: -1, place: -1)
    var absent: Int32 = -1
    for message in log.messages[..<log.knownCount] {
      let position = positions[Int(message)]
      if position > last.place { last = Before(message: message, place: position) }
      if position < 0 && absent < 0 { absent = message }
      lasts.append(last)
      absents.append(absent)
    }
    return (lasts, absents)
  }

  /// The message that a log should have before another and has not, if there is one.
  private func violation(
    of number: Int, at position: Int32, in log: Log, _ last: Before, _ absent: Int32
  ) -> Before? {
    guard position >= 0 else { return nil }
    if last.place > position { return last }
    // One that no read showed may stand where nothing is known.
    guard absent >= 0, position < log.knownCount else { return nil }
    return Before(message: absent, place: -1)
  }

  private func explain(
    _ number: Int, _ position: Int32, _ log: Int, _ before: Before, _ verb: String
  ) -> (operations: [Int], detail: String) {
    let message = messages[number]
    let other = messages[Int(before.message)]
    let source = index(logs[log].sources[Int(position)])
    let whereOther =
      before.place < 0
      ? "and had not delivered it then"
      : "and it as number \(before.place + 1), read at op "
        + "\(index(logs[log].sources[Int(before.place)]))"
    let operations =
      [other.end, message.end].filter { $0 >= 0 }.map { index($0) } + [source]
      + (before.place < 0 ? [] : [index(logs[log].sources[Int(before.place)])])
    return (
      operations,
      "\(name(message.sender)) had \(verb) \(text(before.message)) when it broadcast "
        + "\(text(number)), acknowledged at op \(index(message.end)); \(name(log)) delivered "
        + "\(text(number)) as number \(position + 1), read at op \(source), \(whereOther)"
    )
  }

  /// Where a log's messages stand, each taken once: for each place in that order the place in the log, or
  /// -1 where no read showed one.
  private func order(of log: Log) -> [Int] {
    var isSeen = Array(repeating: false, count: messages.count)
    var firsts: [Int] = []
    var hasDuplicates = false
    for (place, message) in log.messages.enumerated() where message >= 0 {
      if isSeen[Int(message)] {
        hasDuplicates = true
      } else if place < log.knownCount {
        firsts.append(place)
      }
      isSeen[Int(message)] = true
    }
    // Duplicates shift what comes after them; beyond a gap nobody knows by how much.
    return hasDuplicates ? firsts : log.messages.indices.map { log.messages[$0] < 0 ? -1 : $0 }
  }

  /// Reports nodes whose deliveries, each message taken once, are not those of the others as far as
  /// both are known, the longest first.
  func reportTotalOrder(in report: inout CaseReport) {
    let orders = logs.map { $0.isRewritten ? [] : order(of: $0) }
    // For each place in the one order a log that shows what stands there.
    var known: [(log: Int, place: Int)] = []
    for log in orders.indices.sorted(by: { (-orders[$0].count, $0) < (-orders[$1].count, $1) }) {
      let order = orders[log]
      if known.count < order.count {
        known += Array(repeating: (-1, -1), count: order.count - known.count)
      }
      let differing = order.indices.first {
        order[$0] >= 0 && known[$0].log >= 0
          && logs[known[$0].log].messages[known[$0].place] != logs[log].messages[order[$0]]
      }
      guard let differing else {
        for place in order.indices where order[place] >= 0 && known[place].log < 0 {
          known[place] = (log, order[place])
        }
        continue
      }
      let (here, (other, there)) = (order[differing], known[differing])
      let sources = [logs[log].sources[here], logs[other].sources[there]].map { index($0) }
      report.add(
        "total-order-violation", sources,
        "after \(differing) in one order \(name(log)) delivered "
          + "\(text(logs[log].messages[here])), read at op \(sources[0]), and \(name(other)) "
          + "\(text(logs[other].messages[there])), read at op \(sources[1])")
    }
  }
}
