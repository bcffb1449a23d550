import Histories
import Isolation
import Testing
import Values
import Verdicts

@Suite("The order of a register's versions may be assumed")
struct AssumptionTests {
  private func finding(
    _ text: String, _ model: ConsistencyModel, _ assumptions: VersionAssumption...
  ) throws -> Finding {
    RegisterTransactionsChecker(models: [model], assuming: Set(assumptions), demandsProof: true)
      .check(try script(text))
  }

  private func broken(_ finding: Finding) -> [String] {
    (finding.facts[fact: "broken-assumptions"]?.elements ?? []).compactMap(\.name)
  }

  /// Two writes, of which the first is read after the second was there.
  private static let stale = "0 do w x 1\n1 do w x 2\n2 do r x 1, w y 1\n0 do r y 1"

  @Test("an order in time makes a stale read one of a version that was missed")
  func linearizable() throws {
    let text = """
      3 invoke r x, r y
      0 do w x 1
      1 do w x 2, w y 1
      3 ok r x 1, r y 1
      """
    #expect(try finding(text, .serializable).verdict == .unknown)
    let finding = try finding(text, .serializable, .linearizableKeys)
    #expect(finding.types == ["G-single-item"])
    #expect(broken(finding).isEmpty)
  }

  @Test("a history that contradicts an order in time is told so, and not blamed for it")
  func brokenLinearizable() throws {
    let finding = try finding(Self.stale, .readUncommitted, .linearizableKeys)
    #expect(finding.verdict == .valid)
    #expect(finding.anomalies.isEmpty)
    #expect(
      broken(finding) == [
        "broken assumption linearizable-keys: key \"x\" was read and written in an order that "
          + "contradicts itself"
      ])
    let strict = try self.finding(Self.stale, .strictSerializable, .linearizableKeys)
    #expect(strict.types == ["G-single-item-realtime"])
  }

  @Test("what a process meets first comes first where keys are sequential")
  func sequential() throws {
    let text = "0 do w x 1\n0 do w x 2\n1 do r x 2, w y 1\n2 do r x 1, r y 1"
    #expect(try finding(text, .serializable).verdict == .unknown)
    let finding = try finding(text, .serializable, .sequentialKeys)
    #expect(finding.types == ["G-single-item"])
    let back = try self.finding(
      "0 do w x 1\n1 do w x 2\n2 do r x 1\n2 do r x 2\n2 do r x 1", .readUncommitted,
      .sequentialKeys)
    #expect(back.verdict == .valid && broken(back).count == 1)
  }

  @Test("transactions in a given order give their versions that order")
  func transactionOrder() throws {
    let text = "0 do w x 1\n1 do w x 2, w y 1\n2 do r x 1, r y 1"
    #expect(try finding(text, .serializable).verdict == .unknown)
    #expect(try finding(text, .serializable, .transactionOrder).types == ["G-single-item"])
    let swapped = try finding(
      """
      0 invoke r x, w x 2
      1 do w x 3
      0 ok r x 3, w x 2
      2 invoke w x 4
      3 do r x 4, w x 5
      2 ok w x 4
      """, .readUncommitted, .transactionOrder)
    #expect(broken(swapped).count == 1, "\(swapped)")
    #expect(swapped.verdict == .valid)
  }

  @Test("writes that follow reads in a circle are a broken assumption, and G1c")
  func circle() throws {
    let text = """
      0 invoke r x, w x 1
      1 invoke r x, w x 2
      0 ok r x 2, w x 1
      1 ok r x 1, w x 2
      """
    let uncommitted = try finding(text, .readUncommitted, .writesFollowReads)
    #expect(uncommitted.verdict == .valid && broken(uncommitted).count == 1)
    #expect(try finding(text, .readCommitted, .writesFollowReads).types == ["G1c"])
  }
}
