extension AppendText {
  /// Decides a history in which it shows from each text that was read how it was made.
  ///
  /// The premise: each text that was read is made in one way only of the initial text, or one that
  /// was written, and texts that were appended, and what was written was written by one operation.
  /// Texts with a mark at their ends that are all different, like `x 3 17 y`, are so.
  ///
  /// Then a write, the reads of what begins with its text, and the appends that they show are a
  /// block: they take effect without any other change in between, for a read would show it, and
  /// in the order that the longest text shows, but for reads of one text. ``ForcedOrder`` checks
  /// that. A write or an append that no read shows is a block of its own: it may take effect
  /// anywhere but inside another block, or, where it crashed, never. So there is a linearization
  /// exactly if no two blocks precede each other: ``BlockSweep``, as for registers.
  ///
  /// Where a few texts were appended by several operations, all ways are tried to say which of
  /// them a read shows, but for those that time rules out at once.
  ///
  /// - Complexity: O(*n*) for operations and the texts that were read, times the number of the
  ///   different lengths of those that were written and appended.
  public func decide(_ history: ObjectHistory<Operation>) -> Decision? {
    var blocks = TextBlocks(self, history)
    do throws(Obstacle) {
      try blocks.check()
      return .linearizable
    } catch {
      guard case .violated(let operations, let reason) = error else { return nil }
      return certificate(for: operations, reason, blocks).map(Decision.nonlinearizable)
    }
  }

  /// A part of the history with the same violation, as small as the operations named in it allow;
  /// or nothing if those don't suffice for one.
  private func certificate(
    for named: [Int32], _ reason: String, _ blocks: TextBlocks
  ) -> Certificate? {
    let parts = (blocks.reasons + [named]).map { (named: $0, all: blocks.closure(of: $0)) }
    let sufficient = parts.sorted { $0.all.count < $1.all.count }.first {
      blocks.isViolated(by: $0.all)
    }
    guard let (named, all) = sufficient else { return nil }
    var small = TextBlocks(self, blocks.part(all))
    _ = try? small.splitReads()
    let smallest = smallestPart(
      of: all.count, naming: all.indices.filter { named.contains(all[$0]) }.map { Int32($0) },
      closure: { small.closure(of: $0) }, isViolated: { small.isViolated(by: $0) })
    return Certificate(smallest.map { all[Int($0)] }, reason: reason)
  }
}
