internal import Histories
internal import Values
internal import Verdicts

/// An update that was acknowledged.
private struct Acknowledged {
  var function: UInt8
  var operand: ValueCode
  var line: Int32
}

/// What answers may be where nobody says what they had seen.
extension ConvergenceOutcome {
  /// All updates that were acknowledged, whether they have names or not.
  private var acknowledged: [Acknowledged] {
    let unnamed = history.unnamed.compactMap { line -> Acknowledged? in
      let f = history.history.f(at: Int(line))
      guard let function = history.type.updates.firstIndex(where: { $0.f == f }) else { return nil }
      let operand = history.history.values[Int(history.history.partners[Int(line)])]
      return Acknowledged(function: UInt8(function), operand: operand, line: line)
    }
    let named = (0..<history.updateCount).filter { history.isAcknowledged[$0] }.map {
      Acknowledged(
        function: history.functions[$0], operand: history.operands[$0], line: history.lines[$0])
    }
    return unnamed + named
  }

  private func integer(_ code: ValueCode) -> Int { history.table.value(of: code).integer ?? 0 }

  /// That counters are not beyond what had been asked for when they were read.
  mutating func judgeRanges() {
    switch history.type {
    case .growOnlyCounter, .counter, .boundedCounter: break
    default: return
    }
    let isUnnamed = history.updateCount == 0
    let reads = history.reads.filter { !$0.isFinal && (isUnnamed || $0.row < 0) }
      .sorted { $0.completion < $1.completion }
    var (lowest, highest, position) = (0, 0, 0)
    let lines = history.history
    for read in reads {
      while position < Int(read.completion) {
        defer { position += 1 }
        let partner = Int(lines.partners[position])
        guard lines.types[position] == .invoke, lines.processes[position] >= 0,
          lines.f(at: position) == "add", partner < 0 || lines.types[partner] != .fail
        else { continue }
        let amount = integer(lines.values[position])
        if amount < 0 { lowest &+= amount } else { highest &+= amount }
      }
      guard let value = history.table.value(of: read.answer).integer,
        value < lowest || value > highest
      else { continue }
      let range = (lowest, highest)
      add("unexplained", [read.completion]) { _, ops in
        "op \(ops[0]) answered \(value); what had been asked for until then adds up to something from "
          + "\(range.0) to \(range.1)"
      }
    }
  }

  /// That final values are explained by what was acknowledged, where nobody says what was seen.
  mutating func judgeFinalValues(_ final: [ReplicaHistory.Read]) {
    switch history.type {
    case .growOnlyCounter, .counter, .boundedCounter: judgeFinalSum(final)
    case .growOnlySet, .twoPhaseSet, .lastWriterSet, .addWinsSet, .removeWinsSet:
      judgeFinalElements(final) { update in update.function == 0 ? update.operand : nil }
    case .cart:
      let table = history.table
      judgeFinalElements(final) { update in
        update.function == 0 ? table.pair(of: update.operand)?.0 : nil
      }
    case .text: judgeFinalText(final)
    case .lastWriterRegister, .multiValueRegister: judgeFinalRegister(final)
    case .enableWinsFlag, .disableWinsFlag: judgeFinalFlag(final)
    case .map, .tree: break
    }
  }

  private mutating func judgeFinalSum(_ final: [ReplicaHistory.Read]) {
    var base = 0
    var open = history.attempts
    for update in acknowledged where update.function == 0 {
      base &+= integer(update.operand)
      open[ReplicaHistory.Attempt(function: 0, operand: update.operand), default: 0] -= 1
    }
    let uncertain = open.filter { $0.key.function == 0 && $0.value > 0 }.flatMap { attempt, count in
      Array(repeating: integer(attempt.operand), count: count)
    }
    guard let sums = SubsetSums(base: base, uncertain) else { return }
    for read in final {
      guard let value = history.table.value(of: read.answer).integer,
        sums.contains(value) == false
      else { continue }
      add("unexplained", [read.completion]) { _, ops in
        "op \(ops[0]) answered \(value) in the end; what was acknowledged adds up to \(base)"
          + (uncertain.isEmpty
            ? ""
            : ", and no choice of the \(uncertain.count) adds without an answer makes the difference")
      }
    }
  }

  /// Elements or items that were added and of which nothing else was ever asked for.
  private mutating func judgeFinalElements(
    _ final: [ReplicaHistory.Read], _ added: (Acknowledged) -> ValueCode?
  ) {
    var others: Set<ValueCode> = []
    for attempt in history.attempts.keys where attempt.function > 0 {
      others.insert(attempt.operand)
      if let pair = history.table.pair(of: attempt.operand), history.type == .cart {
        others.insert(pair.0)
      }
    }
    let table = history.table
    let contents = final.map { read in
      let parts = table.elements(of: read.answer) ?? []
      return Set(history.type == .cart ? parts.compactMap { table.pair(of: $0)?.0 } : Array(parts))
    }
    for update in acknowledged {
      guard let element = added(update), !others.contains(element),
        let place = contents.firstIndex(where: { !$0.contains(element) })
      else { continue }
      addLost(update, element, in: final[place])
    }
  }

  private mutating func addLost(
    _ update: Acknowledged, _ element: ValueCode, in read: ReplicaHistory.Read
  ) {
    add("lost", [update.line, read.completion]) { text, ops in
      "\(text.text(element)) of op \(ops[0]) is not in the answer of op \(ops[1])"
    }
  }

  /// Each delete takes away one element, so no more elements are missing than deletes were asked for.
  private mutating func judgeFinalText(_ final: [ReplicaHistory.Read]) {
    let inserts = acknowledged.compactMap { update -> (Acknowledged, ValueCode)? in
      guard update.function == 0 else { return nil }
      return history.table.pair(of: update.operand).map { (update, $0.1) }
    }
    let deleteCount = history.attempts.reduce(0) { $0 + ($1.key.function == 1 ? $1.value : 0) }
    for read in final {
      let content = Set(history.table.elements(of: read.answer) ?? [])
      let missing = inserts.filter { !content.contains($0.1) }
      guard missing.count > deleteCount, let (update, element) = missing.last else { continue }
      add("lost", [update.line, read.completion]) { text, ops in
        "\(missing.count) elements that were inserted, such as \(text.text(element)) of op \(ops[0]), "
          + "are not in the answer of op \(ops[1]), and \(deleteCount) deletes were asked for"
      }
    }
  }

  /// A register that was written is not empty again.
  private mutating func judgeFinalRegister(_ final: [ReplicaHistory.Read]) {
    let null = ReplicaHistory.Attempt(function: 0, operand: .null)
    guard history.attempts[null] == nil, let update = acknowledged.last else { return }
    for read in final
    where read.answer == .null || history.table.elements(of: read.answer)?.isEmpty == true {
      addLost(update, update.operand, in: read)
    }
  }

  /// A flag that was enabled and never disabled is on.
  private mutating func judgeFinalFlag(_ final: [ReplicaHistory.Read]) {
    guard !history.attempts.keys.contains(where: { $0.function == 1 }),
      let update = acknowledged.last
    else { return }
    for read in final where history.table.value(of: read.answer) == false {
      add("lost", [update.line, read.completion]) { _, ops in
        "the flag was enabled by op \(ops[0]) and never disabled, and op \(ops[1]) answered false"
      }
    }
  }
}
