import Histories
import Isolation
import Testing
import Values
import Verdicts

/// Where reads may be of what is not committed, a read does not tell that its writer committed.
@Suite("Writes of transactions that may have aborted")
struct InterleavedWriteTests {
  /// The first transaction's append to x was read, and its append to y stands behind one that came
  /// after: it may have been read, and then have aborted.
  private func history(_ end: String) throws -> History {
    try script(
      """
      0 invoke a x 1, a y 1
      1 do r x [1]
      2 do a x 2, a y 2
      3 do r y [2]
      0 \(end) a x 1, a y 1
      """)
  }

  @Test("rule out read committed and not read uncommitted")
  func doubtful() throws {
    let history = try history("info")
    let models: [ConsistencyModel] = [
      .readUncommitted, .strongSessionReadUncommitted, .strongReadUncommitted,
    ]
    for model in models {
      #expect(checker(.listAppend, model).check(history).verdict == .valid, "\(model.name)")
    }
    let finding = checker(.listAppend, .readCommitted).check(history)
    #expect(finding.types == ["G1c"] && finding.ruledOut == ["read-committed"])
  }

  @Test("of one that committed rule out both")
  func committed() throws {
    let finding = checker(.listAppend, .readCommitted).check(try history("ok"))
    #expect(finding.types == ["G0"] && finding.ruledOut == ["read-uncommitted"])
  }

  @Test("do not hide that those around them are interleaved")
  func certain() throws {
    // What is between two transactions on one key does not change their order.
    let history = try script(
      """
      0 invoke a x 1, a y 3
      1 invoke a x 2
      2 invoke a x 3, a y 1
      0 ok a x 1, a y 3
      1 info a x 2
      2 ok a x 3, a y 1
      3 do r x [1 2 3], r y [1 3]
      """)
    let finding = checker(.listAppend, .readUncommitted).check(history)
    #expect(finding.types == ["G0"] && finding.ruledOut == ["read-uncommitted"])
  }

  @Test("are looked at in the order of time as well")
  func realtime() throws {
    // Of the writes of 1 and 2 a cycle can be made with the doubtful one, and one with time alone.
    let history = try script(
      """
      0 invoke a x 1, a y 1
      1 do r x [1]
      2 do a x 2, a y 2
      2 do a z 1
      2 do a z 2
      3 do r y [2], r z [2 1]
      0 info a x 1, a y 1
      """)
    let finding = checker(.listAppend, .strongReadUncommitted).check(history)
    #expect(finding.types == ["G0-realtime"])
    #expect(
      checker(.listAppend, .readUncommitted).check(history).verdict == .valid)
  }
}
