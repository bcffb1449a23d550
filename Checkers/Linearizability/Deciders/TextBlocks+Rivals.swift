extension TextBlocks {
  /// Tries which of the operations that appended the same text stand at its places.
  ///
  /// Those that can't for the time of the operations around the place are ruled out; so few ways
  /// are left in practice that all can be tried, and where they are many there is no answer.
  mutating func settle() throws(Obstacle) {
    guard contested.count <= 64 else { throw .undecided }
    let forced = forced
    var trial = Trial(count: 256)
    for contest in contested {
      let block = blocks[Int(contest.place.block)]
      let group = block.firstGroup + Int(contest.place.group)
      let before = forced.lastInvocation(in: block.firstGroup..<group)
      let after = forced.firstReturn(in: group + 1..<block.groups.upperBound)
      trial.candidates.append(
        appenders(of: contest.text).filter { operation in
          let (invoked, returned) = interval(of: operation)
          return invoked < after && before < returned
        })
      // Were there no way, this would be why.
      trial.named.append(block.longest)
      for time in [before, after] where time >= 0 && time < .max {
        trial.named.append(history.events[Int(time)] >> 1)
      }
    }
    if try attempt(0, &trial) { return }
    throw .violated(
      Array(Set(trial.named)).sorted(),
      reason: "whichever of the appends of one text a read showed, it can't have been then")
  }

  private struct Trial {
    /// How many steps may still be tried.
    var count: Int
    var candidates: [[Int32]] = []
    /// The operations of the violations met.
    var named: [Int32] = []
  }

  /// Whether a way was found, with the first contests decided.
  private func attempt(_ first: Int, _ trial: inout Trial) throws(Obstacle) -> Bool {
    guard trial.count > 0 else { throw .undecided }
    trial.count -= 1
    if first < contested.count {
      for operation in trial.candidates[first] where places[Int(operation)].block < 0 {
        var next = self
        next.places[Int(operation)] = contested[first].place
        if try next.attempt(first + 1, &trial) { return true }
      }
      return false
    }
    var blocks = self
    blocks.placeSingles()
    do throws(Obstacle) {
      try blocks.checkTime()
      return true
    } catch {
      guard case .violated(let operations, _) = error else { throw error }
      trial.named += operations
      return false
    }
  }

  /// When an operation was invoked and returned.
  private func interval(of operation: Int32) -> (invoked: Int32, returned: Int32) {
    var (invoked, returned) = (Int32(0), Int32.max)
    for (time, event) in history.events.enumerated() where event >> 1 == operation {
      if event & 1 == 0 { invoked = Int32(time) } else { returned = Int32(time) }
    }
    return (invoked, returned)
  }
}
