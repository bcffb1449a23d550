internal import Values

extension Deliveries {
  /// Two reads of one node that can't both be right, and the first place at which they differ.
  struct Rewrite {
    var log: Int
    var earlier: Int
    var later: Int
    /// Where the later read has another message, or, where it began after the earlier one, none.
    var place: Int
  }

  /// A log only grows: a read must show at its places what others showed there, and must not end
  /// before one ended that was over when it began.
  func findRewrites() -> [Rewrite] {
    var sources: [Int32: Int] = [:]
    for (place, read) in reads.enumerated() { sources[Int32(truncatingIfNeeded: read.end)] = place }
    var rewrites: [Rewrite] = []
    for (later, read) in reads.enumerated() {
      let log = logs[read.log]
      let offset = read.messages.indices.first { log.messages[read.from + $0] != read.messages[$0] }
      guard let offset, let earlier = sources[log.sources[read.from + offset]] else { continue }
      rewrites.append(
        Rewrite(log: read.log, earlier: earlier, later: later, place: read.from + offset))
    }
    return rewrites + shrunk()
  }

  private func shrunk() -> [Rewrite] {
    // Reads are in the order in which they ended.
    let begins = reads.indices.sorted { reads[$0].begin < reads[$1].begin }
    var longest = Array(repeating: (length: 0, read: -1), count: logs.count)
    var ended = 0
    var rewrites: [Rewrite] = []
    for later in begins {
      let read = reads[later]
      while ended < reads.count, reads[ended].end < read.begin {
        // One that shows nothing does not say what stands before the place at which it begins.
        let shown = reads[ended].messages.count
        let length = shown > 0 ? reads[ended].from + shown : 0
        if length > longest[reads[ended].log].length { longest[reads[ended].log] = (length, ended) }
        ended += 1
      }
      let (length, earlier) = longest[read.log]
      let end = read.from + read.messages.count
      guard end < length else { continue }
      rewrites.append(Rewrite(log: read.log, earlier: earlier, later: later, place: end))
    }
    return rewrites
  }
}
