/// The writes of each key, lane by lane.
struct KeyLanes {
  // Of each key: a range of its lanes.
  private let keyStarts: [Int32]
  // Of each lane of a key: the lane, and its writes as a range of `places` and `writers`.
  let lanes: [Int32]
  let starts: [Int32]
  /// The places in their lane of those who wrote the key, in ascending order, and these.
  let places: [Int32]
  let writers: [Int32]
  private let laneCount: Int

  /// - Complexity: O(*w* log *w*) for *w* writes of a key.
  init(_ reads: ReadsFrom, _ sessions: SessionOrder) {
    var keyStarts: [Int32] = [0]
    var lanes: [Int32] = []
    var starts: [Int32] = []
    var places: [Int32] = []
    var all: [Int32] = []
    keyStarts.reserveCapacity(reads.transactions.keyCount + 1)
    places.reserveCapacity(reads.writers.count)
    all.reserveCapacity(reads.writers.count)
    var sorted: [UInt64] = []
    for key in 0..<reads.transactions.keyCount {
      let range = Int(reads.writerStarts[key])..<Int(reads.writerStarts[key + 1])
      sorted.removeAll(keepingCapacity: true)
      for writer in reads.writers[range] {
        let lane = UInt64(UInt32(bitPattern: sessions.lanes[Int(writer)]))
        sorted.append(lane << 32 | UInt64(UInt32(bitPattern: writer)))
      }
      sorted.sort()
      for word in sorted {
        let writer = Int32(truncatingIfNeeded: word)
        let lane = sessions.lanes[Int(writer)]
        if lanes.count == Int(keyStarts[key]) || lanes[lanes.count - 1] != lane {
          lanes.append(lane)
          starts.append(Int32(truncatingIfNeeded: places.count))
        }
        places.append(sessions.places[Int(writer)])
        all.append(writer)
      }
      keyStarts.append(Int32(truncatingIfNeeded: lanes.count))
    }
    starts.append(Int32(truncatingIfNeeded: places.count))
    laneCount = sessions.laneCount
    (self.keyStarts, self.lanes, self.starts) = (keyStarts, lanes, starts)
    (self.places, writers) = (places, all)
  }

  /// The lanes of a key that are in a block.
  @inline(__always)
  func range(of key: Int32, in block: Range<Int32>) -> Range<Int> {
    let (start, end) = (Int(keyStarts[Int(key)]), Int(keyStarts[Int(key) + 1]))
    if block.count == laneCount { return start..<end }
    return first(from: block.lowerBound, start, end)..<first(from: block.upperBound, start, end)
  }

  /// All lanes of a key.
  @inline(__always)
  func range(of key: Int32) -> Range<Int> {
    Int(keyStarts[Int(key)])..<Int(keyStarts[Int(key) + 1])
  }

  private func first(from lane: Int32, _ start: Int, _ end: Int) -> Int {
    var (low, high) = (start, end)
    while low < high {
      let middle = (low + high) / 2
      if lanes[middle] < lane { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The last write in a lane of a key whose place there is before a bound; -1 where there is none.
  ///
  /// - Parameter hint: Where the search begins, best near the result; it ends there.
  @inline(__always)
  func last(before bound: Int32, in lane: Int, _ hint: inout Int32) -> Int {
    let (start, end) = (Int(starts[lane]), Int(starts[lane + 1]))
    var place = Int(hint)
    var steps = 0
    if places[place] < bound {
      while place + 1 < end, places[place + 1] < bound {
        place += 1
        steps += 1
        if steps == 8 {
          place = search(place, end, bound)
          break
        }
      }
    } else {
      while place >= start, places[place] >= bound {
        place -= 1
        steps += 1
        if steps == 8 {
          place = search(start - 1, place + 1, bound)
          break
        }
      }
    }
    hint = Int32(truncatingIfNeeded: max(place, start))
    return place < start ? -1 : place
  }

  /// The last place from a low one up to before a high one whose write is before a bound.
  private func search(_ low: Int, _ high: Int, _ bound: Int32) -> Int {
    var (low, high) = (low, high)
    while low + 1 < high {
      let middle = (low + high) / 2
      if places[middle] < bound { low = middle } else { high = middle }
    }
    return low
  }
}
