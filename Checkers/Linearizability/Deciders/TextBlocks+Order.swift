extension TextBlocks {
  /// Checks all answers, and the order of the blocks against time.
  mutating func check() throws(Obstacle) {
    try splitReads()
    try findBlocks()
    placeReads()
    if contested.isEmpty {
      placeSingles()
      try checkTime()
    } else {
      try settle()
    }
  }

  /// Finds the blocks that reads show, and the places of their writes and appends.
  private mutating func findBlocks() throws(Obstacle) {
    blocks = [Block](repeating: Block(), count: writers.count + 1)
    for (number, split) in splits.enumerated() {
      let block = Int(split.base) + 1
      if split.base >= 0 {
        guard rivalWriters[split.base] == nil else { throw .undecided }
        places[Int(writers[Int(split.base)])] = Place(block: Int32(block), group: 0)
      }
      let tail = blocks[block].tail
      if blocks[block].longest < 0 || tail.count < split.tail.count && split.tail.starts(with: tail)
      {
        blocks[block].longest = readers[number]
        blocks[block].tail = split.tail
      } else if !tail.starts(with: split.tail) {
        throw .violated(
          [readers[number], blocks[block].longest],
          reason: "of two texts that began alike when read neither continues the other")
      }
    }
    for (number, block) in blocks.enumerated() {
      for (index, text) in block.tail.enumerated() {
        let place = Place(block: Int32(number), group: Int32(2 * index + 2))
        if rivalAppenders[text] != nil {
          contested.append((text, place))
          continue
        }
        let appender = Int(appenders[Int(text)])
        guard places[appender].block < 0 else {
          throw .violated(
            [block.longest, blocks[Int(places[appender].block)].longest],
            reason: "a text was read twice that was appended once")
        }
        places[appender] = place
      }
    }
    // Blocks keep their groups when single operations follow them.
    var groupCount = 0
    for number in blocks.indices {
      blocks[number].firstGroup = groupCount
      groupCount = blocks[number].groups.upperBound
    }
  }

  private mutating func placeReads() {
    for (number, operation) in history.operations.enumerated() where numbers[number] >= 0 {
      guard case .read = operation else { continue }
      let split = splits[Int(numbers[number])]
      places[number] = Place(block: split.base + 1, group: Int32(2 * split.tail.count + 1))
    }
  }

  /// Gives operations that must take effect, but that no read shows, blocks of their own.
  mutating func placeSingles() {
    var groupCount = blocks.last?.groups.upperBound ?? 0
    for number in places.indices
    where required[number] && numbers[number] >= 0 && places[number].block < 0 {
      places[number] = Place(block: Int32(blocks.count), group: 0)
      blocks.append(Block(firstGroup: groupCount))
      groupCount = blocks[blocks.count - 1].groups.upperBound
    }
  }

  /// The order of the operations that have places, block by block.
  var forced: ForcedOrder {
    var forced = ForcedOrder(groupCount: blocks.last?.groups.upperBound ?? 0)
    for (time, event) in history.events.enumerated() {
      let place = places[Int(event >> 1)]
      guard place.block >= 0 else { continue }
      forced.add(
        isReturn: event & 1 == 1, at: Int32(truncatingIfNeeded: time),
        group: blocks[Int(place.block)].firstGroup + Int(place.group))
    }
    return forced
  }

  /// Checks the order in each block, and whether the blocks have one.
  func checkTime() throws(Obstacle) {
    let forced = forced
    var zones = [BlockZone](repeating: BlockZone(low: .max, high: -1), count: blocks.count)
    for (number, block) in blocks.enumerated() {
      if let (returned, invoked) = forced.conflict(in: block.groups) {
        throw violation(
          [returned, invoked], "an operation returned before one was invoked that must precede it")
      }
      zones[number] = forced.zone(of: block.groups)
    }
    zones[0].low = -1
    var sweep = BlockSweep(zones[0])
    for (time, event) in history.events.enumerated() where event & 1 == 1 {
      let block = Int(places[Int(event >> 1)].block)
      guard block >= 0, zones[block].low == time else { continue }
      if let other = sweep.conflict(with: zones[block]) {
        throw violation(
          BlockZone.ends(other, zones[block]),
          "each of two texts was current before the other, but each was written once")
      }
    }
  }

  /// The operations of events, with reads that show to which block they belong.
  private func violation(_ times: [Int32], _ reason: String) -> Obstacle {
    var named = times.map { history.events[Int($0)] >> 1 }
    for operation in named where places[Int(operation)].group & 1 == 0 {
      if let read = shortestRead(showing: places[Int(operation)]) { named.append(read) }
    }
    return .violated(named, reason: reason)
  }

  /// The read of the shortest text in which a write or an append shows.
  private func shortestRead(showing place: Place) -> Int32? {
    let reads = places.indices.filter {
      places[$0].block == place.block && places[$0].group > place.group
        && places[$0].group & 1 == 1
    }
    return reads.min { places[$0].group < places[$1].group }.map { Int32($0) }
  }
}
