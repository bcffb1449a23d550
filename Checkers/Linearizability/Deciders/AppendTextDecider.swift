extension AppendText {
  /// Decides a history in which it shows from each text that was read how it was made.
  ///
  /// The premise: each text that was read is made in one way only of the initial text, or one that
  /// was written, and texts that were appended, and each of those was written or appended by one
  /// operation. Texts with a mark at their ends that are all different, like `x 3 17 y`, are so.
  ///
  /// Then a write, the reads of what begins with its text, and the appends that they show are a
  /// block: they take effect without any other change in between, for a read would show it, and
  /// in the order that the longest text shows, but for reads of one text. ``ForcedOrder`` checks
  /// that. A write or an append that no read shows is a block of its own: it may take effect
  /// anywhere but inside another block, or, where it crashed, never. So there is a linearization
  /// exactly if no two blocks precede each other: ``BlockSweep``, as for registers.
  ///
  /// - Complexity: O(*n*) for operations and the texts that were read, times the number of the
  ///   different lengths of those that were written and appended.
  public func decide(_ history: ObjectHistory<Operation>) -> Decision? {
    do throws(Obstacle) {
      var blocks = try TextBlocks(self, history)
      try blocks.check()
      return .linearizable
    } catch {
      guard case .violated(let operations, let reason) = error else { return nil }
      return .nonlinearizable(certificate(of: history, for: operations, reason))
    }
  }

  /// A part of the history with the same violation, as small as the operations named in it allow.
  private func certificate(
    of history: ObjectHistory<Operation>, for named: [Int32], _ reason: String
  ) -> Certificate {
    guard let blocks = try? TextBlocks(self, history) else {
      return Certificate(named.sorted(), reason: reason)
    }
    let all = blocks.closure(of: named)
    let part = history.part(Certificate(all, reason: "").fates(count: history.count))
    guard let small = try? TextBlocks(self, part) else { return Certificate(all, reason: reason) }
    let smallest = smallestPart(
      of: all.count, naming: all.indices.filter { named.contains(all[$0]) }.map { Int32($0) },
      closure: small.closure
    ) { kept in
      do throws(Obstacle) {
        var blocks = try TextBlocks(
          self, part.part(Certificate(kept, reason: "").fates(count: part.count)))
        try blocks.check()
        return false
      } catch {
        if case .violated = error { return true }
        return false
      }
    }
    return Certificate(smallest.map { all[Int($0)] }, reason: reason)
  }
}

/// Which operations on a text belong together.
private struct TextBlocks {
  /// The operations of one block.
  struct Block {
    /// The operation that wrote the text with which it begins, or -1.
    var writer: Int32 = -1
    /// What was appended to it, as far as a read showed it.
    var tail: [Int32] = []
    /// A completed read of the longest text in it, or -1.
    var longest: Int32 = -1
    /// Its first group in the order that is known of its operations.
    var firstGroup = 0

    var groupCount: Int { 2 * tail.count + 2 }
  }

  private let history: ObjectHistory<AppendText.Operation>
  private let required: [Bool]
  /// The operations that wrote and appended each of the different texts; `several` where several
  /// did.
  private var writers: [Int32] = []
  private var appenders: [Int32] = []
  /// For each operation the number of what it wrote or appended; of a read its split, or -1.
  private var numbers: [Int32]
  private var splits: [TextSplitter.Split] = []
  /// For each split a completed read of its text.
  private var readers: [Int32] = []
  /// The block of the initial text, those of the written texts in order, and single appends.
  private var blocks: [Block] = []
  /// For each operation its block and the place of its group there; -1 where it is left out.
  private var places: [(block: Int32, group: Int32)]

  private static let several = Int32.max

  init(
    _ object: AppendText, _ history: ObjectHistory<AppendText.Operation>
  ) throws(Obstacle) {
    self.history = history
    required = history.required
    numbers = [Int32](repeating: -1, count: history.count)
    places = [(block: Int32, group: Int32)](repeating: (-1, -1), count: history.count)
    try splitReads(object, try pieces(object))
  }

  /// Numbers what was written and appended.
  private mutating func pieces(_ object: AppendText) throws(Obstacle) -> TextSplitter {
    var written = TextPieces()
    var appended = TextPieces()
    for (operation, action) in history.operations.enumerated() {
      switch action {
      case .read: continue
      case .write(let text):
        numbers[operation] = written.insert(object.texts[Int(text)])
        TextBlocks.record(operation, of: numbers[operation], in: &writers)
      case .append(let text):
        // To append nothing is always possible, and changes nothing.
        if object.texts[Int(text)].isEmpty { continue }
        numbers[operation] = appended.insert(object.texts[Int(text)])
        TextBlocks.record(operation, of: numbers[operation], in: &appenders)
      }
    }
    if written.isAmbiguous || appended.isAmbiguous { throw .undecided }
    return TextSplitter(initial: object.initial, written: written, appended: appended)
  }

  private static func record(_ operation: Int, of number: Int32, in list: inout [Int32]) {
    if Int(number) == list.count {
      list.append(Int32(operation))
    } else {
      list[Int(number)] = several
    }
  }

