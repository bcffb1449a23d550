import Values

/// Looks in registers for what a process read that no order of a key's versions explains, be it one
/// of its own.
///
/// So session guarantees (Terry and others, Session guarantees for weakly consistent replicated data,
/// PDIS 1994) are judged where the order of versions is not known.
///
/// A process that reads its own writes reads no version that came before one of its own: once it
/// has read one of its writes, it reads none of the others that it had made by then, and never the
/// initial state. One whose reads are monotonic goes back to no version that it has left.
struct SessionViews {
  private let reads: ReadsFrom
  private var transactions: Transactions { reads.transactions }

  init(_ reads: ReadsFrom) { self.reads = reads }

  /// What the process that is looked at has done to a key.
  private struct View {
    var session: Int32 = -1
    /// The transaction by which it wrote the key last, or -1.
    var wroteLast: Int32 = -1
    /// The writes of its own that it read, having made them.
    var own = OwnReads()
    /// What it read last, ``ReadsFrom/nothing`` where it read nothing, and by which transaction.
    var shown = ReadsFrom.nothing
    var reader: Int32 = -1
  }

  /// The write of its own that a process read last, and the last other one, each with the transaction that
  /// read it; -1 where there is none.
  private struct OwnReads {
    private var last: (writer: Int32, reader: Int32) = (-1, -1)
    private var other: (writer: Int32, reader: Int32) = (-1, -1)

    mutating func add(_ writer: Int32, readBy reader: Int32) {
      if writer == last.writer {
        last.reader = max(last.reader, reader)
      } else if reader >= last.reader {
        (other, last) = (last, (writer, reader))
      } else if reader > other.reader {
        other = (writer, reader)
      }
    }

    /// Another write that was read after a write had been made.
    func other(than writer: Int32) -> Int32? {
      let found = last.writer == writer ? other : last
      return found.reader > writer ? found.writer : nil
    }
  }

  /// A write of a key.
  private struct Write: Hashable {
    var writer: Int32
    var key: Int
  }

  /// Calls back with each violation: its name, the step that read, and an earlier transaction of the
  /// process.
  ///
  /// - Complexity: O(*n*).
  func visit(_ body: (Phenomenon, _ step: Int, _ earlier: Int32) -> Void) {
    var views = [View](repeating: View(), count: transactions.keyCount)
    // For each version the process that read it last.
    var readers = [Int32](repeating: -1, count: transactions.versionCount)
    // Writes that their own process read before it made them, and who read them last until then.
    var foreseen: [Write: Int32] = [:]
    transactions.forEachBySession { member, session in
      guard transactions.outcomes[Int(member)] == .committed else { return }
      for step in transactions.steps(of: Int(member)) {
        let shown = reads.sources[step]
        guard shown != ReadsFrom.nothing else {
          // It reads the initial state of what it has written itself.
          if transactions.kinds[step] == .laterRead, transactions.operands[step] < 0,
            !transactions.isAmbiguous[Int(transactions.keys[step])]
          {
            body(.unreadOwnWrite, step, member)
          }
          continue
        }
        let key = Int(transactions.keys[step])
        if views[key].session != session { views[key] = View(session: session) }
        var wasRead = true
        let version = Int(transactions.operands[step])
        if version >= 0 {
          wasRead = readers[version] == session
          readers[version] = session
        }
        judge(shown, step, by: member, wasRead: wasRead, &views[key], &foreseen, body)
      }
      for key in reads.writtenKeys(of: Int(member)) {
        if views[Int(key)].session != session { views[Int(key)] = View(session: session) }
        views[Int(key)].wroteLast = member
        guard !foreseen.isEmpty,
          let reader = foreseen[Write(writer: member, key: Int(key))]
        else { continue }
        views[Int(key)].own.add(member, readBy: reader)
      }
    }
  }

  /// - Parameter wasRead: Whether the process had read the version before, or it comes before all
  ///   others.
  private func judge(
    _ shown: Int32, _ step: Int, by reader: Int32, wasRead: Bool, _ view: inout View,
    _ foreseen: inout [Write: Int32], _ body: (Phenomenon, _ step: Int, _ earlier: Int32) -> Void
  ) {
    if shown == ReadsFrom.initial {
      if view.wroteLast >= 0 { body(.unreadOwnWrite, step, view.wroteLast) }
    } else if transactions.sessions[Int(shown)] == view.session,
      transactions.outcomes[Int(shown)] == .committed
    {
      if shown < reader {
        if let other = view.own.other(than: shown) { body(.unreadOwnWrite, step, other) }
        view.own.add(shown, readBy: reader)
      } else {
        // What it has read before it wrote that counts once it has written it.
        foreseen[Write(writer: shown, key: Int(transactions.keys[step]))] = reader
      }
    }
    if wasRead, view.shown != ReadsFrom.nothing, view.shown != shown {
      body(.nonmonotonicRead, step, view.reader)
    }
    (view.shown, view.reader) = (shown, reader)
  }

  func incident(_ phenomenon: Phenomenon, _ step: Int, _ earlier: Int32) -> Incidents.Incident {
    let reader = transactions.transaction(of: step)
    let key = transactions.keyText(transactions.keys[step])
    let shown = transactions.text(observedBy: step)
    let process = transactions.process(of: reader)
    let isOne = reader == earlier
    let isInitial = transactions.operands[step] < 0
    let did = phenomenon == .unreadOwnWrite ? "written" : "read"
    let reason =
      switch (isOne, isInitial, phenomenon) {
      case (true, true, _): "T1 had \(did) a version of \(key) before"
      case (true, false, _): "T1 had left that version of \(key) for another one before"
      case (false, true, _): "process \(process) had \(did) a version of \(key) by T2"
      case (false, false, .unreadOwnWrite):
        "process \(process) had written \(key) by T2, and had read that"
      case (false, false, _):
        "process \(process) had left that version of \(key) when it executed T2"
      }
    return Incidents.Incident(
      transactions: isOne ? [reader] : [reader, Int(earlier)],
      reasons: [
        "T1 read \(shown) from \(key)\(isInitial ? ", the initial state" : "").",
        "However, \(reason): a contradiction!",
      ],
      witness: isOne
        ? Witness()
        : Witness(edges: [
          .init(
            from: 1, to: 0, kind: .process,
            ground: .init(reason: "process \(process) executed T2 before T1", toStep: step))
        ]))
  }
}
