/// Which operations on a text belong together.
struct TextBlocks {
  /// A write with the reads of what begins with its text, and the appends that they show.
  struct Block {
    /// What was appended to it, as far as a read showed it.
    var tail: [Int32] = []
    /// A completed read of the longest text in it, or -1.
    var longest: Int32 = -1
    /// Its first group in the order that is known of its operations: the write, the reads of what
    /// it wrote, the first append, and so on.
    var firstGroup = 0

    var groups: Range<Int> { firstGroup..<firstGroup + 2 * tail.count + 2 }
  }

  /// A place in a block at which an append stands.
  struct Place {
    var block: Int32
    var group: Int32

    static let none = Place(block: -1, group: -1)
  }

  let object: AppendText
  let history: ObjectHistory<AppendText.Operation>
  let required: [Bool]
  /// The operations that wrote and appended each of the different texts, the first of several.
  private(set) var writers: [Int32] = []
  private(set) var appenders: [Int32] = []
  /// All operations that wrote and appended a text, where they are several.
  private(set) var rivalWriters: [Int32: [Int32]] = [:]
  private(set) var rivalAppenders: [Int32: [Int32]] = [:]
  /// For each operation the number of what it wrote or appended; of a read its split, or -1.
  private(set) var numbers: [Int32]
  private var pieces: (written: TextPieces, appended: TextPieces) = (TextPieces(), TextPieces())
  private(set) var splits: [TextSplitter.Split] = []
  /// For each split a completed read of its text.
  private(set) var readers: [Int32] = []
  /// The block of the initial text, those of the written texts in order, and single operations.
  var blocks: [Block] = []
  /// For each operation its place.
  var places: [Place]
  /// The places of texts that several operations appended.
  var contested: [(text: Int32, place: Place)] = []

  init(_ object: AppendText, _ history: ObjectHistory<AppendText.Operation>) {
    self.object = object
    self.history = history
    required = history.required
    numbers = [Int32](repeating: -1, count: history.count)
    places = [Place](repeating: .none, count: history.count)
    for (operation, action) in history.operations.enumerated() {
      switch action {
      case .read: continue
      case .write(let text):
        let number = pieces.written.insert(object.texts[Int(text)])
        numbers[operation] = number
        TextBlocks.record(Int32(operation), of: number, in: &writers, &rivalWriters)
      case .append(let text):
        // To append nothing is always possible, and changes nothing.
        if object.texts[Int(text)].isEmpty { continue }
        let number = pieces.appended.insert(object.texts[Int(text)])
        numbers[operation] = number
        TextBlocks.record(Int32(operation), of: number, in: &appenders, &rivalAppenders)
      }
    }
  }

  private static func record(
    _ operation: Int32, of number: Int32, in first: inout [Int32], _ rivals: inout [Int32: [Int32]]
  ) {
    if Int(number) == first.count {
      first.append(operation)
    } else {
      rivals[number, default: [first[Int(number)]]].append(operation)
    }
  }

  /// Finds how the texts that were read were made, the longest first.
  ///
  /// A read that was invoked after some write had returned can't show the initial text, so one that
  /// might be made of that in one way and of a written text in another is made of this.
  mutating func splitReads() throws(Obstacle) {
    if pieces.written.isAmbiguous || pieces.appended.isAmbiguous { throw .undecided }
    var reads: [(length: Int32, text: Int32, operation: Int32)] = []
    for (number, operation) in history.operations.enumerated() where required[number] {
      guard case .read(let text) = operation else { continue }
      reads.append((Int32(object.texts[Int(text)].count), text, Int32(number)))
    }
    reads.sort { ($1.length, $0.text, $0.operation) < ($0.length, $1.text, $1.operation) }
    var splitter = splitter(of: object.initial)
    var ambiguous: [Int32] = []
    var last: (text: Int32, outcome: TextSplitter.Outcome) = (-1, .impossible)
    for (_, text, operation) in reads {
      let isNew = text != last.text
      if isNew { last = (text, splitter.outcome(of: object.texts[Int(text)])) }
      switch last.outcome {
      case .impossible:
        throw .violated(
          [operation], reason: "a text was read that can't be made of what was written")
      case .ambiguous: ambiguous.append(operation)
      case .split(let split): add(isNew ? split : nil, of: operation)
      }
    }
    if !ambiguous.isEmpty { try splitLate(ambiguous) }
  }

  private func splitter(of initial: [UInt8]?) -> TextSplitter {
    TextSplitter(initial: initial, written: pieces.written, appended: pieces.appended)
  }

  /// - Parameter split: How its text is made; nothing where that was the last one added.
  private mutating func add(_ split: TextSplitter.Split?, of read: Int32) {
    if let split {
      splits.append(split)
      readers.append(read)
    }
    numbers[Int(read)] = Int32(splits.count - 1)
  }

  private mutating func splitLate(_ reads: [Int32]) throws(Obstacle) {
    var isLate = [Bool](repeating: false, count: history.count)
    var isWritten = false
    for event in history.events {
      if event & 1 == 0 {
        isLate[Int(event >> 1)] = isWritten
      } else if case .write = history.operations[Int(event >> 1)] {
        isWritten = true
      }
    }
    var splitter = splitter(of: nil)
    for read in reads {
      guard isLate[Int(read)], case .read(let text) = history.operations[Int(read)],
        case .split(let split) = splitter.outcome(of: object.texts[Int(text)])
      else { throw .undecided }
      add(split, of: read)
    }
  }

  /// Operations with all that may have made what the reads among them answered, in ascending order.
  func closure(of operations: [Int32]) -> [Int32] {
    var found = Set(operations)
    for operation in operations {
      let number = numbers[Int(operation)]
      guard case .read = history.operations[Int(operation)], number >= 0 else { continue }
      let split = splits[Int(number)]
      if split.base >= 0 { found.insert(writers[Int(split.base)]) }
      for text in split.tail { found.formUnion(appenders(of: text)) }
    }
    return found.sorted()
  }

  func appenders(of text: Int32) -> [Int32] {
    rivalAppenders[text] ?? [appenders[Int(text)]]
  }
}
