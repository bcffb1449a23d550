import Linearizability
import Testing

@Suite("Histories of a register")
struct RegisterTests {
  @Test("a read of a value that was overwritten before it began is not linearizable")
  func staleRead() {
    var history = ObjectHistory<Action>()
    for (line, action) in [Action.set(1), .set(2), .observe(1)].enumerated() {
      let operation = history.invoke(action, at: 2 * line, completion: 2 * line + 1)
      history.complete(operation)
    }
    let judgement = Judge(Register(initial: 0), usesDeciders: false).judge([history])
    guard case .stuck(let line)? = judgement.invalid?.proof else {
      Issue.record("judged \(judgement)")
      return
    }
    #expect(line == 5)
  }
}
