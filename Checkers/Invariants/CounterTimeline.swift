internal import Histories
internal import Values
internal import Verdicts

/// The adds and the reads of a counter, and what each read may have seen of the adds.
struct CounterTimeline {
  /// An add that did not certainly fail; positions are lines of the history.
  struct Add {
    var delta: Int
    var invocation: Int
    /// Where it was acknowledged; nothing where it is indeterminate.
    var acknowledged: Int?
  }

  /// A read that was answered.
  struct Read {
    var value: Int
    var invocation: Int
    var completion: Int
    var isFinal: Bool
  }

  /// Which adds a read saw for certain, and which it may have seen besides.
  struct View: Hashable {
    /// How many acknowledgements stand before the read's invocation.
    var acknowledged: Int
    /// How many adds were invoked before the read's completion.
    var invoked: Int
  }

  /// In the order of their invocations.
  private(set) var adds: [Add] = []
  private(set) var reads: [Read] = []
  private(set) var attempts = 0
  private(set) var isAnyMarkedFinal = false
  /// What can't be judged, where something can't.
  private(set) var problem: String?
  let finalReads: FinalReads<Value>

  /// The adds that were acknowledged, in the order in which they were.
  private(set) var acknowledged: [Add] = []
  /// The sums of the positive and of the negative ones among the first so many adds.
  private var invokedSums = [Sums()]
  private var acknowledgedSums = [Sums()]

  private struct Sums {
    var positive = 0
    var negative = 0

    /// - Returns: Nothing where the sums are beyond 64 bits.
    func adding(_ delta: Int) -> Sums? {
      let (sum, overflows) = (delta < 0 ? negative : positive).addingReportingOverflow(delta)
      guard !overflows else { return nil }
      return delta < 0
        ? Sums(positive: positive, negative: sum) : Sums(positive: sum, negative: negative)
    }
  }

  init(_ history: History) {
    finalReads = FinalReads(history) { $0 == .null ? 0 : $0 }
    let lines = history.operations
    for position in lines.indices where problem == nil {
      let invocation = lines[position]
      guard invocation.type == .invoke, invocation.process.number != nil else { continue }
      let partner = Int(history.partners[position])
      switch invocation.f {
      case "add": add(lines, position, partner)
      case "read": read(lines, position, partner)
      default: problem = "op \(invocation.index): counter has no operation \(invocation.f)"
      }
    }
    guard problem == nil else { return }
    acknowledged = adds.filter { $0.acknowledged != nil }.sorted {
      ($0.acknowledged ?? 0) < ($1.acknowledged ?? 0)
    }
    for add in adds { append(add, to: \.invokedSums) }
    for add in acknowledged { append(add, to: \.acknowledgedSums) }
  }

  private mutating func append(_ add: Add, to sums: WritableKeyPath<CounterTimeline, [Sums]>) {
    guard let sum = self[keyPath: sums].last?.adding(add.delta) else {
      problem = "the adds' sums are beyond 64 bits"
      return
    }
    self[keyPath: sums].append(sum)
  }

  private mutating func add(_ lines: [Operation], _ position: Int, _ partner: Int) {
    attempts += 1
    guard let delta = lines[position].value.integer else {
      problem =
        "op \(lines[position].index): an add should be of an integer of at most 64 bits, "
        + "not \(lines[position].value.text())"
      return
    }
    let outcome = partner < 0 ? .info : lines[partner].type
    guard outcome != .fail else { return }
    adds.append(
      Add(delta: delta, invocation: position, acknowledged: outcome == .ok ? partner : nil))
  }

  private mutating func read(_ lines: [Operation], _ position: Int, _ partner: Int) {
    if finalReads.isMarked(position, position) { isAnyMarkedFinal = true }
    guard partner >= 0, lines[partner].type == .ok else { return }
    if finalReads.isMarked(position, partner) { isAnyMarkedFinal = true }
    let answer = lines[partner].value
    guard let value = answer == .null ? 0 : answer.integer else {
      problem =
        "op \(lines[partner].index): a read should answer an integer of at most 64 bits, "
        + "not \(answer.text())"
      return
    }
    reads.append(
      Read(
        value: value, invocation: position, completion: partner,
        isFinal: finalReads.judges(position, partner)))
  }
}

extension CounterTimeline {
  /// What a read may have seen.
  func view(of read: Read) -> View {
    View(
      acknowledged: acknowledged.partition { ($0.acknowledged ?? 0) > read.invocation },
      invoked: adds.partition { $0.invocation > read.completion })
  }

  /// What a read after all adds may have seen.
  var wholeView: View { View(acknowledged: acknowledged.count, invoked: adds.count) }

  /// The sum of the adds that were certainly seen.
  func sum(of view: View) -> Int {
    acknowledgedSums[view.acknowledged].positive + acknowledgedSums[view.acknowledged].negative
  }

  /// The adds that may have been seen or not.
  func uncertain(in view: View) -> [Add] {
    let limit = acknowledged.prefix(view.acknowledged).last?.acknowledged ?? -1
    return adds.prefix(view.invoked).filter { ($0.acknowledged ?? .max) > limit }
  }

  /// The least and the greatest that may have been seen.
  func bounds(of view: View) -> ClosedRange<Int> {
    let certain = acknowledgedSums[view.acknowledged]
    let invoked = invokedSums[view.invoked]
    return certain.positive + invoked.negative...certain.negative + invoked.positive
  }
}

extension Array {
  /// The number of elements in front of those for which a predicate holds, which are the last ones.
  fileprivate func partition(_ isBehind: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
