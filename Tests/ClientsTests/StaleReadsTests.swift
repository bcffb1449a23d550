import Clients
import Histories
import ObjectModels
import Testing
import Values
import Verdicts
import Workloads

/// A history as it is written down, a line at a time.
struct Lines {
  private(set) var operations: [Operation] = []

  mutating func add(
    _ type: Operation.Kind, _ process: Int, _ f: String, _ value: Value = nil, revision: Int? = nil
  ) {
    var extra = ValueMap()
    if let revision { extra["revision"] = .integer(revision) }
    operations.append(
      Operation(
        index: operations.count, time: Int64(operations.count) * 1000, type: type,
        process: .client(process), f: f, value: value, extra: extra))
  }

  mutating func call(_ process: Int, _ f: String, _ value: Value, revision: Int) {
    add(.invoke, process, f, value)
    add(.ok, process, f, value, revision: revision)
  }
}

@Suite("Stale reads")
struct StaleReadsTests {
  private func check(_ lines: Lines) throws -> Finding {
    StaleReadsChecker().check(try History(lines.operations))
  }

  @Test("are those that began after a greater revision was told")
  func stale() throws {
    var lines = Lines()
    lines.call(0, "write", [1, 1], revision: 2)
    lines.call(0, "write", [1, 2], revision: 3)
    lines.call(1, "read", [1, 1], revision: 2)
    let finding = try check(lines)
    #expect(finding.verdict == .invalid)
    #expect(finding.anomalies.map(\.type) == ["stale-linearizable-read"])
    #expect(finding.anomalies[0].operations == [3, 4, 5])
    #expect(
      finding.anomalies[0].explanation.contains(
        "op 3: write [1, 2] of process 0 ended at revision 3; op 4: process 1 began to read, and "
          + "op 5 answered [1, 1] of revision 2"))
  }

  @Test("are not those that began before, nor those of the same revision")
  func fresh() throws {
    var lines = Lines()
    lines.call(0, "write", [1, 1], revision: 2)
    lines.add(.invoke, 1, "read", [1, nil])
    lines.call(0, "write", [1, 2], revision: 3)
    lines.add(.ok, 1, "read", [1, 1], revision: 2)
    lines.call(1, "read", [1, 2], revision: 3)
    lines.call(2, "txn", [["append", 1, 3]], revision: 4)
    #expect(try check(lines).verdict == .valid)
  }

  @Test("are told apart from writes that show that the store went back")
  func rollback() throws {
    // Whoever writes makes a new revision, and whoever fails to has seen the last one.
    for (type, revision, isLost) in [
      (Operation.Kind.ok, 4, false), (.ok, 3, true), (.ok, 2, true), (.fail, 3, false),
      (.fail, 2, true), (.info, 2, false),
    ] {
      var lines = Lines()
      lines.call(0, "write", [1, 1], revision: 3)
      lines.call(1, "read", [1, 1], revision: 3)
      lines.add(.invoke, 0, "cas", [1, [1, 2]])
      lines.add(type, 0, "cas", [1, [1, 2]], revision: revision)
      let finding = try check(lines)
      #expect(finding.anomalies.map(\.type) == (isLost ? ["revision-rollback"] : []))
      #expect(isLost == (finding.anomalies.first?.operations == [1, 4, 5]))
    }
    // One that began before may have been decided before.
    var lines = Lines()
    lines.add(.invoke, 0, "write", [1, 1])
    lines.call(1, "write", [1, 2], revision: 3)
    lines.call(1, "read", [1, 2], revision: 3)
    lines.add(.ok, 0, "write", [1, 1], revision: 2)
    // A refresh of a lease tells what its node has.
    lines.call(0, "refresh", nil, revision: 1)
    #expect(try check(lines).verdict == .valid)
  }

  @Test("are transactions of reads too, and failures tell revisions")
  func transactions() throws {
    var lines = Lines()
    lines.add(.invoke, 0, "txn", [["append", 1, 3]])
    lines.add(.fail, 0, "txn", [["append", 1, 3]], revision: 8)
    lines.call(1, "txn", [["r", 1, []]], revision: 7)
    #expect(try check(lines).verdict == .invalid)
  }

  @Test("are not known where no read tells its revision")
  func unknown() throws {
    var lines = Lines()
    lines.call(0, "write", [1, 1], revision: 2)
    lines.add(.invoke, 0, "read", [1, nil])
    lines.add(.ok, 0, "read", [1, 1])
    let finding = try check(lines)
    #expect(finding.verdict == .unknown)
    #expect(finding.reason == "no read told its revision")
  }

  @Test("are excused, and nothing else is")
  func excused() throws {
    let checker = ExcusedReads(LinearizabilityChecker(KeyValueModel()))
    var lines = Lines()
    lines.call(0, "write", [1, 1], revision: 2)
    lines.call(0, "write", [1, 2], revision: 3)
    lines.call(1, "read", [1, 1], revision: 2)
    let plain = LinearizabilityChecker(KeyValueModel())
    #expect(plain.check(try History(lines.operations)).verdict == .invalid)
    let finding = checker.check(try History(lines.operations))
    #expect(finding.verdict == .valid)
    #expect(finding.checker == "linearizable")
    #expect(finding.facts["excused-reads"] == 1)
    // The same read by a revision that does not prove it stale.
    lines.call(1, "read", [1, 1], revision: 3)
    let accused = checker.check(try History(lines.operations))
    #expect(accused.verdict == .invalid)
    #expect(accused.anomalies[0].operations.contains(7))
  }

  @Test("must have found what was there")
  func invented() throws {
    let checker = ExcusedReads(LinearizabilityChecker(KeyValueModel()))
    // 7 was never written, and 2 not yet.
    for (value, isThere) in [(1, true), (7, false), (2, false)] {
      var lines = Lines()
      lines.call(0, "write", [1, 1], revision: 2)
      lines.call(0, "write", [1, 3], revision: 3)
      lines.call(0, "write", [1, 2], revision: 4)
      lines.call(1, "read", [1, .integer(value)], revision: 2)
      let finding = checker.check(try History(lines.operations))
      #expect(finding.verdict == (isThere ? .valid : .invalid), "\(value)")
      #expect(finding.facts["excused-reads"] == 1)
    }
  }

  /// A store of one register, whose operations take effect at any time while they are under way, or
  /// later where nobody knows of them; some reads are answered from an old state.
  private func concurrentStore(seed: UInt64, invents: Bool) -> Lines {
    var draws = Draws(seed: seed)
    var lines = Lines()
    var states: [Value] = [nil, nil]
    var pending: [Int: (f: String, value: Int, answer: (value: Value, revision: Int)?)] = [:]
    var forgotten: [Int] = []
    var processes = [0, 1, 2, 3]
    for number in 1...60 {
      let thread = draws.below(4)
      let process = processes[thread]
      guard let call = pending[process] else {
        let f = draws.chance(0.5) ? "read" : "write"
        pending[process] = (f, number, nil)
        lines.add(.invoke, process, f, [1, f == "read" ? nil : .integer(number)])
        continue
      }
      if draws.chance(0.2), !forgotten.isEmpty {
        states.append(.integer(forgotten.remove(at: draws.below(forgotten.count))))
      }
      guard let answer = call.answer else {
        if call.f == "write", draws.chance(0.1) {
          forgotten.append(call.value)
          pending[process] = nil
          processes[thread] += 4
          lines.add(.info, process, "write", [1, .integer(call.value)])
          continue
        }
        if call.f == "write" { states.append(.integer(call.value)) }
        var revision = states.count - 1
        if call.f == "read", draws.chance(0.4) { revision = 1 + draws.below(revision) }
        var value = states[revision]
        if invents, call.f == "read", draws.chance(0.3) { value = .integer(1000 + number) }
        pending[process]?.answer = (value, revision)
        continue
      }
      pending[process] = nil
      lines.add(.ok, process, call.f, [1, answer.value], revision: answer.revision)
    }
    return lines
  }

  @Test("are excused whatever is under way, unless they were invented")
  func concurrent() throws {
    let plain = LinearizabilityChecker(KeyValueModel())
    var stale = 0
    var invented = 0
    for seed in 0..<300 as Range<UInt64> {
      let history = try History(concurrentStore(seed: seed, invents: false).operations)
      let finding = StaleReadsChecker().check(history)
      #expect(!finding.anomalies.contains { $0.type == "revision-rollback" }, "seed \(seed)")
      if finding.verdict == .invalid, plain.check(history).verdict == .invalid { stale += 1 }
      #expect(ExcusedReads(plain).check(history).verdict != .invalid, "seed \(seed)")
      let inventing = try History(concurrentStore(seed: seed, invents: true).operations)
      if ExcusedReads(plain).check(inventing).verdict == .invalid { invented += 1 }
    }
    #expect(stale > 100 && invented > 250, "\(stale) and \(invented) of 300")
  }

  /// A store of two lists, or of a set, which is the first list; see ``concurrentStore(seed:invents:)``.
  private func growingStore(seed: UInt64, isSet: Bool, invents: Bool) -> Lines {
    var draws = Draws(seed: seed)
    var lines = Lines()
    var states: [[[Value]]] = [[[], []], [[], []]]
    var pending: [Int: (steps: Value, isRead: Bool, answer: (value: Value, revision: Int)?)] = [:]
    for number in 1...80 {
      let process = draws.below(4)
      guard let call = pending[process] else {
        let isRead = draws.chance(0.5)
        let steps: Value =
          isSet
          ? (isRead ? nil : .integer(number))
          : .list(
            (0..<2).map {
              !isRead && $0 == number % 2
                ? ["append", .integer($0), .integer(number)] : ["r", .integer($0), nil]
            })
        pending[process] = (steps, isRead, nil)
        lines.add(.invoke, process, isSet ? (isRead ? "read" : "add") : "txn", steps)
        continue
      }
      guard let answer = call.answer else {
        var state = states.last ?? []
        if !call.isRead {
          let steps = call.steps.elements ?? [["append", 0, call.steps]]
          for (key, step) in steps.enumerated() {
            guard let parts = step.elements, parts[0] == "append" else { continue }
            state[key].append(parts[2])
          }
          states.append(state)
        }
        var revision = states.count - 1
        if call.isRead, draws.chance(0.4) { revision = 1 + draws.below(revision) }
        state = states[revision]
        if invents, call.isRead, draws.chance(0.3) { state[0].append(.integer(1000 + number)) }
        let value: Value =
          isSet
          ? (call.isRead ? .list(state[0]) : call.steps)
          : .list(
            (call.steps.elements ?? []).enumerated().map { key, step in
              step.elements?.first == "r" ? ["r", .integer(key), .list(state[key])] : step
            })
        pending[process]?.answer = (value, revision)
        continue
      }
      pending[process] = nil
      let f = isSet ? (call.isRead ? "read" : "add") : "txn"
      lines.add(.ok, process, f, answer.value, revision: answer.revision)
    }
    return lines
  }

  @Test("are excused in sets and lists too", arguments: [true, false])
  func growing(isSet: Bool) throws {
    let options = WorkloadOptions(seed: 0, nodes: [], concurrency: 4)
    let workload: any Workload = isSet ? GSetWorkload(options) : ListAppendWorkload(options)
    let plain = workload.checkers
    var stale = 0
    var invented = 0
    for seed in 0..<100 as Range<UInt64> {
      let sound = growingStore(seed: seed, isSet: isSet, invents: false)
      let history = try History(sound.operations)
      if StaleReadsChecker().check(history).verdict == .invalid { stale += 1 }
      for checker in plain {
        #expect(ExcusedReads(checker).check(history).verdict != .invalid, "seed \(seed)")
      }
      let lies = try History(growingStore(seed: seed, isSet: isSet, invents: true).operations)
      if plain.contains(where: { ExcusedReads($0).check(lies).verdict == .invalid }) {
        invented += 1
      }
    }
    #expect(stale > 80 && invented > 80, "\(stale) and \(invented) of 100")
  }

  @Test("are the same as by going through all pairs", arguments: 0..<300 as Range<UInt64>)
  func twin(seed: UInt64) throws {
    var draws = Draws(seed: seed)
    var lines = Lines()
    var pending: [Int: String] = [:]
    for _ in 0..<20 {
      let process = draws.below(4)
      guard let f = pending.removeValue(forKey: process) else {
        let f = draws.chance(0.5) ? "read" : "write"
        pending[process] = f
        lines.add(.invoke, process, f, [1, 1])
        continue
      }
      let type: Operation.Kind = draws.chance(0.8) ? .ok : .fail
      lines.add(type, process, f, [1, 1], revision: draws.chance(0.9) ? draws.below(5) : nil)
    }
    let operations = lines.operations
    let history = try History(operations)
    var expected = 0
    for (position, line) in operations.enumerated() where line.f == "read" && line.type == .ok {
      guard let revision = line.extra["revision"]?.integer else { continue }
      let isStale = operations[..<Int(history.partners[position])].contains {
        $0.type != .invoke && $0.extra["revision"]?.integer ?? -1 > revision
      }
      if isStale { expected += 1 }
    }
    let finding = StaleReadsChecker().check(history)
    #expect(finding.facts["stale-count"] == .integer(expected))
    let isAccused = finding.anomalies.contains { $0.type == "stale-linearizable-read" }
    #expect(isAccused == (expected > 0))
  }

  /// A store of one register with two nodes, of which the second is behind at times.
  private func store(seed: UInt64, isStale: Bool) -> Lines {
    var draws = Draws(seed: seed)
    var lines = Lines()
    var (value, revision) = (0, 1)
    var behind = (value: Value.null, revision: 1)
    for number in 0..<30 {
      switch draws.below(3) {
      case 0:
        value = number + 1
        revision += 1
        lines.call(0, "write", [1, .integer(value)], revision: revision)
      case 1 where isStale: lines.call(1, "read", [1, behind.value], revision: behind.revision)
      case 1:
        let read: Value = value == 0 ? nil : .integer(value)
        lines.call(1, "read", [1, read], revision: revision)
      default: behind = (value == 0 ? .null : .integer(value), revision)
      }
    }
    return lines
  }

  @Test("of a node that is behind are found, and excused; of one that is not there are none")
  func mutants() throws {
    var found = 0
    for seed in 0..<50 as Range<UInt64> {
      let sound = try check(store(seed: seed, isStale: false))
      #expect(sound.verdict != .invalid, "seed \(seed)")
      let history = try History(store(seed: seed, isStale: true).operations)
      let finding = StaleReadsChecker().check(history)
      if finding.verdict == .invalid { found += 1 }
      let excused = ExcusedReads(LinearizabilityChecker(KeyValueModel())).check(history)
      #expect(excused.verdict != .invalid, "seed \(seed)")
    }
    #expect(found > 30)
  }

  @Test("are left to their own checker where etcd's reads are linearizable")
  func checkers() {
    let options = WorkloadOptions(seed: 0, nodes: [], concurrency: 1)
    func names(_ workload: any Workload, isSerializable: Bool) -> [String] {
      EtcdClient.checkers(workload, .init(readsAreSerializable: isSerializable)).map(\.name)
    }
    #expect(
      names(LinKVWorkload(options), isSerializable: false) == ["linearizable", "stale-reads"])
    #expect(names(LinKVWorkload(options), isSerializable: true) == ["linearizable"])
    #expect(names(LockWorkload(options), isSerializable: false) == ["lock"])
  }

  @Test("are nothing to a lock, which is judged by the lease that its clients ask for")
  func leases() throws {
    let workload = LockWorkload(WorkloadOptions(seed: 0, nodes: [], concurrency: 1))
    var lines = Lines()
    lines.add(.invoke, 0, "acquire")
    lines.add(.ok, 0, "acquire")
    lines.add(.invoke, 1, "acquire")
    lines.add(.ok, 1, "acquire")
    lines.add(.invoke, 0, "release")
    var operations = lines.operations
    for place in operations.indices { operations[place].time = .milliseconds(300 * Int64(place)) }
    let history = try History(operations)
    for (seconds, verdict) in [(1, Verdict.valid), (2, .invalid)] {
      let checkers = EtcdClient.checkers(workload, .init(leaseSeconds: seconds))
      #expect(checkers.map { $0.check(history).verdict } == [verdict])
    }
  }
}
