internal import Histories
internal import Values

/// What each replica had seen, read after read.
struct ReplicaChains {
  /// A replica that had seen something and later had not.
  struct Shrinking {
    /// Lines of two completions at one replica, the former of which ended before the latter began.
    var earlier: Int32
    var later: Int32
    var earlierRow: Int32
    var laterRow: Int32
  }

  private struct Answer {
    var invocation: Int32
    var completion: Int32
    var replica: Int32
    var row: Int32
  }

  /// Completions at one replica of which one ended before the other began, and whose contexts are not
  /// in this order.
  ///
  /// - Complexity: O(*n* (*r* + log *n*)) for *n* answers and *r* replicas.
  static func shrinkings(in history: ReplicaHistory) -> [Shrinking] {
    var answers: [Answer] = []
    for read in history.reads where read.replica >= 0 && read.row >= 0 {
      answers.append(
        Answer(
          invocation: read.invocation, completion: read.completion, replica: read.replica,
          row: read.row))
    }
    for update in 0..<history.updateCount where history.isAcknowledged[update] {
      let completion = history.lines[update]
      answers.append(
        Answer(
          invocation: history.history.partners[Int(completion)], completion: completion,
          replica: history.origins[update], row: history.rows[update]))
    }
    answers.sort { $0.completion < $1.completion }
    var found: [Shrinking] = []
    // Of each replica the answers so far that had seen more than all before them.
    var records = [[Answer]](repeating: [], count: history.replicaNames.count)
    for answer in answers {
      let replica = Int(answer.replica)
      var (low, high) = (0, records[replica].count)
      while low < high {
        let middle = (low + high) / 2
        if records[replica][middle].completion < answer.invocation {
          low = middle + 1
        } else {
          high = middle
        }
      }
      if low > 0, case let earlier = records[replica][low - 1],
        !history.isSubset(earlier.row, of: answer.row)
      {
        found.append(
          Shrinking(
            earlier: earlier.completion, later: answer.completion, earlierRow: earlier.row,
            laterRow: answer.row))
        continue
      }
      if let last = records[replica].last, !history.isSubset(last.row, of: answer.row) { continue }
      records[replica].append(answer)
    }
    return found
  }

  /// So many reads whose replicas are not known are taken for reads of different ones.
  private static let chainsMax = 64

  /// The reads that say what they had seen, those of each replica in the order of that; where it is not
  /// said who answered, reads each of which had seen what the one before had.
  ///
  /// - Complexity: O(*n* (*r* + log *n*)) for *n* reads of *r* replicas that are known.
  static func readChains(in history: ReplicaHistory) -> [(replica: Int32, places: [Int])] {
    let ordered = history.reads.indices.lazy.filter { history.reads[$0].row >= 0 }
      .map { (place: $0, total: history.total(history.reads[$0].row)) }
      .sorted { ($0.total, $0.place) < ($1.total, $1.place) }
    var known = [[Int]](repeating: [], count: history.replicaNames.count)
    var unknown: [[Int]] = []
    for (place, _) in ordered {
      let read = history.reads[place]
      guard read.replica < 0 else {
        known[Int(read.replica)].append(place)
        continue
      }
      let chain = unknown.firstIndex { chain in
        chain.last.map { history.isSubset(history.reads[$0].row, of: read.row) } ?? false
      }
      if let chain {
        unknown[chain].append(place)
      } else if unknown.count < chainsMax {
        unknown.append([place])
      } else {
        unknown[place % chainsMax].append(place)
      }
    }
    let chains = unknown.map { (replica: Int32(-1), places: $0) }
    return chains
      + known.enumerated().lazy.filter { !$0.element.isEmpty }.map {
        (Int32(truncatingIfNeeded: $0.offset), $0.element)
      }
  }
}
