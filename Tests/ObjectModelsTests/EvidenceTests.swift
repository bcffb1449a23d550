import Histories
import Linearizability
import ObjectModels
import Testing
import Values
import Verdicts

@Suite("Evidence")
struct EvidenceTests {
  @Test("is weaker than the history: what is valid stays valid", arguments: 0..<40 as Range<UInt64>)
  func soundness(batch: UInt64) throws {
    for seed in batch * 50..<batch * 50 + 50 {
      let shape = Shape(
        clients: 2 + Int(seed % 5), operations: 30, values: 2 + Int(seed % 4), crashes: 0.1,
        lies: 0)
      let columns = HistoryColumns(try History.random(shape, seed: seed))
      let history = try #require(
        try RegisterModel(failedCas: .observed).histories(columns).first)
      var draws = Draws(seed: seed)
      let start = draws.below(history.count)
      let end = start + 1 + draws.below(history.count - start)
      for part in [
        history.droppingInert(), history.part(Hiding.fates(in: history, start..<end)),
        history.part(Hiding.fates(in: history, 0..<history.count)),
      ] {
        let judgement = Judge(Register(initial: 0), usesDeciders: false).judge([
          part
        ])
        #expect(judgement.invalid == nil && judgement.undecided.isEmpty, "seed \(seed)")
      }
    }
  }

  @Test("leaves out most of what can't be seen")
  func hiding() throws {
    let text = (0..<20).map { "0 invoke write \($0 % 3)\n0 ok write \($0 % 3)" }
    let columns = HistoryColumns(try script(text.joined(separator: "\n")))
    let history = try #require(try RegisterModel().histories(columns).first)
    #expect(history.part(Hiding.fates(in: history, 0..<18)).count == 2)
  }

  private func explain(_ model: any Model, _ text: String) throws -> String {
    let finding = LinearizabilityChecker(model).check(try script(text))
    return try #require(finding.anomalies.first).explanation
  }

  @Test("of a stale read")
  func staleRead() throws {
    let text = try explain(
      RegisterModel(),
      """
      0 invoke write 1
      0 ok write 1
      1 invoke read
      1 ok read 1
      1 invoke write 2
      0 invoke read
      0 ok read 2
      1 ok write 2
      2 invoke read
      2 ok read 1
      """)
    #expect(
      text == """
        3 operations of 5 have no order that real time allows:

          process  operation  lines  time
          0        write 1    0..1   |-|
          1        write 2    4..7       |-|
          2        read -> 1  8..9           |-|  <- does not fit

        read -> 1 must take effect by line 9, but it needs 1. All that can be there instead:
          2  (write 1, write 2)

        By theorem: each of two values was current before the other, but each was written once.
        The general search agrees.

        The other operations can't repair it: those that only look add demands, and nothing above
        can see what the rest did.
        """)
  }

  @Test("of a value from nowhere")
  func phantom() throws {
    let text = try explain(
      KeyValueModel(),
      """
      0 invoke write x=1
      0 ok write x=1
      1 invoke read x=null
      1 ok read x=9
      """)
    #expect(
      text == """
        key "x": one operation of 2 can't have happened as it was answered:

          process  operation                     lines  time
          1        read ["x", null] -> ["x", 9]  2..3   |-|  <- does not fit

        read ["x", null] -> ["x", 9] must take effect by line 3, but it needs 9. All that can be there instead:
          null  (from the beginning)

        By theorem: a value was read that was never written.
        The general search agrees.

        The other operations can't repair it: those that only look add demands, and nothing above
        can see what the rest did.
        """)
  }

  @Test("of a crashed write that would have to happen twice")
  func twice() throws {
    let text = try explain(
      RegisterModel(),
      """
      3 invoke write 5
      3 info write 5
      0 invoke write 1
      0 ok write 1
      1 invoke read
      1 ok read 5
      2 invoke cas 5 6
      2 ok cas 5 6
      1 invoke read
      1 ok read 5
      """)
    #expect(
      text == """
        3 operations of 5 have no order that real time allows:

          process  operation   lines  time
          3        write 5     0..    |--------->
          2        cas [5, 6]  6..7     |-|
          1        read -> 5   8..9         |-|  <- does not fit

        read -> 5 must take effect by line 9, but it needs 5. All that can be there instead:
          6  (write 5, cas [5, 6])

        By theorem: an operation on a value returned before one on an earlier value was invoked, which compare-and-sets led to it.
        The general search agrees.

        The other operations can't repair it: those that only look add demands, and nothing above
        can see what the rest did.
        """)
  }

  @Test("of a lost update")
  func lostUpdate() throws {
    let text = try explain(
      RegisterModel(initial: 0),
      """
      0 invoke cas 0 1
      1 invoke cas 0 2
      0 ok cas 0 1
      1 ok cas 0 2
      """)
    #expect(
      text == """
        2 operations of 2 have no order that real time allows:

          process  operation   lines  time
          0        cas [0, 1]  0..2   |---|
          1        cas [0, 2]  1..3     |---|  <- does not fit

        cas [0, 2] must take effect by line 3, but it needs 0. All that can be there instead:
          1  (cas [0, 1])

        By theorem: two compare-and-sets both changed the same value, which was written once.
        The general search agrees.
        """)
  }

  @Test("of a compare-and-set that expects what was overwritten")
  func overwritten() throws {
    let text = try explain(
      RegisterModel(),
      """
      0 invoke write 1
      0 ok write 1
      0 invoke write 2
      1 invoke write 3
      0 ok write 2
      1 ok write 3
      1 invoke read
      1 ok read 3
      0 invoke cas 1 4
      0 ok cas 1 4
      """)
    #expect(
      text == """
        3 operations of 5 have no order that real time allows:

          process  operation   lines  time
          0        write 1     0..1   |-|
          0        write 2     2..4       |-|
          0        cas [1, 4]  8..9           |-|  <- does not fit

        cas [1, 4] must take effect by line 9, but it needs 1. All that can be there instead:
          2  (write 1, write 2)

        By theorem: each of two values was current before the other, but each was written once.
        The general search agrees.

        The other operations can't repair it: those that only look add demands, and nothing above
        can see what the rest did.
        """)
  }

  @Test("of a lock held twice")
  func lock() throws {
    let text = try explain(
      MutexModel(),
      """
      0 invoke acquire
      0 ok acquire
      1 invoke acquire
      1 ok acquire
      """)
    #expect(
      text == """
        2 operations of 2 have no order that real time allows:

          process  operation  lines  time
          0        acquire    0..1   |-|
          1        acquire    2..3       |-|  <- does not fit

        acquire must take effect by line 3, but it can't happen in any state that can be there:
          held by 0  (acquire)

        By theorem: two owners hold the lock at the same time.
        The general search agrees.
        """)
  }
}
