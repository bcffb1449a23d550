import Histories

/// Notes which operations clients began.
final class InvocationRecorder: RunJournal {
  private(set) var invocations: [Operation] = []

  func record(_ operations: ArraySlice<Operation>) {
    invocations += operations.filter { $0.type == .invoke }
  }

  func note(_ fault: AppliedFault) {}
  func log(_ text: String) {}
}
