public import Histories
import Values
public import Verdicts

/// Reduces an invalid history to a part that is invalid in the same way, and of which nothing can be
/// left out.
///
/// A part may be wrong where the whole is not: a read of a value that nothing writes any more. So
/// nothing else may go wrong with it, and the whole must be invalid in the same way, too, if it is not
/// known how what is left out ended. An operation that must only have been there is *open* in the part:
/// it is not told how it ended.
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
    let subject = ShrunkHistory(
      history, checker, target, known: Set(finding.anomalies.map(\.type)))
    // Its lines may be paired otherwise by themselves than where the checker saw them.
    guard subject.isWrong(whole: subject.all, open: []) else { return (history, false) }
    var (whole, open) = (subject.all, [Int]())
    var isMinimal = true
    let about = subject.about
    if !about.isEmpty, subject.isWrong(whole: about) {
      whole = about
      open = subject.others(than: about)
      // What is about nothing goes first: what is left is soon small.
      isMinimal = reduce(&open) { subject.isWrong(whole: whole, open: $0) } && isMinimal
      let near = whole + open
      var fewer = whole
      isMinimal =
        reduce(&fewer) { kept in
          subject.isWrong(whole: kept, open: near.filter { !kept.contains($0) })
        } && isMinimal
      if subject.isWrong(whole: fewer) {
        open = near.filter { !fewer.contains($0) }
        whole = fewer
      } else {
        isMinimal = reduce(&whole) { subject.isWrong(whole: $0) } && isMinimal
        open = subject.others(than: whole)
      }
    } else {
      isMinimal = reduce(&whole) { subject.isWrong(whole: $0) } && isMinimal
      open = subject.others(than: whole)
    }
    isMinimal = reduce(&open) { subject.isWrong(whole: whole, open: $0) } && isMinimal
    // Now that little is left, some of it may not be needed at all.
    let count = whole.count
    isMinimal =
      reduce(&whole) {
        subject.isWrong(whole: $0, open: open) && subject.isWrong(whole: $0)
      } && isMinimal
    if whole.count < count {
      isMinimal = reduce(&open) { subject.isWrong(whole: whole, open: $0) } && isMinimal
    }
    return subject.part(whole: whole, open: open).map { ($0, isMinimal) }
  }

  /// Leaves out what can be, in chunks.
  ///
  /// - Returns: Whether nothing more can be.
  private func reduce(_ kept: inout [Int], _ isWrong: ([Int]) -> Bool) -> Bool {
    var size = (kept.count + 1) / 2
    while size > 0 {
      var end = kept.count
      var hasChanged = false
      while end > 0 {
        guard !interrupted() else { return false }
        let chunk = max(0, end - size)..<end
        var fewer = kept
        fewer.removeSubrange(chunk)
        if isWrong(fewer) {
          kept = fewer
          hasChanged = true
        }
        end = min(chunk.lowerBound, kept.count)
      }
      // What could not go before may go now.
      size = size == 1 && hasChanged ? 1 : size / 2
    }
    return true
  }
}

/// A history of which some operations are left out or open.
private struct ShrunkHistory {
  private let history: History
  private let checker: any Checker
  private let target: Anomaly
  private let cited: Set<Int>
  private let known: Set<String>
  /// The places of each operation's lines, invocation and completion, in the order of the first.
  private let places: [[Int]]

  init(_ history: History, _ checker: any Checker, _ target: Anomaly, known: Set<String>) {
    self.history = history
    self.checker = checker
    self.target = target
    cited = Set(target.operations)
    self.known = known
    places = history.operations.indices.compactMap { place in
      let partner = Int(history.partners[place])
      if partner < 0 { return [place] }
      return partner > place ? [place, partner] : nil
    }
  }

  var all: [Int] { Array(places.indices) }

  /// The operations that the anomaly shows.
  var about: [Int] {
    all.filter { places[$0].contains { cited.contains(history.operations[$0].index) } }
  }

  func others(than kept: [Int]) -> [Int] {
    let kept = Set(kept)
    return all.filter { !kept.contains($0) }
  }

  /// Whether some operations are wrong in the same way, with all others open.
  func isWrong(whole: [Int]) -> Bool { isWrong(whole: whole, open: others(than: whole)) }

  /// Whether some operations are wrong in the same way and in no other, with some others open.
  func isWrong(whole: [Int], open: [Int]) -> Bool {
    guard let part = part(whole: whole, open: open) else { return false }
    let found = checker.check(part)
    return found.verdict == .invalid && found.anomalies.allSatisfy { known.contains($0.type) }
      && found.anomalies.contains {
        $0.type == target.type && cited.isSuperset(of: $0.operations)
      }
  }

  func part(whole: [Int], open: [Int]) -> History? {
    var lines: [(place: Int, line: Operation)] = whole.flatMap { places[$0] }
      .map { ($0, history.operations[$0]) }
    for place in open.flatMap({ places[$0] }) { lines.append((place, opened(place))) }
    lines.sort { $0.place < $1.place }
    return try? History(lines.map(\.line))
  }

  /// A line that does not say any more how its operation ended.
  private func opened(_ place: Int) -> Operation {
    var line = history.operations[place]
    guard line.type != .invoke else { return line }
    line.type = .info
    line.error = nil
    let partner = Int(history.partners[place])
    if partner >= 0 { line.value = history.operations[partner].value }
    return line
  }
}
