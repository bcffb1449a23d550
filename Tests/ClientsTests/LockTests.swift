import Clients
import Generators
import Histories
import ObjectModels
import Testing
import Values
import Verdicts
import Workloads

/// A history of a lock, with times in milliseconds.
private struct LockLines {
  private(set) var operations: [Operation] = []

  mutating func add(
    _ time: Int, _ type: Operation.Kind, _ process: Int, _ f: String, error: Value? = nil
  ) {
    operations.append(
      Operation(
        index: operations.count, time: .milliseconds(Int64(time)), type: type,
        process: .client(process), f: f, error: error))
  }

  mutating func call(
    _ time: Int, _ type: Operation.Kind, _ process: Int, _ f: String, error: Value? = nil
  ) {
    add(time, .invoke, process, f)
    add(time + 1, type, process, f, error: error)
  }

  func finding(lease: Nanoseconds? = .seconds(2)) throws -> Finding {
    LockChecker(lease: lease).check(try History(operations))
  }
}

@Suite("A lock")
struct LockTests {
  @Test("is held by one after the other")
  func valid() throws {
    var lines = LockLines()
    lines.call(0, .ok, 0, "acquire")
    lines.call(10, .fail, 1, "acquire", error: "held")
    lines.call(500, .ok, 0, "refresh")
    lines.call(900, .ok, 0, "release")
    lines.call(1000, .ok, 1, "acquire")
    lines.call(1100, .ok, 1, "release")
    let finding = try lines.finding()
    #expect(finding.verdict == .valid)
    #expect(finding.facts["acquired-count"] == 2)
  }

