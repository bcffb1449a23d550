internal import Histories
internal import Values
internal import Verdicts

/// What became of each element of a grow-only set, from adds and reads.
///
/// Reads are swept backwards once for when an element was last missing, and forwards once for when
/// it was first known and last present, so the cost is that of the reads' total length and not of
/// reads × elements.
struct SetTimeline {
  /// One element's way through the history; positions are lines of the history, or -1.
  struct Element {
    var value: Value
    /// The first invocation of an add, and the first add that was acknowledged.
    var added = -1
    var acknowledged = -1
    /// The first invocation of an add that did not certainly fail.
    var possible = -1

    /// Whether some add of it may have happened.
    var isPossible: Bool { possible >= 0 }
    /// The completion of the acknowledged add or of the first read that had it.
    var known = -1
    /// The latest invocation of a read that had it, and of one that had not.
    var lastPresent = -1
    var lastAbsent = -1
    /// A read that had it first, and one that had it twice.
    var firstRead = -1
    var duplicated = -1
  }

  /// A read that was answered.
  struct Read {
    var invocation: Int
    var completion: Int
    var isFinal: Bool
    /// Its elements' numbers, each once, in ascending order.
    var elements: [Int32]
  }

  private(set) var elements: [Element] = []
  /// The reads in the order of their invocations.
  private(set) var reads: [Read] = []
  private(set) var attempts = 0
  private(set) var acknowledgements = 0
  /// The `index` of the first operation that the checker has no name for, and why.
  private(set) var problem: String?

  /// The final reads of named nodes, of each of which only the last is judged as such.
  let finalReads: FinalReads
  private var numbers: [Value: Int32] = [:]

  init(_ history: History) {
    finalReads = FinalReads(history) { .list(($0.elements ?? []).sorted()) }
    let lines = history.operations
    for position in lines.indices where problem == nil {
      let invocation = lines[position]
      guard invocation.type == .invoke, invocation.process.number != nil else { continue }
      let partner = Int(history.partners[position])
      switch invocation.f {
      case "add", "broadcast": add(invocation, position, partner, lines)
      case "read": read(lines, position, partner)
      // Maelstrom's broadcast tells the nodes of each other first.
      case "topology": continue
      default: problem = "op \(invocation.index): set-full has no operation \(invocation.f)"
      }
    }
    sweepForwards(lines)
    sweepBackwards()
  }

  private mutating func number(of value: Value) -> Int32 {
    if let number = numbers[value] { return number }
    let number = Int32(elements.count)
    numbers[value] = number
    elements.append(Element(value: value))
    return number
  }

  private mutating func add(
    _ invocation: Operation, _ position: Int, _ partner: Int, _ lines: [Operation]
  ) {
    attempts += 1
    let element = Int(number(of: invocation.value))
    if elements[element].added < 0 { elements[element].added = position }
    let outcome = partner < 0 ? .info : lines[partner].type
    if outcome != .fail && elements[element].possible < 0 { elements[element].possible = position }
    guard outcome == .ok else { return }
    acknowledgements += 1
    if elements[element].acknowledged < 0 || partner < elements[element].acknowledged {
      elements[element].acknowledged = partner
    }
  }

  private mutating func read(_ lines: [Operation], _ position: Int, _ partner: Int) {
    guard partner >= 0, lines[partner].type == .ok else { return }
    let value = lines[partner].value
    guard let contents = value == .null ? [] : value.elements else {
      problem = "op \(lines[partner].index): a read should answer a list, not \(value.text())"
      return
    }
    var present = contents.map { number(of: $0) }
    present.sort()
    var distinct: [Int32] = []
    distinct.reserveCapacity(present.count)
    for element in present {
      if distinct.last == element {
        if elements[Int(element)].duplicated < 0 { elements[Int(element)].duplicated = partner }
      } else {
        distinct.append(element)
      }
    }
    let isFinal = finalReads.judges(lines[position], lines[partner], at: partner)
    reads.append(
      Read(invocation: position, completion: partner, isFinal: isFinal, elements: distinct))
  }

  private mutating func sweepForwards(_ lines: [Operation]) {
    for element in elements.indices { elements[element].known = elements[element].acknowledged }
    for read in reads {
      for element in read.elements.lazy.map({ Int($0) }) {
        elements[element].lastPresent = read.invocation
        if elements[element].firstRead < 0 || read.completion < elements[element].firstRead {
          elements[element].firstRead = read.completion
        }
      }
    }
    for element in elements.indices {
      let first = elements[element].firstRead
      guard first >= 0 else { continue }
      let known = elements[element].known
      elements[element].known = known < 0 ? first : min(known, first)
    }
  }

  /// From the last read to the first, with the elements that every later read had: each read
  /// drops from these what it lacks, and an element is dropped once.
  private mutating func sweepBackwards() {
    var everPresent = Array(elements.indices.map { Int32($0) })
    for read in reads.reversed() {
      guard !everPresent.isEmpty else { return }
      guard read.elements.count < elements.count else { continue }
      var next = 0
      var kept: [Int32] = []
      // Both lists ascend.
      for element in everPresent {
        while next < read.elements.count && read.elements[next] < element { next += 1 }
        if next < read.elements.count && read.elements[next] == element {
          kept.append(element)
        } else {
          elements[Int(element)].lastAbsent = read.invocation
        }
      }
      everPresent = kept
    }
  }
}
