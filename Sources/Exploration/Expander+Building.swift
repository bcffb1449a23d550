extension Expander {
  /// The most words that a successor has.
  @inline(__always)
  func limit(of candidate: Candidate, _ state: StateList.State) -> Int {
    candidate.outcome < 0
      ? state.count + 1 : state.count + Int(table.outcomes[candidate.outcome].sendCount)
  }

  /// Adds a successor of the state that was expanded last to a list.
  @inline(__always)
  func build(_ candidate: Candidate, of state: StateList.State, into list: StateList) {
    let limit = limit(of: candidate, state)
    let words = list.begin(limit)
    let count = write(candidate, of: state, to: words)
    list.end(
      count, of: limit,
      usesSymmetry ? canonicalize(words, count: count) : candidate.fingerprint)
  }

  /// A successor of the state that was expanded last, with its own names.
  func successor(_ candidate: Candidate, of state: StateList.State) -> StateList {
    let list = StateList()
    let limit = limit(of: candidate, state)
    let words = list.begin(limit)
    list.end(write(candidate, of: state, to: words), of: limit, candidate.fingerprint)
    return list
  }

  /// - Returns: How many words were written.
  @inline(__always)
  func write(
    _ candidate: Candidate, of state: StateList.State, to words: UnsafeMutablePointer<UInt32>
  ) -> Int {
    words[Layout.clients] = candidate.clients
    words[Layout.memory] = candidate.memory
    words[Layout.budgets] = candidate.budgets
    words[Layout.marks] = candidate.marks
    for node in Layout.processes..<Layout.processes + nodeCount { words[node] = state.words[node] }
    if candidate.outcome >= 0 {
      words[Layout.processes + candidate.node] = table.outcomes[candidate.outcome].process
    }
    let first = Layout.processes + nodeCount
    return first + writeNetwork(candidate, of: state, to: words + first)
  }

  @inline(__always)
  func writeNetwork(
    _ candidate: Candidate, of state: StateList.State, to words: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let first = Layout.processes + nodeCount
    var count = 0
    let consumed =
      network != .set && candidate.touchesMessage && candidate.action != .duplicate
      ? candidate.subject : -1
    for place in 0..<state.count - first where place != consumed {
      words[count] = state.words[first + place]
      count += 1
    }
    if candidate.action == .duplicate {
      words[count] = state.words[first + candidate.subject]
      return count + 1
    }
    guard candidate.outcome >= 0 else { return count }
    let outcome = table.outcomes[candidate.outcome]
    for place in 0..<Int(outcome.sendCount) {
      let message = table.numbers[Int(outcome.sends) + place]
      if network == .set && Int(message) < stamps.count && stamps[Int(message)] == stamp {
        continue
      }
      words[count] = message
      count += 1
    }
    return count
  }

  // MARK: Symmetry

  /// Whether one state stands for all that differ from it in names only.
  var usesSymmetry: Bool { canonicalizer != nil }

  /// Exchanges names in a state so that it is the one that stands for it.
  ///
  /// - Returns: Its fingerprint.
  func canonicalize(_ words: UnsafeMutablePointer<UInt32>, count: Int) -> Fingerprint {
    canonicalizer?.canonicalize(words, count: count, self) ?? fingerprint(words, count: count)
  }

  /// The fingerprint of the state that stands for another.
  func canonicalFingerprint(_ state: StateList.State) -> Fingerprint {
    guard usesSymmetry else { return state.fingerprint }
    var words = Array(UnsafeBufferPointer(start: state.words, count: state.count))
    return words.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return state.fingerprint }
      return canonicalize(base, count: buffer.count)
    }
  }

  /// The fingerprint of the state that stands for a successor.
  func canonicalFingerprint(_ candidate: Candidate, of state: StateList.State) -> Fingerprint {
    guard usesSymmetry else { return candidate.fingerprint }
    let limit = limit(of: candidate, state)
    return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: limit) { buffer in
      guard let words = buffer.baseAddress else { return candidate.fingerprint }
      return canonicalize(words, count: write(candidate, of: state, to: words))
    }
  }
}

extension Candidate {
  /// Whether ``subject`` is a message.
  @inline(__always)
  var touchesMessage: Bool {
    switch action {
    case .deliver, .drop, .duplicate, .lose: true
    case .timer, .request, .restart, .crash: false
    }
  }
}
