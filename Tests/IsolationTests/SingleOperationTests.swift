import Histories
import Isolation
import Testing
import Values
import Verdicts

@Suite("Single reads and writes are judged by causality, PRAM and session guarantees")
struct SingleOperationTests {
  /// The textbook histories of Bouajjani and others (POPL 2017), and what they are: causal, causal
  /// memory, causally convergent; and what all of them were made for beside it, PRAM.
  private static let textbook: [(name: String, text: String, is: [Bool], pram: Bool)] = [
    ("a", "0 w x 1\n0 r x 2\n1 w x 2\n1 r x 1", [true, true, false], true),
    (
      "b", "0 w z 1\n0 w x 1\n0 w y 1\n1 w x 2\n1 r z\n1 r y 1\n1 r x 2", [true, false, true],
      false
    ),
    ("c", "0 w x 1\n1 w x 2\n1 r x 1\n1 r x 2", [true, false, false], false),
    (
      "d", "0 w x 1\n0 r y\n0 w y 1\n0 r x 1\n1 w x 2\n1 r y\n1 w y 2\n1 r x 2",
      [true, true, true], true
    ),
    ("e", "0 w x 1\n0 w y 1\n1 r y 1\n1 w x 2\n2 r x 2\n2 r x 1", [false, false, false], true),
  ]

  @Test("a cas without an answer leaves open what it had read, once somebody read what it wrote")
  func openCompareAndSet() throws {
    let read = try operations("0 w x 1\n1 info cas x 1 2\n2 r x 2\n2 r x 1")
    let finding = ConsistencyModel.causal.finding(on: read)
    #expect(finding.verdict == .unknown)
    #expect(finding.reason?.contains("a cas without an answer, took effect") == true)
    let unread = try operations("0 w x 1\n1 info cas x 1 2\n2 r x 1")
    #expect(ConsistencyModel.causal.finding(on: unread).verdict == .valid)
    let wrong = try operations("0 w x 1\n1 info cas x 1 2\n2 r x 2\n0 r x")
    #expect(ConsistencyModel.causal.finding(on: wrong).verdict == .invalid)
  }

  @Test("the textbook's histories are told apart", arguments: textbook.indices)
  func toldApart(place: Int) throws {
    let (name, text, holds, isPRAM) = Self.textbook[place]
    let history = try operations(text)
    for (level, holds) in zip(
      [ConsistencyModel.causal, .causalMemory, .causalConvergence, .pram], holds + [isPRAM])
    {
      let finding = level.finding(on: history)
      #expect(finding.verdict == (holds ? .valid : .invalid), "\(name), \(level): \(finding)")
    }
  }

  @Test(
    "each pattern goes by its own name",
    arguments: [
      ("0 w x 1\n0 r x", ConsistencyModel.causalMemory, "WriteCOInitRead"),
      ("0 w x 1\n1 r x 1\n1 w x 2\n2 r x 2\n2 r x 1", .causalMemory, "WriteCORead"),
      ("0 r y 1\n0 w x 1\n1 r x 1\n1 w y 1", .causalMemory, "CyclicCO"),
      ("0 r y 1\n0 w x 1\n1 r x 1\n1 w y 1", .writesFollowReads, "write-before-read"),
      ("0 r x 1\n0 w x 1", .pram, "CyclicPRAM"),
      ("0 w x 1\n1 w x 2\n1 r x 1\n1 r x 2", .causalMemory, "CyclicHB"),
      ("0 w x 1\n1 w x 2\n1 r x 1\n1 r x 2", .pram, "CyclicPRAM"),
      (
        "0 w z 1\n0 w x 1\n0 w y 1\n1 w x 2\n1 r z\n1 r y 1\n1 r x 2", .causalMemory,
        "WriteHBInitRead"
      ),
      ("0 w x 1\n0 w y 1\n1 r y 1\n1 r x", .pram, "WritePRAMInitRead"),
      // A process's own write that it lost passes Elle's read-your-writes.
      ("0 w x 1\n0 r x", .readYourWrites, "unread-own-write"),
      ("0 w x 1\n0 w x 2\n0 r x 2\n0 r x 1", .readYourWrites, "unread-own-write"),
      ("0 w x 1\n1 r x 1\n1 r x", .monotonicReads, "nonmonotonic-read"),
      ("0 r x 7", .monotonicWrites, "garbage-versions"),
      ("0 fail w x 1\n1 r x 1", .pram, "G1a"),
    ] as [(String, ConsistencyModel, String)])
  func names(text: String, level: ConsistencyModel, type: String) throws {
    let finding = level.finding(on: try operations(text))
    #expect(finding.types == [type], "\(finding)")
    let explanation = finding.anomalies.first?.explanation ?? ""
    #expect(explanation.contains("  T1 = "), "\(explanation)")
  }

