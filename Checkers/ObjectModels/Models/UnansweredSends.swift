internal import Histories
internal import Values

/// Which offsets the sends of a log that never answered must have got, if any.
///
/// Offsets ascend, but not always by one. What polls saw of a value, and no send answered, is what
/// unanswered sends of that value put there, each once. Any order in which some of them did can be
/// had with the earliest invoked ones, in the order of their invocations, for none of them ever
/// returns: so the least offset is the first one's, and so on, and the others need not have happened.
struct UnansweredSends {
  private struct Message: Hashable {
    var outer: ValueCode?
    var key: ValueCode
    var value: ValueCode
  }

  /// In the order of the invocations.
  private(set) var offsets: [Int64?] = []

  init(_ history: HistoryColumns, isKeyed: Bool) {
    var seen: [Message: Set<Int64>] = [:]
    var answered: [Message: Set<Int64>] = [:]
    var unanswered: [Message?] = []
    let table = history.table

    /// Takes [key, rest] apart, within [outer key, [key, rest]] where there are outer keys.
    func split(_ code: ValueCode) -> (outer: ValueCode?, key: ValueCode, rest: ValueCode)? {
      guard let (first, second) = table.pair(of: code) else { return nil }
      guard isKeyed else { return (nil, first, second) }
      return table.pair(of: second).map { (first, $0.0, $0.1) }
    }
    func note(_ code: ValueCode, _ place: (outer: ValueCode?, key: ValueCode), isSeen: Bool) {
      guard let (offset, value) = table.pair(of: code),
        let integer = offset.integer ?? table.value(of: offset).integer
      else { return }
      let message = Message(outer: place.outer, key: place.key, value: value)
      if isSeen {
        seen[message, default: []].insert(Int64(integer))
      } else {
        answered[message, default: []].insert(Int64(integer))
      }
    }

    for position in 0..<history.count where history.processes[position] >= 0 {
      let partner = Int(history.partners[position])
      let isSend = history.f(at: position) == "send"
      switch history.types[position] {
      case .invoke where isSend && (partner < 0 || history.types[partner] == .info):
        let parts = split(history.values[position])
        unanswered.append(
          parts.map { Message(outer: $0.outer, key: $0.key, value: $0.rest) })
      case .ok where partner >= 0:
        guard let (outer, key, rest) = split(history.values[position]) else { continue }
        if isSend {
          note(rest, (outer, key), isSeen: false)
        } else {
          for code in table.elements(of: rest) ?? [] { note(code, (outer, key), isSeen: true) }
        }
      default: continue
      }
    }

    var free: [Message: ArraySlice<Int64>] = [:]
    for message in Set(unanswered.compactMap(\.self)) {
      let offsets = seen[message, default: []].subtracting(answered[message, default: []])
      free[message] = offsets.sorted()[...]
    }
    offsets = unanswered.map { message in message.flatMap { free[$0]?.popFirst() } }
  }
}
