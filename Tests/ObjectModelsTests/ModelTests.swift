import Histories
import Linearizability
import ObjectModels
import Testing
import Values
import Verdicts

@Suite("Models")
struct ModelTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var model: any Model
    var text: String
    var verdict: Verdict
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(
      name: "a read sees null at first", model: RegisterModel(),
      text: "0 invoke read\n0 ok read null", verdict: .valid),
    Case(
      name: "a read sees the initial value that was given", model: RegisterModel(initial: 7),
      text: "0 invoke read\n0 ok read 7", verdict: .valid),
    Case(
      name: "a null read is ignored where it means nothing",
      model: RegisterModel(initial: 7, nullRead: .unknown),
      text: "0 invoke read\n0 ok read null", verdict: .valid),
    Case(
      name: "a failed write did not happen", model: RegisterModel(),
      text: "0 invoke write 1\n0 fail write 1\n0 invoke read\n0 ok read 1", verdict: .invalid),
    Case(
      name: "a crashed write may happen late", model: RegisterModel(),
      text: """
        0 invoke write 1
        0 info write 1
        1 invoke read
        1 ok read null
        1 invoke read
        1 ok read 1
        """, verdict: .valid),
    Case(
      name: "a crashed write happens once", model: RegisterModel(),
      text: """
        0 invoke write 1
        0 info write 1
        1 invoke read
        1 ok read 1
        1 invoke write 2
        1 ok write 2
        1 invoke read
        1 ok read 1
        """, verdict: .invalid),
    Case(
      name: "a crashed write does not happen before it was invoked", model: RegisterModel(),
      text: "1 invoke read\n1 ok read 1\n0 invoke write 1\n0 info write 1", verdict: .invalid),
    Case(
      name: "a write without a completion may have happened", model: RegisterModel(),
      text: "0 invoke write 1\n1 invoke read\n1 ok read 1", verdict: .valid),
    Case(
      name: "a process may go on after a crash", model: RegisterModel(),
      text: "0 invoke write 1\n0 info write 1\n0 invoke read\n0 ok read 1", verdict: .valid),
    Case(
      name: "a compare-and-set needs what it expects", model: RegisterModel(),
      text: "0 invoke cas 1 2\n0 ok cas 1 2", verdict: .invalid),
    Case(
      name: "two crashed compare-and-sets may explain a value", model: RegisterModel(),
      text: """
        0 invoke cas null 1
        0 info cas null 1
        1 invoke cas 1 2
        1 info cas 1 2
        2 invoke read
        2 ok read 2
        """, verdict: .valid),
    Case(
      name: "keys are judged alone", model: KeyValueModel(),
      text: """
        0 invoke put a=1
        0 ok put a=1
        1 invoke get b=null
        1 ok get b=null
        1 invoke get a=null
        1 ok get a=1
        """, verdict: .valid),
    Case(
      name: "a stale key is found", model: KeyValueModel(),
      text: """
        0 invoke put a=1
        0 ok put a=1
        1 invoke get a=null
        1 ok get a=null
        """, verdict: .invalid),
    Case(
      name: "a lock passes from owner to owner", model: MutexModel(),
      text: """
        0 invoke acquire
        0 ok acquire
        1 invoke acquire
        0 invoke release
        0 ok release
        1 ok acquire
        """, verdict: .valid),
    Case(
      name: "a lock is not held twice", model: MutexModel(),
      text: "0 invoke acquire\n0 ok acquire\n1 invoke acquire\n1 ok acquire", verdict: .invalid),
    Case(
      name: "only the owner releases a lock", model: MutexModel(),
      text: "0 invoke acquire\n0 ok acquire\n1 invoke release\n1 ok release", verdict: .invalid),
    Case(
      name: "anyone releases a lock without owners", model: MutexModel(isOwnerless: true),
      text: "0 invoke acquire\n0 ok acquire\n1 invoke release\n1 ok release", verdict: .valid),
  ]

  @Test("judge the histories of a person", arguments: cases)
  func judge(_ example: Case) throws {
    let finding = LinearizabilityChecker(example.model).check(try script(example.text))
    #expect(finding.verdict == example.verdict)
    #expect(finding.checker == "linearizable")
  }

  @Test("by time a client may return and invoke again at one moment")
  func atOneMoment() throws {
    func line(
      _ time: Nanoseconds, _ type: Operation.Kind, _ client: Int, _ f: String, _ value: Value
    ) -> Operation {
      Operation(time: time, type: type, process: .client(client), f: f, value: value)
    }
    var lines = [
      line(1, .invoke, 0, "write", 1), line(2, .ok, 0, "write", 1),
      line(2, .invoke, 0, "read", .null), line(3, .invoke, 1, "write", 5),
      line(3, .ok, 1, "write", 5), line(4, .ok, 0, "read", 5),
    ]
    for place in lines.indices { lines[place].index = place }
    let checker = LinearizabilityChecker(RegisterModel())
    #expect(checker.check(try History(lines, order: .time)).verdict == .valid)
    // Intervals are closed: the read can come first.
    lines[5].value = .null
    #expect(checker.check(try History(lines, order: .time)).verdict == .valid)
    lines[1].time = 1
    lines[0].time = 0
    #expect(checker.check(try History(lines, order: .time)).verdict == .invalid)
  }

  @Test("name the line that they can't read")
  func problems() throws {
    let checker = LinearizabilityChecker(RegisterModel())
    let unknown = checker.check(try script("0 invoke read\n0 ok read null\n0 invoke pop"))
    #expect(unknown.verdict == .unknown)
    #expect(unknown.reason == "op 2: the model has no operation pop")
    let misshapen = checker.check(try script("0 invoke cas 3\n0 ok cas 3"))
    #expect(misshapen.reason == "op 0: cas should have [from, to] for a value, not 3")
    #expect(checker.check(try History([])).verdict == .unknown)
  }
}
