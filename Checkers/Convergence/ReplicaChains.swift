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
}
