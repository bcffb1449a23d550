internal import Histories
internal import Linearizability
internal import Values

/// What became of an object's history by a level that is weaker than linearizability.
enum WeakOutcome {
  case valid
  case invalid(Certificate)
  case undecided(ModelJudgement.Reason)

  init(_ outcome: SequentialOutcome) {
    switch outcome {
    case .valid: self = .valid
    case .invalid(let certificate): self = .invalid(certificate)
    case .undecided(.exhausted(let reason)): self = .undecided(.exhausted(reason))
    case .undecided(.overlap(let process)):
      self = .undecided(
        .beyond("process \(process) began an operation while another of its was going on"))
    }
  }

  /// Whether a register's reads return one of the two latest values.
  init<Object: SequentialObject>(
    _ history: ObjectHistory<Object.Operation>, twoAtomic object: Object
  ) {
    guard let register = object as? Register,
      let history = history as? ObjectHistory<Action>
    else {
      self = .undecided(.beyond("only registers that are read and written are judged by 2-atomic"))
      return
    }
    switch KAtomicity(k: 2, initial: register.initial).judge(history) {
    case .atomic: self = .valid
    case .stale(let certificate): self = .invalid(certificate)
    case nil:
      self = .undecided(
        .beyond("2-atomic is decided where each value is written once, and nothing is compared"))
    }
  }
}

extension ModelJudgement {
  /// Judges the histories of objects of one kind by a weaker level, and adds what comes of it.
  mutating func add<Object: SequentialObject>(
    _ histories: [ObjectHistory<Object.Operation>], _ key: (Int) -> Value?, of object: Object,
    _ judge: (ObjectHistory<Object.Operation>) -> WeakOutcome
  ) {
    objects += histories.count
    for (number, history) in histories.enumerated() {
      switch judge(history) {
      case .valid: continue
      case .undecided(let reason): undecided.append(Undecided(key: key(number), reason: reason))
      case .invalid(let certificate):
        let part = object.numbered(history).history
          .part(certificate.fates(count: history.count))
        invalid = Invalid(
          key: key(number), count: history.count, evidence: Evidence(part: part),
          reason: certificate.reason
        ) { _ in "" }
        return
      }
    }
  }
}
