/// The transitions of a text that is appended to.
final class TextMachine: StateMachine {
  private enum Verb: Int32 {
    case read, write, append
  }

  private var store = TextStore()
  private let texts: [[UInt8]]
  /// The numbers of the known texts in the store, or -1 for those not yet needed.
  private let numbers: Column<Int32>
  let initial: Int32

  init(texts: [[UInt8]], initial: [UInt8]) {
    self.texts = texts
    numbers = Column(repeating: -1, count: texts.count)
    self.initial = store.number(of: initial)
  }

  private func number(of text: Int32) -> Int32 {
    let known = numbers[Int(text)]
    if known >= 0 { return known }
    let number = store.number(of: texts[Int(text)])
    numbers[Int(text)] = number
    return number
  }

  /// The number of an operation.
  static func action(_ operation: AppendText.Operation) -> Action {
    switch operation {
    case .read(let text): .inspect(text << 2 | Verb.read.rawValue)
    case .write(let text): .apply(text << 2 | Verb.write.rawValue)
    case .append(let text): .apply(text << 2 | Verb.append.rawValue)
    }
  }

  func text(_ state: Int32) -> [UInt8] { store[state] }

  override func apply(_ operation: Int32, _ state: Int32) -> Int32 {
    let text = number(of: operation >> 2)
    switch Verb(rawValue: operation & 3) {
    case .read: return text == state ? state : -1
    case .append: return store.number(of: state, followedBy: text)
    default: return text
    }
  }

  override var bytes: Int { store.bytes }

  private static let touches = [
    [Touch(part: 0, looks: true, sets: false)], [Touch(part: 0, looks: false, sets: true)],
    [Touch(part: 0, looks: false, sets: false)],
  ]

  override func touches(of operation: Int32) -> [Touch]? { Self.touches[Int(operation & 3)] }

  override func mayLead(_ state: Int32, to operation: Int32, _ part: Int32) -> Bool {
    store.begins(number(of: operation >> 2), with: state)
  }

  override var canForget: Bool { true }

  override func keep(_ states: [Int32]) -> [Int32] {
    let old = exchange(&store, with: TextStore())
    for text in 0..<numbers.count { numbers[text] = -1 }
    return states.map { store.number(of: old[$0]) }
  }
}

extension AppendText {
  public func numbered(_ history: ObjectHistory<Operation>) -> NumberedHistory<[UInt8]> {
    let machine = TextMachine(texts: texts, initial: initial)
    return NumberedHistory(
      history.map(TextMachine.action), Transitions(initial: machine.initial, machine)
    ) {
      machine.text($0)
    }
  }
}