  /// Finds how the texts that were read were made, the longest first.
  private mutating func splitReads(
    _ object: AppendText, _ splitter: TextSplitter
  ) throws(Obstacle) {
    var splitter = splitter
    var reads: [(length: Int32, text: Int32, operation: Int32)] = []
    for (number, operation) in history.operations.enumerated() where required[number] {
      guard case .read(let text) = operation else { continue }
      reads.append((Int32(object.texts[Int(text)].count), text, Int32(number)))
    }
    reads.sort { ($1.length, $0.text, $0.operation) < ($0.length, $1.text, $1.operation) }
    var last: (text: Int32, split: Int32) = (-1, -1)
    var isAmbiguous = false
    for read in reads {
      if read.text != last.text {
        switch splitter.outcome(of: object.texts[Int(read.text)]) {
        case .ambiguous: isAmbiguous = true
        case .impossible:
          throw .violated(
            [read.operation], reason: "a text was read that can't be made of what was written")
        case .split(let split):
          last = (read.text, Int32(splits.count))
          splits.append(split)
          readers.append(read.operation)
        }
      }
      numbers[Int(read.operation)] = last.split
    }
    if isAmbiguous { throw .undecided }
  }
}

extension TextBlocks {
  mutating func check() throws(Obstacle) {
    try checkPremise()
    try findBlocks()
    placeSingles()
    try checkTime()
  }

  private func checkPremise() throws(Obstacle) {
    for split in splits {
      if split.base >= 0, writers[Int(split.base)] == TextBlocks.several { throw .undecided }
      for text in split.tail where appenders[Int(text)] == TextBlocks.several {
        throw .undecided
      }
    }
  }

  /// Finds the blocks that reads show, and their operations' places in them.
  private mutating func findBlocks() throws(Obstacle) {
    blocks = [Block](repeating: Block(), count: writers.count + 1)
    for (number, split) in splits.enumerated() {
      let place = Int(split.base) + 1
      if blocks[place].longest < 0 {
        blocks[place].longest = readers[number]
        blocks[place].tail = split.tail
      } else if !blocks[place].tail.starts(with: split.tail) {
        throw .violated(
          [readers[number], blocks[place].longest],
          reason:
            "of two texts that were read, with the same beginning, neither continues the other")
      }
      if split.base >= 0 { places[Int(writers[Int(split.base)])] = (Int32(place), 0) }
    }
    for (number, block) in blocks.enumerated() {
      for (place, text) in block.tail.enumerated() {
        let appender = Int(appenders[Int(text)])
        let other = Int(places[appender].block)
        guard other < 0 else {
          throw .violated(
            other == number
              ? [block.longest, Int32(appender)] : [block.longest, blocks[other].longest],
            reason: "a text was read twice that was appended once")
        }
        places[appender] = (Int32(number), Int32(2 * place + 2))
      }
    }
  }

  /// Gives reads their places, and other operations that must take effect blocks of their own.
  private mutating func placeSingles() {
    for (number, operation) in history.operations.enumerated() {
      guard required[number], numbers[number] >= 0, places[number].block < 0 else { continue }
      if case .read = operation {
        let split = splits[Int(numbers[number])]
        places[number] = (split.base + 1, Int32(2 * split.tail.count + 1))
      } else {
        places[number] = (Int32(blocks.count), 0)
        blocks.append(Block())
      }
    }
  }

  private mutating func checkTime() throws(Obstacle) {
    var groupCount = 0
    for number in blocks.indices {
      blocks[number].firstGroup = groupCount
      groupCount += blocks[number].groupCount
    }
    var forced = ForcedOrder(groupCount: groupCount)
    var zones = [BlockZone](repeating: BlockZone(low: .max, high: -1), count: blocks.count)
    zones[0].low = -1
    var order: [Int] = []
    for (moment, event) in history.events.enumerated() {
      let time = Int32(truncatingIfNeeded: moment)
      let (block, group) = places[Int(event >> 1)]
      guard block >= 0 else { continue }
      let isReturn = event & 1 == 1
      forced.add(
        isReturn: isReturn, at: time, group: blocks[Int(block)].firstGroup + Int(group))
      if !isReturn {
        zones[Int(block)].high = time
      } else if zones[Int(block)].low == .max {
        zones[Int(block)].low = time
        order.append(Int(block))
      }
    }
    for block in blocks where block.groupCount > 2 || block.longest >= 0 {
      let groups = block.firstGroup..<block.firstGroup + block.groupCount
      guard let (returned, invoked) = forced.conflict(in: groups) else { continue }
      throw violation(
        [returned, invoked], "an operation returned before one was invoked that must precede it")
    }
    var sweep = BlockSweep(zones[0])
    for block in order {
      guard let other = sweep.conflict(with: zones[block]) else { continue }
      throw violation(
        BlockZone.ends(other, zones[block]),
        "each of two texts was current before the other, but each was written once")
    }
  }

  /// The operations of events, with reads that show to which block they belong.
  private func violation(_ times: [Int32], _ reason: String) -> Obstacle {
    var named = times.map { history.events[Int($0)] >> 1 }
    for operation in named where places[Int(operation)].group & 1 == 0 {
      let (block, group) = places[Int(operation)]
      let reads = history.operations.indices.filter {
        required[$0] && places[$0].block == block && places[$0].group > group
          && places[$0].group & 1 == 1
      }
      if let read = reads.min(by: { places[$0].group < places[$1].group }) {
        named.append(Int32(read))
      }
    }
    return .violated(named, reason: reason)
  }

  /// Operations with those that made what the reads among them answered, in ascending order.
  func closure(of operations: [Int32]) -> [Int32] {
    var found = Set(operations)
    for operation in operations {
      guard case .read = history.operations[Int(operation)], numbers[Int(operation)] >= 0 else {
        continue
      }
      let split = splits[Int(numbers[Int(operation)])]
      if split.base >= 0 { found.insert(writers[Int(split.base)]) }
      for text in split.tail { found.insert(appenders[Int(text)]) }
    }
    return found.sorted()
  }
}
