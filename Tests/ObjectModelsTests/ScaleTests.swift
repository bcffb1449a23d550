import Histories
import Linearizability
import ObjectModels
import Testing
import Values
import Verdicts

@Suite("The search holds up", .timeLimit(.minutes(3)))
struct ScaleTests {
  /// Compare-and-sets from each number to the next, all open at once, and reads in their midst.
  private func chain(_ count: Int, reading: [Int], ending: Operation.Kind) throws -> History {
    let operations = (0..<count).map { "\(200 + $0) TYPE cas \($0) \($0 + 1)" }
    let reads = reading.map { "1 invoke read\n1 ok read \($0)" }
    let starts = operations.map { $0.replacing("TYPE", with: "invoke") }
    let ends = operations.map { $0.replacing("TYPE", with: ending.rawValue) }
    return try script((starts.shuffled(by: count) + reads + ends).joined(separator: "\n"))
  }

  @Test(
    "more than 64 open operations are judged", arguments: [60, 63, 64, 65, 70, 130],
    [Operation.Kind.ok, .info])
  func manyOpen(count: Int, ending: Operation.Kind) throws {
    let checker = LinearizabilityChecker(RegisterModel(initial: 0))
    let last = ending == .ok ? [count] : []
    let valid = try chain(count, reading: [0, 3, 3, count - 1] + last, ending: ending)
    #expect(checker.check(valid).verdict == .valid)
    let invalid = try chain(count, reading: [0, count / 2, 3], ending: ending)
    let finding = checker.check(invalid)
    #expect(finding.verdict == .invalid)
    let lines = Set(try #require(finding.anomalies.first).operations)
    let part = try History(invalid.operations.filter { lines.contains($0.index) })
    #expect(checker.check(part).verdict == .invalid)
  }

  @Test("many open writes are judged where an order explains the reads", arguments: [64, 100])
  func manyWrites(count: Int) throws {
    let writes = (0..<count).map { "\(200 + $0) TYPE write \($0)" }
    let text =
      writes.map { $0.replacing("TYPE", with: "invoke") }
      + [5, count - 1, 7, 7].map { "1 invoke read\n1 ok read \($0)" }
      + writes.map { $0.replacing("TYPE", with: "ok") }
    let history = try script(text.joined(separator: "\n"))
    #expect(LinearizabilityChecker(RegisterModel()).check(history).verdict == .valid)
  }

  /// Writes all open to the end, and one read after them that nothing explains.
  private var hopeless: String {
    let writes = (0..<40).map { "\($0) invoke write \($0)" }
    let looks = (0..<40).map { "\(50 + $0) invoke cas \($0) \((7 * $0 + 1) % 40)" }
    let ends = (0..<40).map {
      "\($0) ok write \($0)\n\(50 + $0) ok cas" + " \($0) \((7 * $0 + 1) % 40)"
    }
    let end = ["99 invoke cas 40 41", "99 info cas 40 41", "98 invoke read", "98 ok read 41"]
    return (writes + looks + ends + end).joined(separator: "\n")
  }

  @Test("a search that needs too many steps is unknown, and says why")
  func steps() throws {
    let budget = Budget(steps: 100_000)
    let finding = LinearizabilityChecker(RegisterModel(), budget: budget).check(
      try script(hopeless))
    #expect(finding.verdict == .unknown)
    #expect(
      finding.reason == "the history is undecided: the search used up its 100000 steps")
  }

  @Test("a search that needs too much memory forgets, and goes on while it has steps")
  func memory() throws {
    let budget = Budget(steps: 20_000_000, memory: 4 << 20)
    let finding = LinearizabilityChecker(RegisterModel(), budget: budget).check(
      try script(hopeless))
    #expect(finding.verdict == .unknown)
    #expect(
      finding.reason == "the history is undecided: the search used up its 20000000 steps")
  }

  @Test("a search out of time is unknown, and says why")
  func time() throws {
    let terms = Terms(budget: Budget(isExpired: { true }), usesDeciders: false)
    let finding = LinearizabilityChecker(RegisterModel(), terms)
      .check(try script("0 invoke write 1\n0 ok write 1"))
    #expect(finding.verdict == .unknown)
    #expect(finding.reason == "the history is undecided: the search ran out of time")
  }

  @Test("a hopeless key does not keep an invalid one from being found")
  func portfolio() throws {
    let lines =
      try script(hopeless).operations
      + script("200 invoke read\n200 ok read 5").operations
    let keyed = try History(
      lines.enumerated().map { place, line in
        var line = line
        line.index = place
        line.value = .list([line.process == .client(200) ? "easy" : "hopeless", line.value])
        return line
      })
    let finding = LinearizabilityChecker(
      RegisterModel(), isKeyed: true, budget: Budget(steps: 1_000_000)
    ).check(keyed)
    #expect(finding.verdict == .invalid)
    #expect(finding.reason == "key \"easy\" is not linearizable")
  }

  @Test("the steps grow with the length of a history, not faster", arguments: [false, true])
  func growth(isUnique: Bool) throws {
    func steps(_ operations: Int) throws -> Int {
      let shape = Shape(
        clients: 5, operations: operations, values: 5, crashes: 0, lies: 0, isUnique: isUnique)
      let finding = LinearizabilityChecker(RegisterModel(), Terms(usesDeciders: false)).check(
        try History.random(shape, seed: 5))
      #expect(finding.verdict == .valid)
      return finding.facts[fact: "steps"]?.integer ?? 0
    }
    #expect(try steps(20_000) < 12 * steps(2_000))
  }

  @Test("a stale read after five thousand operations is shown in a few lines", arguments: 0..<8)
  func staleRead(seed: Int) throws {
    let shape = Shape(clients: 8, operations: 5_000, values: 5, crashes: 0, lies: 0)
    var lines = try History.random(shape, seed: UInt64(seed)).operations
    for (f, value) in [("write", Value.integer(3)), ("write", 4), ("read", 3)] {
      for type in [Operation.Kind.invoke, .ok] {
        lines.append(
          Operation(index: lines.count, type: type, process: .client(90), f: f, value: value))
      }
    }
    let finding = LinearizabilityChecker(RegisterModel()).check(try History(lines))
    #expect(finding.verdict == .invalid)
    let operations = try #require(finding.anomalies.first).operations
    #expect(operations.count <= 30, "\(operations.count) lines")
  }

  @Test("a late lie among ten thousand operations is found and shown in a few lines")
  func lateLie() throws {
    let shape = Shape(clients: 10, operations: 10_000, values: 5, crashes: 0, lies: 0)
    var lines = try History.random(shape, seed: 9).operations
    let place = try #require(lines.lastIndex { $0.type == .ok && $0.f == "read" })
    lines[place].value = 77
    let finding = LinearizabilityChecker(RegisterModel()).check(try History(lines))
    #expect(finding.verdict == .invalid)
    #expect(finding.anomalies.first?.operations.contains(place) == true)
    #expect(finding.anomalies.first?.operations.count == 2)
  }
}

extension [String] {
  fileprivate func shuffled(by seed: Int) -> [String] {
    var draws = Draws(seed: UInt64(seed))
    return draws.shuffled(self)
  }
}
