public import Histories
public import Linearizability
public import Values
internal import Verdicts

/// What the operations of a history are of: it reads them and has the objects judged.
///
/// Each model reads `f` and value as the table of models says; what it reads are operations of one
/// of the library's objects, on integers.
public protocol Model: Sendable {
  /// The name that people choose it by.
  var name: String { get }

  /// Reads a history and judges each of its objects alone: linearizability is local (Herlihy and
  /// Wing, *Linearizability*, TOPLAS 1990).
  ///
  /// - Throws: When the model can't read an operation.
  func judge(_ history: HistoryColumns, _ terms: Terms) throws(ModelError) -> ModelJudgement
}

/// What an object's operations must keep to.
public enum ObjectLevel: String, Hashable, Sendable, CaseIterable {
  /// One order of the operations, each between its invocation and its completion.
  case linearizable
  /// One order of the operations, in which those of each process keep theirs.
  case sequential
  /// Of registers: one order in real time, in which a read has one of the two latest values.
  case twoAtomic = "2-atomic"
}

/// How a history is judged, whatever the model.
public struct Terms: Sendable {
  public var level: ObjectLevel
  /// Whether each value is [key, value], and each key an object of its own.
  public var isKeyed: Bool
  public var budget: Budget
  /// Whether theorems may decide what they can; else the general search decides alone.
  public var usesDeciders: Bool

  public init(
    level: ObjectLevel = .linearizable, isKeyed: Bool = false, budget: Budget = Budget(),
    usesDeciders: Bool = true
  ) {
    self.level = level
    self.isKeyed = isKeyed
    self.budget = budget
    self.usesDeciders = usesDeciders
  }
}

/// What became of a history's objects.
public struct ModelJudgement {
  /// Why one object is not linearizable.
  public struct Invalid {
    /// The object's key; nothing where there is one object only.
    public var key: Value?
    /// How many operations of the object were judged.
    public var count: Int
    public var evidence: Evidence
    /// Why it is invalid, in a sentence without its full stop, where a theorem says it.
    public var reason: String?
    /// A state as people read it.
    public var text: (Int32) -> String
  }

  public struct Undecided {
    public var key: Value?
    public var reason: Reason
  }

  /// Why an object is undecided.
  public enum Reason: Hashable, Sendable {
    case exhausted(Exhaustion)
    /// There is no method for such a history.
    case beyond(String)
  }

  /// The objects, and how many of them were decided by a theorem.
  public var objects = 0
  public var decided = 0
  /// The operations that clients invoked, and how many of those judged are indeterminate.
  public var operations = 0
  public var indeterminate = 0
  /// The steps of the general search.
  public var steps = 0
  /// The certificates that the general search refuted; a theorem is then asked no more.
  public var refuted = 0
  /// The first object found not linearizable.
  public var invalid: Invalid?
  public var undecided: [Undecided] = []
}

/// Why a model can't read an operation.
public struct ModelError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Problem: Hashable, Sendable {
    /// The model has no operation of that name.
    case unknownOperation
    /// The operation's value should have another shape.
    case shape(expected: String)
  }

  public var problem: Problem
  public var f: String
  public var value: Value
  /// The `index` of the operation's line, once that is known.
  public var index: Int?

  public init(_ problem: Problem, f: String, value: Value, index: Int? = nil) {
    self.problem = problem
    self.f = f
    self.value = value
    self.index = index
  }

  public var description: String {
    let place = index.map { "op \($0): " } ?? ""
    return switch problem {
    case .unknownOperation: "\(place)the model has no operation \(f)"
    case .shape(let expected):
      "\(place)\(f) should have \(expected) for a value, not \(value.text())"
    }
  }
}
