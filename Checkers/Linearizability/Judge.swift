/// Judges the histories of several objects of one kind, each for itself: linearizability is local
/// (Herlihy and Wing, *Linearizability*, TOPLAS 1990).
public struct Judge<Object: SequentialObject> {
  public var object: Object
  public var budget: Budget
  /// Whether histories on which a theorem's premise holds are decided by it instead of by search.
  public var usesDeciders: Bool

  public init(_ object: Object, budget: Budget = Budget(), usesDeciders: Bool = true) {
    self.object = object
    self.budget = budget
    self.usesDeciders = usesDeciders
  }

  /// The judgement on histories, without an explanation.
  public func judge(_ histories: [ObjectHistory<Object.Operation>]) -> Judgement {
    var judgement = Judgement()
    var searched: [Int] = []
    for (number, history) in histories.enumerated() {
      switch usesDeciders ? object.decide(history) : nil {
      case .linearizable: judgement.decided += 1
      case .nonlinearizable(let certificate):
        judgement.decided += 1
        judgement.invalid = Judgement.Invalid(object: number, proof: .certificate(certificate))
        return judgement
      case nil: searched.append(number)
      }
    }
    search(histories, searched, &judgement)
    return judgement
  }

  private func search(
    _ histories: [ObjectHistory<Object.Operation>], _ searched: [Int], _ judgement: inout Judgement
  ) {
    let outcome = Portfolio.judge(searched.count, within: budget) { place, isByLevels in
      let numbered = object.numbered(histories[searched[place]])
      return ResumableSearch(numbered.history, numbered.transitions, isByLevels: isByLevels)
    }
    judgement.steps = outcome.steps
    judgement.undecided = outcome.undecided.map {
      Judgement.Undecided(object: searched[$0.object], reason: $0.reason)
    }
    if let (place, event) = outcome.invalid {
      let history = histories[searched[place]]
      let line = history.completions[Int(history.events[event] >> 1)]
      judgement.invalid = Judgement.Invalid(object: searched[place], proof: .stuck(line: Int(line)))
    }
  }
}

/// What became of several objects' histories.
public struct Judgement: Sendable {
  /// Why a history is not linearizable.
  public enum Proof: Sendable {
    case certificate(Certificate)
    /// No order of the operations passes the return at this line.
    case stuck(line: Int)
  }

  public struct Invalid: Sendable {
    /// The number of the history.
    public var object: Int
    public var proof: Proof
  }

  public struct Undecided: Sendable {
    public var object: Int
    public var reason: Exhaustion
  }

  /// The first history found not linearizable.
  public internal(set) var invalid: Invalid?
  /// The histories left undecided.
  public internal(set) var undecided: [Undecided] = []
  /// How many histories a decider decided.
  public internal(set) var decided = 0
  /// The steps of the general search.
  public internal(set) var steps = 0
}

/// What a search ran out of.
public enum Exhaustion: Hashable, Sendable {
  case steps
  case memory
  case time
}
