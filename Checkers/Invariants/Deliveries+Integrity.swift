internal import Values
internal import Verdicts

extension Deliveries {
  /// Reports what no broadcast brought, what came twice, and what was taken back.
  func reportIntegrity(in report: inout CaseReport) {
    reportPhantoms(in: &report)
    reportDuplicates(in: &report)
    reportRewrites(in: &report)
  }

  private func reportPhantoms(in report: inout CaseReport) {
    var isReported = Array(repeating: false, count: messages.count)
    for read in reads {
      for number in read.messages where !isReported[Int(number)] {
        let message = messages[Int(number)]
        let isPossible = message.begin >= 0 && message.begin < read.end && !message.hasFailed
        guard !isPossible else { continue }
        isReported[Int(number)] = true
        let why =
          message.begin < 0
          ? "was never broadcast"
          : message.hasFailed
            ? "its broadcast at op \(index(message.begin)) failed"
            : "was broadcast at op \(index(message.begin)) at the earliest"
        report.add(
          "phantom", (message.begin < 0 ? [] : [index(message.begin)]) + [index(read.end)],
          "\(text(number)): delivered in the read at op \(index(read.end)), but \(why)")
      }
    }
  }

  private func reportDuplicates(in report: inout CaseReport) {
    for (place, log) in logs.enumerated() where !log.isRewritten {
      var first = Array(repeating: -1, count: messages.count)
      for (position, message) in log.messages.enumerated() where message >= 0 {
        let earlier = first[Int(message)]
        guard earlier >= 0 else {
          first[Int(message)] = position
          continue
        }
        reportDuplicate(
          message, place, (earlier, log.sources[earlier]), (position, log.sources[position]),
          in: &report)
      }
    }
    reportDuplicatesInOneRead(in: &report)
  }

  /// Where a log was rewritten, a message may stand at two places and have been delivered once.
  private func reportDuplicatesInOneRead(in report: inout CaseReport) {
    var isReported: Set<[Int]> = []
    var last = Array(repeating: (read: -1, offset: 0), count: messages.count)
    for (number, read) in reads.enumerated() where logs[read.log].isRewritten {
      let source = Int32(truncatingIfNeeded: read.end)
      for (offset, message) in read.messages.enumerated() {
        let (earlierRead, earlier) = last[Int(message)]
        last[Int(message)] = (number, offset)
        guard earlierRead == number, isReported.insert([read.log, Int(message)]).inserted else {
          continue
        }
        reportDuplicate(
          message, read.log, (read.from + earlier, source), (read.from + offset, source),
          in: &report)
      }
    }
  }

  private func reportDuplicate(
    _ message: Int32, _ log: Int, _ first: (place: Int, source: Int32),
    _ second: (place: Int, source: Int32), in report: inout CaseReport
  ) {
    report.add(
      "duplicated", [index(first.source), index(second.source)],
      "\(text(message)): \(name(log)) delivered it as number \(first.place + 1), read at op "
        + "\(index(first.source)), and as number \(second.place + 1), read at op "
        + "\(index(second.source))")
  }

  private func reportRewrites(in report: inout CaseReport) {
    for rewrite in rewrites {
      let (earlier, later) = (reads[rewrite.earlier], reads[rewrite.later])
      let ends = [index(earlier.end), index(later.end)]
      let node = name(rewrite.log)
      report.add("rewritten") {
        let place = rewrite.place
        guard place < later.from + later.messages.count else {
          return (
            ends,
            "\(node) had delivered \(earlier.from + earlier.messages.count) messages in the read at "
              + "op \(ends[0]), and \(place) in the one at op \(ends[1]), which began later"
          )
        }
        return (
          ends,
          "\(node) delivered \(text(earlier.messages[place - earlier.from])) as number "
            + "\(place + 1), read at op \(ends[0]), and \(text(later.messages[place - later.from])), "
            + "read at op \(ends[1])"
        )
      }
    }
  }

  /// Reports what had not reached every node in the end.
  func reportOutcome(demandsAgreement: Bool, in report: inout CaseReport) {
    let finals = finals
    guard !finals.isEmpty else { return }
    var counts = Array(repeating: 0, count: messages.count)
    var has = finals.map { _ in Array(repeating: false, count: messages.count) }
    var tellsAbsence = finals.map { _ in true }
    for (place, read) in finals.enumerated() {
      // What stands before the place at which it begins was shown by other reads, or is not known.
      let earlier = logs[read.log].messages.prefix(read.from)
      tellsAbsence[place] = earlier.count == read.from && !earlier.contains(-1)
      for message in earlier + read.messages where message >= 0 && !has[place][Int(message)] {
        has[place][Int(message)] = true
        counts[Int(message)] += 1
      }
    }
    for (number, message) in messages.enumerated() where counts[number] < finals.count {
      guard let lacking = has.indices.first(where: { tellsAbsence[$0] && !has[$0][number] })
      else { continue }
      let absence =
        "missing from the final read of \(name(finals[lacking].log)) at op "
        + "\(index(finals[lacking].end))"
      let count = finals.count - counts[number]
      let more = count > 1 ? " and \(count - 1) more" : ""
      if message.end >= 0 {
        report.add(
          "lost", [index(message.end), index(finals[lacking].end)],
          "\(text(number)): acknowledged at op \(index(message.end)), \(absence)\(more)")
      } else if demandsAgreement, message.begin >= 0, !message.hasFailed,
        let having = has.firstIndex(where: { $0[number] })
      {
        report.add(
          "diverging", [index(finals[having].end), index(finals[lacking].end)],
          "\(text(number)): in the final read of \(name(finals[having].log)) at op "
            + "\(index(finals[having].end)), \(absence)\(more)")
      }
    }
  }
}