  @Test(
    "that two hold is broken, with both as evidence", arguments: [Operation.Kind.ok, .fail, .info])
  func broken(release: Operation.Kind) throws {
    var lines = LockLines()
    lines.call(0, .ok, 0, "acquire")
    lines.call(500, .fail, 0, "refresh", error: "timeout")
    lines.call(1000, .ok, 1, "acquire")
    lines.call(1500, release, 0, "release", error: "not-held")
    lines.call(1600, .ok, 1, "release")
    let finding = try lines.finding()
    #expect(finding.verdict == .invalid)
    #expect(finding.reason == "two processes held the lock at a time")
    #expect(finding.anomalies.map(\.type) == ["mutual-exclusion"])
    #expect(
      finding.anomalies[0].explanation.hasPrefix(
        "process 0 held the lock from line 1 (0.001 s) to line 6 (1.500 s),\n"
          + "and process 1 acquired it at line 5 (1.001 s), while it was held\n\n"))
    #expect(Set(finding.anomalies[0].operations).isSuperset(of: [1, 4, 5]))
  }

  @Test("may be acquired while its release is under way")
  func handedOver() throws {
    var lines = LockLines()
    lines.call(0, .ok, 0, "acquire")
    lines.add(10, .invoke, 0, "release")
    lines.call(20, .ok, 1, "acquire")
    lines.add(30, .ok, 0, "release")
    #expect(try lines.finding().verdict == .valid)
  }

  @Test("is not claimed by a process that was told that it lost it")
  func told() throws {
    var lines = LockLines()
    lines.call(0, .ok, 0, "acquire")
    lines.add(1000, .invoke, 0, "refresh")
    lines.call(1010, .ok, 1, "acquire")
    lines.add(1020, .fail, 0, "refresh", error: "not-held")
    lines.call(1500, .fail, 0, "release", error: "not-held")
    #expect(try lines.finding().verdict == .valid)
    // Before it asked it did claim it.
    var early = LockLines()
    early.call(0, .ok, 0, "acquire")
    early.call(900, .ok, 1, "acquire")
    early.call(1000, .fail, 0, "refresh", error: "not-held")
    #expect(try early.finding().verdict == .invalid)
  }

  @Test("is not claimed by a process that gave up")
  func gaveUp() throws {
    var lines = LockLines()
    lines.call(0, .ok, 0, "acquire")
    lines.call(400, .ok, 0, "refresh")
    lines.add(800, .invoke, 0, "refresh")
    lines.call(900, .ok, 1, "acquire")
    lines.add(1000, .info, 0, "refresh", error: "timeout")
    #expect(try lines.finding().verdict == .valid)
    #expect(try lines.finding(lease: nil).verdict == .valid)
    // While it still asked it did claim it.
    var early = LockLines()
    early.call(0, .ok, 0, "acquire")
    early.call(300, .ok, 1, "acquire")
    early.call(400, .ok, 0, "refresh")
    #expect(try early.finding().verdict == .invalid)
  }

  @Test("is not claimed for longer than a lease by a process that does nothing to keep it")
  func silent() throws {
    var lines = LockLines()
    lines.call(0, .ok, 0, "acquire")
    lines.call(400, .ok, 0, "refresh")
    lines.call(2500, .ok, 1, "acquire")
    lines.call(2600, .fail, 0, "release", error: "not-held")
    #expect(try lines.finding().verdict == .valid)
    #expect(try lines.finding(lease: nil).verdict == .invalid)
    #expect(try lines.finding(lease: .seconds(3)).verdict == .invalid)
  }

  @Test("is not claimed by an acquire that took longer than a lease, or that nobody knows of")
  func late() throws {
    var lines = LockLines()
    lines.add(0, .invoke, 0, "acquire")
    lines.call(2100, .ok, 1, "acquire")
    lines.add(2200, .ok, 0, "acquire")
    lines.call(2300, .ok, 1, "release")
    #expect(try lines.finding().verdict == .valid)
    #expect(try lines.finding(lease: nil).verdict == .invalid)
    var open = LockLines()
    open.call(0, .info, 0, "acquire")
    open.call(100, .ok, 1, "acquire")
    open.add(200, .invoke, 2, "acquire")
    #expect(try open.finding().verdict == .valid)
  }

  @Test("can't be released by who does not have it")
  func unowned() throws {
    var lines = LockLines()
    lines.call(0, .ok, 0, "acquire")
    lines.call(100, .ok, 1, "release")
    lines.call(200, .ok, 0, "release")
    let finding = try lines.finding()
    #expect(finding.verdict == .invalid)
    #expect(finding.anomalies.map(\.type) == ["nonlinearizable"])
  }

  @Test("that nobody got says nothing")
  func unknown() throws {
    var lines = LockLines()
    lines.call(0, .fail, 0, "acquire", error: "held")
    #expect(try lines.finding().verdict == .unknown)
  }

  /// What a claim is, by the definition, from one process's lines.
  private func claims(_ operations: [Operation]) -> (claims: [(Int, Int)], isUnowned: Bool) {
    var all: [(Int, Int)] = []
    var isUnowned = false
    for process in Set(operations.compactMap(\.process.number)) {
      var start: Int?
      var sign = 0
      for (position, line) in operations.enumerated() where line.process.number == process {
        switch (line.f, line.type) {
        case ("acquire", .invoke), ("acquire", .fail), ("acquire", .info): break
        case ("acquire", .ok): (start, sign) = (position, position)
        case ("refresh", .info): break
        case ("refresh", _): sign = position
        case ("release", .invoke):
          if let start { all.append((start, position)) }
          let answer = operations[position...].first {
            $0.process.number == process && $0.type != .invoke
          }
          if start == nil, answer?.type == .ok { isUnowned = true }
          start = nil
        default: break
        }
      }
      if let start { all.append((start, sign)) }
    }
    return (all, isUnowned)
  }

  @Test("is judged as by going through all pairs of claims", arguments: 0..<400 as Range<UInt64>)
  func twin(seed: UInt64) throws {
    var draws = Draws(seed: seed)
    var lines = LockLines()
    var processes = [0, 1, 2]
    var pending: [Int: String] = [:]
    var holds: Set<Int> = []
    for time in 0..<24 {
      let thread = draws.below(3)
      let process = processes[thread]
      guard let f = pending.removeValue(forKey: process) else {
        var f = holds.contains(process) ? (draws.chance(0.6) ? "release" : "refresh") : "acquire"
        if draws.chance(0.02) { f = "release" }
        pending[process] = f
        lines.add(time, .invoke, process, f)
        continue
      }
      let isWon = f != "acquire" || holds.isEmpty || draws.chance(0.05)
      let type: Operation.Kind = draws.chance(0.1) ? .info : isWon ? .ok : .fail
      lines.add(time, type, process, f)
      if f == "acquire", type == .ok { holds.insert(process) }
      if f == "release" || type == .info { holds.remove(process) }
      if type == .info { processes[thread] += 3 }
    }
    let (claims, isUnowned) = claims(lines.operations)
    let overlaps = claims.indices.contains { one in
      claims.indices.contains { other in
        one != other && claims[one].0 < claims[other].1 && claims[other].0 < claims[one].1
          || one != other && claims[one].0 < claims[other].0 && claims[other].0 < claims[one].1
      }
    }
    let finding = try lines.finding(lease: nil)
    guard finding.verdict != .unknown else {
      #expect(claims.isEmpty)
      return
    }
    #expect((finding.verdict == .invalid) == (overlaps || isUnowned), "seed \(seed)")
  }

  /// A lock service with leases, its clients, and what was recorded of them.
  private func service(
    seed: UInt64, expiresAfter lease: Int?, ignoresRefresh: Bool = false, granted: Double = 0
  ) -> LockLines {
    var draws = Draws(seed: seed)
    var lines = LockLines()
    var owner: (process: Int, until: Int)?
    var processes = [0, 1, 2]
    var holds = [false, false, false]
    var due = [0, 3, 7]
    for time in 0..<6000 {
      if let lease, let held = owner, time > held.until, lease > 0 { owner = nil }
      guard let thread = due.indices.first(where: { due[$0] == time }) else { continue }
      let process = processes[thread]
      due[thread] = time + 100 + draws.below(300)
      let isLost = draws.chance(0.05)
      let until = time + (lease ?? 1_000_000)
      guard holds[thread] else {
        let isWon = owner == nil || draws.chance(granted)
        if isWon { owner = (process, until) }
        lines.call(time, isLost ? .info : isWon ? .ok : .fail, process, "acquire")
        holds[thread] = isWon && !isLost
        if isLost { processes[thread] += 3 }
        continue
      }
      let isMine = owner?.process == process
      if draws.chance(0.8) {
        if isMine, !ignoresRefresh { owner?.until = until }
        lines.call(
          time, isLost ? .info : isMine ? .ok : .fail, process, "refresh",
          error: isMine ? nil : "not-held")
      } else {
        if isMine { owner = nil }
        lines.call(time, isLost ? .info : isMine ? .ok : .fail, process, "release")
        holds[thread] = false
      }
      if isLost {
        processes[thread] += 3
        holds[thread] = false
      }
      // Calls take a millisecond, so two must not begin in the same one.
      while due.indices.contains(where: { $0 != thread && abs(due[$0] - due[thread]) < 3 }) {
        due[thread] += 3
      }
    }
    return lines
  }

  @Test("that works is never accused, whoever gave up", arguments: 0..<60 as Range<UInt64>)
  func sound(seed: UInt64) throws {
    #expect(try service(seed: seed, expiresAfter: 2000).finding().verdict == .valid)
    #expect(try service(seed: seed, expiresAfter: nil).finding().verdict != .invalid)
  }

  @Test("that forgets refreshes, or gives away what is held, is found")
  func mutants() throws {
    var forgetful = 0
    var generous = 0
    for seed in 0..<30 as Range<UInt64> {
      let forgets = service(seed: seed, expiresAfter: 600, ignoresRefresh: true)
      if try forgets.finding().verdict == .invalid { forgetful += 1 }
      let gives = service(seed: seed, expiresAfter: 2000, granted: 0.3)
      if try gives.finding().verdict == .invalid { generous += 1 }
    }
    #expect(forgetful > 20 && generous > 20, "\(forgetful) and \(generous) of 30")
  }

  /// A lock by leases over a network that takes its time, and what its clients recorded.
  ///
  /// Their answers come in time, but leases run out all the same: while they are asked for, or
  /// between two refreshes.
  private func slowService(seed: UInt64, delayMax: Int, ignoresLeases: Bool) -> LockLines {
    enum Step { case grant, take, acquired, keep, kept, free, freed, act }
    struct Event {
      var time: Int
      var thread: Int
      var step: Step
    }
    var draws = Draws(seed: seed)
    var lines = LockLines()
    var events = (0..<3).map { Event(time: 10 * $0, thread: $0, step: .act) }
    // What the service has: for each lease when it ends, and the lease of the lock.
    var ends: [Int] = []
    var owner: Int?
    // What the clients know: their leases, until when they want the lock, and the last answer.
    var leases = [0, 0, 0]
    var wantedUntil: [Int?] = [nil, nil, nil]
    var answers = [true, true, true]
    while let place = events.indices.min(by: { events[$0].time < events[$1].time }),
      events[place].time < 60_000
    {
      let event = events.remove(at: place)
      let (time, thread) = (event.time, event.thread)
      func isAlive(_ lease: Int) -> Bool { ends[lease] >= time }
      func later(_ step: Step, _ pause: Int) {
        events.append(Event(time: time + 1 + pause, thread: thread, step: step))
      }
      func carry(_ step: Step) { later(step, draws.below(delayMax)) }
      if let holder = owner, !isAlive(holder) { owner = nil }
      switch event.step {
      case .act:
        guard let until = wantedUntil[thread] else {
          lines.add(time, .invoke, thread, "acquire")
          carry(.grant)
          continue
        }
        lines.add(time, .invoke, thread, time < until ? "refresh" : "release")
        carry(time < until ? .keep : .free)
      case .grant:
        leases[thread] = ends.count
        ends.append(time + 2000)
        // There and back.
        later(.take, draws.below(delayMax) + draws.below(delayMax))
      case .take:
        answers[thread] = (owner == nil || ignoresLeases) && isAlive(leases[thread])
        if answers[thread] { owner = leases[thread] }
        carry(.acquired)
      case .acquired:
        lines.add(time, answers[thread] ? .ok : .fail, thread, "acquire")
        if answers[thread] { wantedUntil[thread] = time + 1000 + draws.below(3000) }
        later(.act, 200 + draws.below(300))
      case .keep:
        answers[thread] = isAlive(leases[thread])
        if answers[thread] { ends[leases[thread]] = time + 2000 }
        carry(.kept)
      case .kept:
        lines.add(
          time, answers[thread] ? .ok : .fail, thread, "refresh",
          error: answers[thread] ? nil : "not-held")
        if !answers[thread] { wantedUntil[thread] = time }
        later(.act, answers[thread] ? 200 + draws.below(300) : 0)
      case .free:
        answers[thread] = owner == leases[thread]
        if answers[thread] { owner = nil }
        carry(.freed)
      case .freed:
        lines.add(time, answers[thread] ? .ok : .fail, thread, "release")
        wantedUntil[thread] = nil
        later(.act, 100 + draws.below(300))
      }
    }
    return lines
  }

  @Test("that leases protect is not accused of its network", arguments: [20, 500, 1500])
  func slow(delayMax: Int) throws {
    var broken = 0
    for seed in 0..<40 as Range<UInt64> {
      let sound = try slowService(seed: seed, delayMax: delayMax, ignoresLeases: false).finding()
      #expect(sound.verdict != .invalid, "seed \(seed)")
      let mutant = try slowService(seed: seed, delayMax: delayMax, ignoresLeases: true).finding()
      if mutant.verdict == .invalid { broken += 1 }
    }
    // Who waits for longer than a lease claims little.
    #expect(broken > 30 || delayMax > 1000, "\(broken) of 40")
  }

  @Test("is acquired, refreshed and released by each thread for itself, as the seed says")
  func generator() {
    let simulation = GeneratorSimulation(
      concurrency: 3, latency: .milliseconds(5), operationsMax: 400)
    let run = simulation.run(LockOperations(seed: 3).onClients())
    #expect(run.end == .bounded)
    #expect(run == simulation.run(LockOperations(seed: 3).onClients()))
    #expect(run != simulation.run(LockOperations(seed: 4).onClients()))
    for process in 0..<3 {
      let mine = run.invocations.filter { $0.process.number == process }
      var last: (f: String, time: Nanoseconds) = ("release", 0)
      var acquired: Nanoseconds = 0
      for call in mine {
        let expected = last.f == "release" ? ["acquire"] : ["refresh", "release"]
        #expect(expected.contains(call.f))
        if call.f == "acquire" { acquired = call.time }
        if last.f != "release" { #expect(call.time - last.time <= .milliseconds(505)) }
        if call.f == "release" {
          let held = LockOperations.Times().held
          #expect(call.time - acquired >= held.lowerBound)
          #expect(call.time - acquired <= held.upperBound + .milliseconds(10))
        }
        last = (call.f, call.time)
      }
    }
    #expect(Set(run.invocations.map(\.f)) == ["acquire", "refresh", "release"])
  }

  @Test("that was not got is tried again, and one that is lost is released at once")
  func failures() {
    var generator = LockOperations(seed: 1)
    var context = GeneratorContext(concurrency: 1)
    func event(_ f: String, _ type: Operation.Kind, _ error: Value? = nil) -> Operation {
      Operation(time: context.time, type: type, process: .client(0), f: f, error: error)
    }
    func next() -> (f: String, time: Nanoseconds)? {
      var copy = generator
      guard case .invocation(let invocation) = copy.next(context.restricted(to: ThreadSet([0])))
      else { return nil }
      return (invocation.f, invocation.time)
    }
    #expect(next()?.f == "acquire")
    generator.update(event("acquire", .fail, "held"), thread: 0, context)
    #expect(next()?.f == "acquire")
    #expect(next()?.time ?? 0 >= .milliseconds(100))
    context.time = next()?.time ?? 0
    generator.update(event("acquire", .ok), thread: 0, context)
    #expect(next()?.f == "refresh")
    context.time = next()?.time ?? 0
    generator.update(event("refresh", .fail, "timeout"), thread: 0, context)
    #expect(next()?.f == "refresh")
    context.time = next()?.time ?? 0
    generator.update(event("refresh", .fail, ["not-held", "gone"]), thread: 0, context)
    #expect(next()?.f == "release")
    #expect(next()?.time == context.time)
    generator.update(event("release", .info), thread: 0, context)
    #expect(next()?.f == "acquire")
  }
}
