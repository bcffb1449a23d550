public import Histories
import Values
public import Verdicts

/// Reduces an invalid history to a part that is invalid in the same way, and of which nothing can be
/// left out.
///
/// A part may be wrong where the whole is not: a read of a value that nothing writes any more. So
/// something is left out only where nothing else goes wrong by that, and where the whole is invalid in
/// the same way, too, if it is not known whether what is left out took effect.
public struct HistoryShrinker: Sendable {
  let checker: any Checker
  private let interrupted: @Sendable () -> Bool

  /// - Parameter interrupted: Asked before each check; once it says yes, what is left is the result.
  public init(_ checker: any Checker, interrupted: @escaping @Sendable () -> Bool = { false }) {
    self.checker = checker
    self.interrupted = interrupted
  }

  /// Zeller and Hildebrandt, *Simplifying and isolating failure-inducing input* (2002): operations are
  /// left out in chunks, large ones first; but first all that the anomaly is not about.
  ///
  /// - Returns: The operations that are left, with the indices that they had, and whether none of them
  ///   can be left out; nothing where the history is not invalid.
  /// - Complexity: O(*n* log *n*) checks of *n* operations where many are needed.
  public func shrink(_ history: History) -> (part: History, isMinimal: Bool)? {
    let finding = checker.check(history)
    guard finding.verdict == .invalid, let target = finding.anomalies.first else { return nil }
    let cited = Set(target.operations)
    let known = Set(finding.anomalies.map(\.type))
    let operations = history.operationPlaces
    /// A part that is invalid in the same way, and all that is wrong with it.
    func judged(_ lines: [Operation]) -> (History, types: Set<String>)? {
      guard let part = try? History(lines) else { return nil }
      let found = checker.check(part)
      let isSame = found.anomalies.contains {
        $0.type == target.type && cited.isSuperset(of: $0.operations)
      }
      guard found.verdict == .invalid, isSame else { return nil }
      return (part, Set(found.anomalies.map(\.type)))
    }
    func fails(_ kept: [Int]) -> History? {
      let places = kept.flatMap { operations[$0] }.sorted()
      guard let (part, found) = judged(places.map { history.operations[$0] }),
        found.isSubset(of: known),
        judged(history.weakened(except: Set(places))) != nil
      else { return nil }
      return part
    }
    var kept = Array(operations.indices)
    // Its lines may be paired otherwise by themselves than where the checker saw them.
    guard var part = fails(kept) else { return (history, false) }
    let about = kept.filter { place in
      operations[place].contains { cited.contains(history.operations[$0].index) }
    }
    if !about.isEmpty, let found = fails(about) { (kept, part) = (about, found) }
    var size = (kept.count + 1) / 2
    while size > 0 {
      var end = kept.count
      var hasChanged = false
      while end > 0 {
        guard !interrupted() else { return (part, false) }
        let chunk = max(0, end - size)..<end
        var fewer = kept
        fewer.removeSubrange(chunk)
        if let found = fails(fewer) {
          (kept, part) = (fewer, found)
          hasChanged = true
        }
        end = min(chunk.lowerBound, kept.count)
      }
      // What could not go before may go now.
      size = size == 1 && hasChanged ? 1 : size / 2
    }
    return (part, true)
  }
}

extension History {
  /// All lines, but those who completed an operation that is not kept do not say any more how it
  /// ended.
  fileprivate func weakened(except kept: Set<Int>) -> [Operation] {
    operations.indices.map { place in
      var line = operations[place]
      let partner = Int(partners[place])
      guard line.type != .invoke, partner >= 0, !kept.contains(place) else { return line }
      line.type = .info
      line.value = operations[partner].value
      line.error = nil
      return line
    }
  }

  /// The places of each operation's lines, invocation and completion, in the order of the first.
  fileprivate var operationPlaces: [[Int]] {
    operations.indices.compactMap { place in
      let partner = Int(partners[place])
      if partner < 0 { return [place] }
      return partner > place ? [place, partner] : nil
    }
  }
}
