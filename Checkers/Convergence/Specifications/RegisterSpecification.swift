internal import Histories
internal import Values

/// A register of which the write with the greatest stamp counts.
struct LastWriterRegisterSpecification: Specification {
  private let history: ReplicaHistory
  private var latest: Int?

  init(_ history: ReplicaHistory) { self.history = history }

  mutating func reset() { latest = nil }

  mutating func see(_ update: Int) {
    guard let stamp = history.stamps[update] else { return }
    if let latest, let other = history.stamps[latest], stamp < other { return }
    latest = update
  }

  func allows(_ answer: ValueCode) -> Bool {
    answer == (latest.map { history.operands[$0] } ?? .null)
  }

  var value: Value { latest.map { history.table.value(of: history.operands[$0]) } ?? .null }
}

/// A register that keeps the values of all writes that no other write had seen.
struct MultiValueRegisterSpecification: Specification {
  private let history: ReplicaHistory
  private var writes: LiveContributions

  init(_ history: ReplicaHistory) {
    self.history = history
    writes = LiveContributions(history, slotCount: 1)
  }

  mutating func reset() { writes.reset() }

  mutating func see(_ update: Int) {
    writes.take(0, by: update)
    writes.contribute(Int(history.operands[update].raw), to: 0, by: update)
  }

  func allows(_ answer: ValueCode) -> Bool {
    guard let read = history.table.elements(of: answer) else { return false }
    return read.map { Int($0.raw) }.sorted() == writes[0].map(\.amount).sorted()
  }

  var value: Value {
    .list(
      writes[0].map {
        history.table.value(of: ValueCode(raw: Int32(truncatingIfNeeded: $0.amount)))
      }
      .sorted())
  }
}

/// A flag, of which concurrent enables or disables win.
struct FlagSpecification: Specification {
  private let history: ReplicaHistory
  /// Updates of the kind that wins which none of the other kind had seen.
  private var winners: LiveContributions
  private var isEnabled = false

  private static let enable: UInt8 = 0

  init(_ history: ReplicaHistory) {
    self.history = history
    winners = LiveContributions(history, slotCount: 1)
  }

  mutating func reset() {
    winners.reset()
    isEnabled = false
  }

  mutating func see(_ update: Int) {
    let enables = history.functions[update] == FlagSpecification.enable
    if enables { isEnabled = true }
    if enables == (history.type == .enableWinsFlag) {
      winners.contribute(1, to: 0, by: update)
    } else {
      winners.take(0, by: update)
    }
  }

  private var isOn: Bool {
    history.type == .enableWinsFlag ? !winners[0].isEmpty : isEnabled && winners[0].isEmpty
  }

  func allows(_ answer: ValueCode) -> Bool { history.table.value(of: answer) == value }
  var value: Value { .bool(isOn) }
}
