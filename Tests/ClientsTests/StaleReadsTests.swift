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

  @Test("are not those that began before, nor those of the same revision, nor writes")
  func fresh() throws {
    var lines = Lines()
    lines.call(0, "write", [1, 1], revision: 2)
    lines.add(.invoke, 1, "read", [1, nil])
    lines.call(0, "write", [1, 2], revision: 3)
    lines.add(.ok, 1, "read", [1, 1], revision: 2)
    lines.call(1, "read", [1, 2], revision: 3)
    lines.call(2, "txn", [["append", 1, 3]], revision: 1)
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
    #expect(
      finding.verdict == .valid || expected > 0 || finding.reason == "no read told its revision")
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
