import Histories

/// Keeps what a run's history and faults are, and hands them on to the journal that they are for.
final class RunListener: RunJournal {
  private var journal: any RunJournal
  private(set) var operations: [Operation] = []
  private(set) var faults: [AppliedFault] = []

  init(_ journal: any RunJournal) { self.journal = journal }

  func record(_ operations: ArraySlice<Operation>) throws {
    self.operations += operations
    try journal.record(operations)
  }

  func note(_ fault: AppliedFault) throws {
    faults.append(fault)
    try journal.note(fault)
  }

  func log(_ text: String) throws { try journal.log(text) }
}
