/// The order of writes to lists, as reads show it that may be of what is not committed.
///
/// An element stands behind another one in a list where it was appended after it, and one that the
/// longest list lacks was appended after those that are in it. That holds of those who committed;
/// whether who wrote something else did is not told by a read.
struct ListWrites {
  private let transactions: [DefinitionSearch.Transaction]
  /// Pairs of transactions that committed, of which the first wrote before the second.
  private var pairs: [(Int, Int)] = []
  /// Whether a list holds something twice, or what nobody wrote.
  private var isImpossible = false

  /// - Parameter aborted: Key and number of each element that a transaction took back.
  init(_ transactions: [DefinitionSearch.Transaction], keyCount: Int, aborted: Set<[Int]>) {
    self.transactions = transactions
    for key in 0..<keyCount {
      let lists = transactions.filter { !$0.isOptional }.flatMap(\.steps)
        .filter { $0.isRead && $0.key == key }.map(\.values)
      let writers = Dictionary(
        transactions.indices.flatMap { place in
          transactions[place].writes[key].map { ($0, place) }
        }, uniquingKeysWith: { first, _ in first })
      if lists.contains(where: { list in
        Set(list).count < list.count
          || list.contains { writers[$0] == nil && !aborted.contains([key, $0]) }
      }) {
        isImpossible = true
      }
      let longest = lists.max { $0.count < $1.count } ?? []
      let isOrdered =
        lists.allSatisfy { longest.starts(with: $0) }
        && transactions.allSatisfy { transaction in
          let own = longest.filter { transaction.writes[key].contains($0) }
          return own == transaction.writes[key].filter { longest.contains($0) }
        }
      guard isOrdered else { continue }
      for (place, element) in longest.enumerated() {
        guard let writer = writers[element], !transactions[writer].isOptional else { continue }
        let later = longest[(place + 1)...].compactMap { writers[$0] }
        let missing = transactions.indices.filter { other in
          transactions[other].writes[key].contains { !longest.contains($0) }
        }
        for other in later + missing
        where other != writer && !transactions[other].isOptional {
          pairs.append((writer, other))
        }
      }
    }
  }

  /// Whether some order of the transactions agrees with all that is known, and with another order.
  func haveOrder(
    _ precedes: (DefinitionSearch.Transaction, DefinitionSearch.Transaction) -> Bool
  ) -> Bool {
    guard !isImpossible else { return false }
    let committed = transactions.indices.filter { !transactions[$0].isOptional }
    var reaches = Set(pairs.map { [$0.0, $0.1] })
    for first in committed {
      for second in committed where precedes(transactions[first], transactions[second]) {
        reaches.insert([first, second])
      }
    }
    for middle in committed {
      for first in committed where reaches.contains([first, middle]) {
        for last in committed where reaches.contains([middle, last]) {
          reaches.insert([first, last])
        }
      }
    }
    return !committed.contains { reaches.contains([$0, $0]) }
  }
}