  @Test("what a process can't have seen is told step by step")
  func explanation() throws {
    let finding = ConsistencyModel.causalMemory.finding(
      on: try operations("0 w z 1\n0 w x 1\n0 w y 1\n1 w x 2\n1 r z\n1 r y 1\n1 r x 2"))
    #expect(
      finding.anomalies.first?.explanation == """
        a process read the initial state of what had been written, as its other reads tell
        Let:
          T1 = read ["z", null] (op 9, process 1)
          T2 = write ["x", 1] (op 3, process 0)
          T3 = write ["y", 1] (op 5, process 0)
          T4 = read ["y", 1] (op 11, process 1)
          T5 = read ["x", 2] (op 13, process 1)
          T6 = write ["x", 2] (op 7, process 1)
          T7 = write ["z", 1] (op 1, process 0)
          process 0 ─T7 w "z" 1──T2 w "x" 1──T3 w "y" 1────────────────────────────────────────────────────
          process 1 ─────────────────────────────────────T6 w "x" 2──T1 r "z" null──T4 r "y" 1──T5 r "x" 2─
        Then:
          - T2 < T3, because process 0 executed T2 before T3.
          - T3 < T4, because T4 read key "y" = 1, which T3 wrote.
          - T4 < T5, because process 1 executed T4 before T5.
          - T2 < T6, because T5 read key "x" = 2, which T6 wrote, and T2, which came before T5, wrote \
        key "x", too.
          - T7 < T2, because process 0 executed T7 before T2.
          - T6 < T1, because process 1 executed T6 before T1.
          - However, T1 < T7, because T1 read key "z" = null, the initial state, and T7 wrote it: a \
        contradiction!
        """)
  }

  @Test("an operation reads and writes where it compares and sets")
  func compareAndSet() throws {
    let text = "0 w x 1\n1 cas x 1 2\n2 r x 2\n2 r x 1"
    #expect(ConsistencyModel.causal.finding(on: try operations(text)).types == ["WriteCORead"])
    #expect(
      ConsistencyModel.causal.finding(on: try operations("1 fail cas x 1 2\n0 r x")).verdict
        == .valid)
  }

  @Test("the initial state, and what null says, are as asked for")
  func initial() throws {
    let history = try operations("0 w x 1\n0 r x 0")
    let zero = SingleOperations(initial: .integer(0))
    #expect(ConsistencyModel.pram.finding(on: history).types == ["garbage-versions"])
    #expect(ConsistencyModel.pram.finding(on: history, zero).types == ["WritePRAMInitRead"])
    let null = try operations("0 w x 1\n0 r x")
    let ignoring = SingleOperations(ignoresNullReads: true)
    #expect(ConsistencyModel.pram.finding(on: null, ignoring).verdict == .valid)
  }

  @Test("one register needs no keys")
  func register() throws {
    let history = try operations("0 w x 1\n0 r x", isKeyed: false)
    let finding = ConsistencyModel.causal.finding(on: history, SingleOperations(areKeyed: false))
    #expect(finding.types == ["WriteCOInitRead"])
    #expect(finding.anomalies[0].explanation.contains("T2 = write 1 (op 1, process 0)"))
  }

  @Test(
    "what can't be told apart leaves levels open, and violations elsewhere are found",
    arguments: [
      ("0 w x 1\n1 w x 1\n0 r x 1", "ops 0 and 2 both write 1 to key \"x\""),
      ("0 w x null", "op 0 writes null to key \"x\", the initial state"),
    ])
  func ambiguity(text: String, reason: String) throws {
    for level in SingleOperationsChecker.levels {
      let finding = level.finding(on: try operations(text))
      #expect(finding.verdict == .unknown)
      #expect(finding.reason?.contains(reason) == true, "\(finding)")
    }
    let both = try operations(text + "\n2 w y 1\n2 r y")
    #expect(ConsistencyModel.causalMemory.finding(on: both).verdict == .invalid)
    #expect(ConsistencyModel.readYourWrites.finding(on: both).verdict == .invalid)
  }

  @Test("what failed did not happen, and may be written again")
  func retry() throws {
    let history = try operations("0 fail w x 1\n0 w x 1\n1 r x 1\n0 fail w x 1")
    #expect(ConsistencyModel.causalConvergence.finding(on: history).verdict == .valid)
  }

  @Test("what is no read or write of a key is refused with its line")
  func refused() throws {
    let history = try operations("0 w x 1\n0 append x 1")
    #expect(
      ConsistencyModel.pram.finding(on: history).reason
        == "op 3: \"append\" is no read, write or cas of a key")
    let register = try operations("0 w x 1", isKeyed: false)
    #expect(
      ConsistencyModel.pram.finding(on: register).reason == "op 1: write 1 is not [key, value]")
  }
}
