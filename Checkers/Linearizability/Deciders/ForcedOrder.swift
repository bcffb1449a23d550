/// Groups of operations that must take effect one group after the other, each in any order.
///
/// They can exactly if no operation returned before one of an earlier group was invoked: then the
/// operations of each group can follow each other as they returned.
struct ForcedOrder {
  private var firstReturns: [Int32]
  private var lastInvocations: [Int32]

  init(groupCount: Int) {
    firstReturns = [Int32](repeating: .max, count: groupCount)
    lastInvocations = [Int32](repeating: -1, count: groupCount)
  }

  /// Adds the event at a time, which is later than those before, of an operation of a group.
  mutating func add(isReturn: Bool, at time: Int32, group: Int) {
    if !isReturn {
      lastInvocations[group] = time
    } else if firstReturns[group] == .max {
      firstReturns[group] = time
    }
  }

  /// When an operation returned before one was invoked that must come first.
  ///
  /// - Parameter groups: Those that follow each other; all where none are given.
  func conflict(in groups: Range<Int>? = nil) -> (returned: Int32, invoked: Int32)? {
    var latest: Int32 = -1
    for group in groups ?? firstReturns.indices {
      if firstReturns[group] < latest { return (firstReturns[group], latest) }
      latest = max(latest, lastInvocations[group])
    }
    return nil
  }

  /// When the first operation of some groups returned.
  func firstReturn(in groups: Range<Int>) -> Int32 { firstReturns[groups].min() ?? .max }

  /// When the last operation of some groups was invoked, or -1.
  func lastInvocation(in groups: Range<Int>) -> Int32 { lastInvocations[groups].max() ?? -1 }

  /// The zone of groups that form a block.
  func zone(of groups: Range<Int>) -> BlockZone {
    BlockZone(low: firstReturn(in: groups), high: lastInvocation(in: groups))
  }
}
