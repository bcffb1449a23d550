/// What each process did before what: the order of time between operations of one process.
///
/// An operation that never returned precedes nothing. It comes after what its process had
/// completed before, but the process's later operations may pass it, as it may take effect at any
/// later time or never; a process that goes on after a crash is no more ordered than two would be.
struct ProgramOrder {
  /// For each operation the last one that its process had completed before it, or -1.
  let previous: [Int32]
  /// Whether each operation returned.
  let required: [Bool]
  /// The process of each operation, from 0 up.
  let processes: [Int32]
  let processCount: Int

  /// A process that began an operation while another one was going on, which returned.
  struct Overlap: Error {
    var process: Int32
  }

  /// - Complexity: O(*n*).
  init<Operation>(_ history: ObjectHistory<Operation>) throws(Overlap) {
    let required = history.required
    var table = NumberTable(
      from: history.processes.min() ?? 0, to: history.processes.max() ?? 0, count: history.count)
    // By process.
    var latest: [Int32] = []
    var open: [Int32] = []
    var processes = [Int32](repeating: 0, count: history.count)
    var previous = [Int32](repeating: -1, count: history.count)
    for event in history.events {
      let operation = Int(event >> 1)
      if event & 1 == 1 {
        let process = Int(processes[operation])
        latest[process] = Int32(truncatingIfNeeded: operation)
        open[process] = -1
        continue
      }
      let name = history.processes[operation]
      var process = table[name]
      if process == NumberTable.none {
        process = Int32(truncatingIfNeeded: latest.count)
        table[name] = process
        latest.append(-1)
        open.append(-1)
      }
      processes[operation] = process
      previous[operation] = latest[Int(process)]
      guard required[operation] else { continue }
      guard open[Int(process)] < 0 else { throw Overlap(process: name) }
      open[Int(process)] = Int32(truncatingIfNeeded: operation)
    }
    self.previous = previous
    self.required = required
    self.processes = processes
    processCount = latest.count
  }
}
