/// The replicated data types whose histories can be judged.
public enum DataType: String, Hashable, Sendable, CaseIterable {
  case growOnlyCounter = "g-counter"
  case counter = "pn-counter"
  case boundedCounter = "bounded-counter"
  case growOnlySet = "g-set"
  case twoPhaseSet = "2p-set"
  case lastWriterSet = "lww-set"
  case addWinsSet = "or-set"
  case removeWinsSet = "rw-set"
  case lastWriterRegister = "lww-register"
  case multiValueRegister = "mv-register"
  case enableWinsFlag = "ew-flag"
  case disableWinsFlag = "dw-flag"
  case map = "or-map"
  case text
  case tree
  case cart

  /// What clients know it by.
  public var name: String { rawValue }

  /// Its updates, each with what its value is.
  public var updates: [(f: String, value: String)] {
    switch self {
    case .growOnlyCounter: [("add", "d, 0 or more")]
    case .counter: [("add", "d")]
    case .boundedCounter: [("add", "d"), ("transfer", "[to, n]")]
    case .growOnlySet: [("add", "e")]
    case .twoPhaseSet, .lastWriterSet, .addWinsSet, .removeWinsSet: [("add", "e"), ("remove", "e")]
    case .lastWriterRegister, .multiValueRegister: [("write", "v")]
    case .enableWinsFlag, .disableWinsFlag: [("enable", "null"), ("disable", "null")]
    case .map: [("update", "[key, type, f, value]"), ("remove", "[key, type]")]
    case .text: [("insert", "[index, c] → [left, c, right]"), ("delete", "index → c")]
    case .tree: [("move", "[node, parent]")]
    case .cart: [("add", "[item, n]"), ("change", "[item, n]"), ("remove", "item")]
    }
  }

  /// What a read must answer, given the updates that it has seen.
  public var specification: String {
    switch self {
    case .growOnlyCounter, .counter: "the sum of what was added"
    case .boundedCounter: "the sum of what was added, never below 0"
    case .growOnlySet: "all elements that were added"
    case .twoPhaseSet: "the elements that were added and never removed"
    case .lastWriterSet: "the elements of whose updates the one with the greatest stamp is an add"
    case .addWinsSet: "the elements with an add that no remove of it had seen"
    case .removeWinsSet:
      "the elements that were added, and of which each remove was seen by an add"
    case .lastWriterRegister: "the value with the greatest stamp; null at first"
    case .multiValueRegister: "the values that no other write had seen, as a sorted list"
    case .enableWinsFlag: "whether some enable was seen by no disable"
    case .disableWinsFlag: "whether it was enabled, and each disable was seen by an enable"
    case .map:
      "[key, type, value] of each key of which anything is left that no remove of it had seen"
    case .text: "the elements that were inserted and not deleted, in one order at all replicas"
    case .tree:
      "[node, parent] after all moves in the order of their stamps but those into an own descendant"
    case .cart:
      "[item, quantity], the sum of what was added that no change or remove of the item had seen"
    }
  }

  /// Whether its specification orders updates by their stamps.
  var needsStamps: Bool {
    switch self {
    case .lastWriterSet, .lastWriterRegister, .tree: true
    default: false
    }
  }
}
