import Histories
import Testing
import Values

@Suite("Pairing")
struct PairingTests {
  private func line(
    _ type: Operation.Kind, _ process: Int, _ f: String = "read", _ value: Value = .null
  ) -> Operation {
    Operation(type: type, process: .client(process), f: f, value: value)
  }

  private func numbered(_ lines: [Operation]) -> [Operation] {
    lines.enumerated().map { place, line in
      var line = line
      line.index = place
      return line
    }
  }

  @Test("joins invocations with their completions, across other processes' lines")
  func joins() throws {
    let history = try History(
      numbered([line(.invoke, 0), line(.invoke, 1), line(.ok, 1), line(.fail, 0)]))
    #expect(history.partners == [3, 2, 1, 0])
    #expect(history.calls.map(\.outcome) == [.fail, .ok])
  }

  @Test("an ok completion's value replaces the invocation's, a failed one's does not")
  func values() throws {
    let history = try History(
      numbered([
        line(.invoke, 0), line(.ok, 0, "read", 3), line(.invoke, 0, "write", 4),
        line(.fail, 0, "write", 5),
      ]))
    #expect(history.calls.map(\.value) == [3, 4])
  }

  @Test("info ends it, so the same process may invoke again")
  func info() throws {
    let history = try History(
      numbered([line(.invoke, 0), line(.info, 0), line(.invoke, 0), line(.ok, 0)]))
    #expect(history.calls.map(\.outcome) == [.info, .ok])
  }

  @Test("an invocation without a completion is indeterminate")
  func unmatched() throws {
    let history = try History(numbered([line(.invoke, 0)]))
    #expect(history.calls.map(\.outcome) == [.info])
    #expect(history.calls[0].end == nil)
  }

  @Test("leaves the nemesis's lines alone")
  func nemesis() throws {
    let kill = Operation(index: 0, type: .info, process: .nemesis, f: "kill")
    let history = try History([kill, kill])
    #expect(history.partners == [-1, -1])
    #expect(history.calls.isEmpty)
  }

  @Test("a process that invokes while its last operation is pending makes no history")
  func overlap() {
    #expect {
      try History(numbered([line(.invoke, 0), line(.invoke, 0)]))
    } throws: { error in
      "\(error)"
        == "op 1: process 0 invoked again while op 0 was still pending; "
        + "give each client its own process"
    }
  }

  @Test("a completion without an invocation, or of another operation, makes no history")
  func strays() {
    #expect {
      try History(numbered([line(.ok, 3)]))
    } throws: {
      "\($0)" == "op 0: process 3 completed an operation that it never invoked"
    }
    #expect {
      try History(numbered([line(.invoke, 3), line(.ok, 3, "write")]))
    } throws: {
      "\($0)" == "op 1: process 3 invoked read but completed write"
    }
  }
}
