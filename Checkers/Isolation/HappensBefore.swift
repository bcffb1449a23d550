/// Operations in the order of the history's lines, a line a process: who did what before what.
struct HappensBefore {
  /// The text, without a margin.
  let lines: [String]

  /// The most operations whose words are shown; of more there are only names.
  private static let wordsMax = 10

  /// - Parameter members: The operations, called T1, T2, …
  init(_ members: [Int], in transactions: Transactions) {
    let order = members.indices.sorted {
      transactions.line(of: members[$0]) < transactions.line(of: members[$1])
    }
    let cells = order.map { place in
      let name = "T\(place + 1)"
      guard members.count <= HappensBefore.wordsMax else { return name }
      return "\(name) \(transactions.shortText(of: members[place]))"
    }
    let processes = order.map { transactions.process(of: members[$0]) }
    let heads = Set(processes).sorted().map { (process: $0, text: "process \($0)") }
    let width = heads.map(\.text.count).max() ?? 0
    lines = heads.map { head in
      var line = head.text + String(repeating: " ", count: width - head.text.count) + " "
      for (cell, process) in zip(cells, processes) {
        line +=
          process == head.process ? "─\(cell)─" : String(repeating: "─", count: cell.count + 2)
      }
      return line
    }
  }
}

extension Transactions {
  /// What a single operation did, in a few characters: `w "x" 1`, `r "x" 1`.
  fileprivate func shortText(of operation: Int) -> String {
    let steps = steps(of: operation)
    let name = operations?.areKeyed == true ? "\(keyName(keys[steps.lowerBound])) " : ""
    let words = steps.map { step in
      kinds[step] == .write
        ? "w \(name)\(text(of: operands[step]))"
        : kinds[step] == .unread ? "r \(name)?" : "r \(name)\(text(of: operands[step]))"
    }
    return words.joined(separator: " ")
  }
}
