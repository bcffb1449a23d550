import Glibc
import Hosts
import Processes
import Testing
import Values

/// An owner that is gone: a process of ours that has ended.
private func goneOwner() throws -> Owner {
  let process = try Program(
    path: "/bin/true", arguments: ["true"], environment: [], directory: "/"
  ).spawn(descriptors: [], closingFrom: 0)
  let start = ProcessState(process)?.startTime ?? 0
  var own = Owner.new()
  own.process = ProcessIdentity(pid: process, startTime: start)
  waitpid(process, nil, 0)
  return own
}

private func save(_ text: String, _ path: String) throws {
  let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  defer { close(file) }
  guard file >= 0, Glibc.write(file, text, text.utf8.count) == text.utf8.count else {
    throw SystemCallError("can't write \(path)")
  }
}

@Suite("Who owns what is left on a machine")
struct OwnerTests {
  @Test("a name tells its owner, and fits where the longest names have 28 letters")
  func names() throws {
    let owner = Owner.new()
    #expect(Owner("\(owner)") == owner && Owner.new() != owner)
    let long = Owner(
      namespace: UInt64(UInt32.max), process: ProcessIdentity(pid: 1 << 22, startTime: 1 << 35))
    #expect("\(long)".utf8.count <= 28 && Owner("\(long)") == long)
  }

  @Test(
    "other names are nobody's",
    arguments: [
      "shrike", "shrike-1-2", "shrike1-2", "shrike1-2-3-4-5", "shrike1-2-3-", "shrike01-2-3",
      "shrike1-2-+3", "shrike1-zzzzzzzz-3", "xshrike1-2-3", "shrike1-2-3/..", "shrike1-2-3 ",
    ])
  func others(name: String) { #expect(Owner(name) == nil) }

  @Test("an owner is gone with its process, though another may have got the process's number")
  func gone() throws {
    #expect(Owner.new().exists == true)
    #expect(try goneOwner().exists == false)
    var other = Owner.new()
    other.process.startTime -= 1
    #expect(other.isGone)
    var elsewhere = Owner.new()
    elsewhere.namespace = 1
    // All processes can be seen from the outermost namespace, and then none is in this one.
    #expect(elsewhere.exists != true)
  }

  @Test("an owner is gone when it is a zombie")
  func zombie() throws {
    let process = try Program(
      path: "/bin/true", arguments: ["true"], environment: [], directory: "/"
    ).spawn(descriptors: [], closingFrom: 0)
    defer { waitpid(process, nil, 0) }
    var info = siginfo_t()
    waitid(P_PID, id_t(process), &info, WEXITED | WNOWAIT)
    var owner = Owner.new()
    owner.process = try ProcessIdentity(
      pid: process, startTime: #require(ProcessState(process)).startTime)
    #expect(owner.process.exists && owner.isGone)
  }

  @Test(
    "an owner whose first thread has ended lives on in others",
    .enabled(if: findProgram("python3") != nil, "there is no python3"))
  func firstThread() throws {
    let python = try #require(findProgram("python3"))
    let script = """
      import ctypes, threading, time
      threading.Thread(target=time.sleep, args=(60,)).start()
      ctypes.CDLL(None).pthread_exit(None)
      """
    let process = try Program(
      path: python, arguments: ["python3", "-c", script], environment: inheritedEnvironment(),
      directory: "/"
    ).spawn(descriptors: [], closingFrom: 0)
    defer {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
    let deadline = monotonicTime() + .seconds(20)
    while ProcessState(process)?.letter != UInt8(ascii: "Z"), monotonicTime() < deadline {
      usleep(5_000)
    }
    let state = try #require(ProcessState(process))
    #expect(state.letter == UInt8(ascii: "Z"))
    var owner = Owner.new()
    owner.process = ProcessIdentity(pid: process, startTime: state.startTime)
    #expect(owner.exists == true)
  }
}

@Suite("What is to be undone on a machine")
struct FarewellTests {
  let directory: ScratchDirectory
  private var place: String { "\(directory.path)/records" }

  init() throws { directory = try ScratchDirectory("shrike-test") }

  @Test("what an owner that is gone has left to be done is done once, and no other's")
  func sweep() throws {
    let (gone, living) = (try goneOwner(), Owner.new())
    for (name, owner) in [("gone", gone), ("living", living)] {
      try Farewell(of: "\(owner)", below: place)
        .add(["touch", "\(directory.path)/\(name) of 100%"])
    }
    Farewell.sweep(below: place)
    #expect(directoryEntries(directory.path).sorted() == ["gone of 100%", "records"])
    #expect(directoryEntries(place) == ["\(living)"])
    unlink("\(directory.path)/gone of 100%")
    Farewell.sweep(below: place)
    #expect(directoryEntries(directory.path) == ["records"])
    Farewell(of: "\(living)", below: place).say()
    #expect(access("\(directory.path)/living of 100%", F_OK) == 0)
    #expect(directoryEntries(place).isEmpty)
  }

  @Test("records that others may have written are not followed")
  func foreign() throws {
    let gone = try goneOwner()
    let farewell = Farewell(of: "\(gone)", below: place)
    try farewell.add(["touch", "\(directory.path)/done"])
    chmod(place, 0o777)
    Farewell.sweep(below: place)
    #expect(access("\(directory.path)/done", F_OK) != 0)
    #expect(throws: SystemCallError.self) { try farewell.add(["true"]) }
    chmod(place, 0o700)
    Farewell.sweep(below: place)
    #expect(access("\(directory.path)/done", F_OK) == 0)
  }

  @Test("a clock that a killed agent has left wrong is set right by who comes after it")
  func clock() throws {
    let machine = Machine()
    let gone = try goneOwner()
    let breaker = MachineClockBreaker(
      machine.clocks, farewell: Farewell(of: "\(gone)", below: place))
    _ = try breaker.obey(["offset", "3000000000"], on: [])
    #expect(machine.error == .seconds(3))
    // Another takes no wrong time for the right one.
    let other = MachineClockBreaker(
      machine.clocks, farewell: Farewell(of: "\(Owner.new())", below: place))
    #expect(throws: BreakerRefusal.self) { _ = try other.obey(["offset", "1"], on: []) }
    machine.monotonic += .seconds(60)
    Farewell.sweep(below: place, by: machine.clocks)
    #expect(machine.error == 0 && directoryEntries(place).isEmpty)
    _ = try other.obey(["offset", "0"], on: [])
    #expect(machine.error == 0)
  }

  @Test("a tool that fails is run again by the next, and no longer when it has succeeded")
  func failingTool() throws {
    let farewell = Farewell(of: "\(try goneOwner())", below: place)
    try farewell.add(["rmdir", "\(directory.path)/left"])
    Farewell.sweep(below: place)
    #expect(directoryEntries(place).count == 1)
    mkdir("\(directory.path)/left", 0o755)
    Farewell.sweep(below: place)
    #expect(directoryEntries(directory.path) == ["records"] && directoryEntries(place).isEmpty)
  }

  @Test("of many who would set a clock wrong at the same time one does")
  func atOnce() async throws {
    for _ in 0..<20 {
      let place = place
      let owner = try await withThrowingTaskGroup(of: Owner?.self) { group in
        for _ in 0..<4 {
          group.addTask {
            let owner = Owner.new()
            let breaker = MachineClockBreaker(
              Machine().clocks, farewell: Farewell(of: "\(owner)", below: place))
            do throws(BreakerRefusal) { _ = try breaker.obey(["offset", "1"], on: []) } catch {
              #expect(error.reason.contains("another node of this one"))
              return nil
            }
            return owner
          }
        }
        var owners: [Owner] = []
        for try await owner in group { if let owner { owners.append(owner) } }
        #expect(owners.count == 1)
        return owners.first
      }
      try Farewell(of: "\(#require(owner))", below: place).say(Machine().clocks)
    }
    #expect(directoryEntries(place).isEmpty)
  }

  @Test("a clock that can't be set stays on record while it is wrong, and only then")
  func refusedClock() throws {
    let machine = Machine()
    let breaker = MachineClockBreaker(
      machine.clocks, farewell: Farewell(of: "\(try goneOwner())", below: place))
    machine.refusal = EPERM
    #expect(throws: BreakerRefusal.self) { _ = try breaker.obey(["offset", "3000000000"], on: []) }
    #expect(directoryEntries(place).isEmpty)
    machine.refusal = 0
    _ = try breaker.obey(["offset", "3000000000"], on: [])
    machine.refusal = EPERM
    #expect(throws: BreakerRefusal.self) { _ = try breaker.obey(["step", "1"], on: []) }
    breaker.mend()
    Farewell.sweep(below: place, by: machine.clocks)
    #expect(directoryEntries(place).count == 1)
    machine.refusal = 0
    machine.slept += .seconds(60)
    Farewell.sweep(below: place, by: machine.clocks)
    #expect(machine.error == 0 && directoryEntries(place).isEmpty)
  }

  @Test("a clock that is right is left alone, and one that was set right is no longer on record")
  func rightClock() throws {
    let machine = Machine()
    let gone = try goneOwner()
    let breaker = MachineClockBreaker(
      machine.clocks, farewell: Farewell(of: "\(gone)", below: place))
    _ = try breaker.obey(["offset", "3000000000"], on: [])
    machine.monotonic += .seconds(3_600)
    // Somebody has set it right, by another clock.
    machine.lead = .seconds(1_000_000) + .milliseconds(40)
    Farewell.sweep(below: place, by: machine.clocks)
    #expect(machine.error == .milliseconds(40) && directoryEntries(place).isEmpty)

    let ending = MachineClockBreaker(
      machine.clocks, farewell: Farewell(of: "\(gone)", below: place))
    for end in [{ _ = try ending.obey(["reset"], on: []) }, { ending.mend() }] {
      _ = try ending.obey(["offset", "3000000000"], on: [])
      #expect(directoryEntries(place) == ["\(gone)"])
      try end()
      #expect(directoryEntries(place).isEmpty)
    }
  }
}

@Suite("Directories of runs on machines")
struct RunDirectoryTests {
  let directory: ScratchDirectory

  init() throws { directory = try ScratchDirectory("shrike-test") }

  private func make(_ name: String, _ owner: Owner?) throws {
    let path = "\(directory.path)/shrike-\(name)"
    try makeDirectories("\(path)/n1/data")
    if let owner { try RunDirectory(path).claim(owner) }
  }

  @Test("those of owners that are gone are removed some time later, and those of others never")
  func sweep() throws {
    try make("gone", goneOwner())
    try make("living", Owner.new())
    try make("nobodys", nil)
    try make("forged", nil)
    try save("shrike-1\n", "\(directory.path)/shrike-forged/owner")
    symlink("/nowhere", "\(directory.path)/shrike-link")
    mkdir("\(directory.path)/other", 0o755)
    let all = ["other"] + ["forged", "gone", "link", "living", "nobodys"].map { "shrike-\($0)" }
    func left(after time: Nanoseconds) -> [String] {
      let now = Nanoseconds(Glibc.time(nil)) * 1_000_000_000
      RunDirectory.sweep(below: directory.path, at: now + time)
      return directoryEntries(directory.path).sorted()
    }
    #expect(left(after: RunDirectory.patience - .seconds(5)) == all)
    #expect(left(after: RunDirectory.patience + .seconds(5)) == all.filter { $0 != "shrike-gone" })
    #expect(left(after: RunDirectory.longPatience - .seconds(5)).count == all.count - 1)
    #expect(
      left(after: RunDirectory.longPatience + .seconds(5)) == [
        "other", "shrike-link", "shrike-living",
      ])
  }

  @Test("a directory of two owners is there as long as one of them is")
  func twoOwners() throws {
    for (name, other) in [("mixed", Owner.new()), ("gone", try goneOwner())] {
      try make(name, goneOwner())
      try RunDirectory("\(directory.path)/shrike-\(name)").claim(other)
    }
    let now = Nanoseconds(Glibc.time(nil)) * 1_000_000_000
    RunDirectory.sweep(below: directory.path, at: now + RunDirectory.longPatience * 2)
    #expect(directoryEntries(directory.path) == ["shrike-mixed"])
  }
}

/// A host whose `/run` is its own, on which relays run.
@Suite(
  "Relays", .serialized, .timeLimit(.minutes(2)),
  .enabled(if: isRoot, "hosts in namespaces need root and iproute2"))
struct RelayTests {
  let lab: TestLab
  private var agent: AgentConnection { lab.hosts[0].agent }

  /// What all scripts begin with.
  private static let preamble = """
    set -eu
    # relay NAME: starts a relay that is told things through descriptor 3.
    relay() {
      rm -f "/run/$1.in" && mkfifo "/run/$1.in" && mkdir "/run/$1"
      "$FIXTURE" relay "/run/$1" < "/run/$1.in" > "/run/$1.out" 2> "/run/$1.err" &
      relay=$!
      exec 3> "/run/$1.in"
      until grep -q ready "/run/$1.out"; do kill -0 "$relay"; sleep 0.01; done
      owner=$(sed -n 's/^ready //p' "/run/$1.out")
      agent=$(pgrep -P "$relay")
    }
    # told WORDS: the relay's agent has done as it is told.
    told() {
      echo "$*" >&3
      until grep -q '^answered' "/run/$name.out"; do sleep 0.01; done
      : > "/run/$name.out"
    }
    ended() { for i in $(seq 500); do kill -0 "$1" 2>/dev/null || return 0; sleep 0.01; done; return 1; }

    """

  init() throws {
    lab = try TestLab(count: 1)
    try agent.run(["mount", "-t", "tmpfs", "none", "/run"]).checked(on: "n1")
  }

  private func run(_ script: String) throws -> [String] {
    let text = RelayTests.preamble + script
    let result = try agent.run(
      ["env", "FIXTURE=\(agentProgram)", "bash", "-c", text], within: .seconds(30))
    return result.output + (result.succeeded ? [] : result.errorOutput + ["\(result.status)"])
  }

  @Test(
    "a relay undoes what its agent was killed before",
    .enabled(if: findProgram("nft") != nil, "there is no nft"))
  func killedAgent() throws {
    let said = try run(
      """
      name=a; relay a
      nft add table inet shrike
      nft add table inet "$owner"
      told at-end nft delete table inet "$owner"
      ip rule add priority 83 fwmark 0/0x8000000 ipproto tcp iif lo lookup 1399324672
      ip rule list priority 83 | wc -l
      test -s "/run/shrike/$owner/tools" && echo on record
      kill -9 "$agent"
      ended "$relay" && echo ended
      nft list tables
      ls /run/shrike
      ip rule list priority 83
      """)
    #expect(said == ["1", "on record", "ended", "table inet shrike"])
  }

  @Test("what an agent could not undo its relay tries, and then the next one")
  func failingTool() throws {
    let said = try run(
      """
      echo 'echo run >> /run/runs; test "$(wc -l < /run/runs)" = 3' > /run/tool
      name=a; relay a
      told at-end sh /run/tool
      exec 3>&-
      ended "$relay"
      wc -l < /run/runs
      test -s "/run/shrike/$owner/tools" && echo on record
      name=b; relay b
      wc -l < /run/runs
      ls /run/shrike
      """)
    #expect(said == ["2", "on record", "3"])
  }

  @Test("what can't be put on record is refused")
  func noRecord() throws {
    let said = try run(
      """
      name=a; relay a
      mkdir -p -m 777 /run/shrike
      chmod 777 /run/shrike
      echo "at-end touch /run/done" >&3
      until grep -q . "/run/$name.out" && grep -v '^ready' "/run/$name.out"; do sleep 0.01; done
      exec 3>&-
      ended "$relay"
      test -e /run/done || echo not run
      """)
    #expect(
      said == [
        "refused can't%20keep%20records%20in%20/run/shrike:%20Permission%20denied", "not run",
      ])
  }

  @Test(
    "what a relay and its agent leave that are killed together, the next relay removes, and nothing of one that lives",
    .enabled(if: findProgram("nft") != nil, "there is no nft"))
  func killedRelay() throws {
    let said = try run(
      """
      name=living; relay living; living=$owner
      exec 4>&3
      nft add table inet "$living"
      told at-end nft delete table inet "$living"
      name=killed; relay killed; killed=$owner
      nft add table inet "$killed"
      told at-end nft delete table inet "$killed"
      kill -9 "$relay" "$agent"
      ended "$relay"
      wait "$relay" 2>/dev/null || true
      nft list table inet "$killed" >/dev/null && echo left behind
      name=next; relay next
      nft list tables | sed "s/$living/living/;s/$killed/killed/"
      ls /run/shrike | sed "s/$living/living/"
      exec 3>&-
      ended "$relay"
      exec 4>&-
      sleep 0.5
      nft list tables
      ls /run/shrike
      """)
    #expect(said == ["left behind", "table inet living", "living"])
  }

  @Test(
    "programs of an agent that is in no PID namespace of its own end with it, though all are killed"
  )
  func killedWithoutNamespaces() throws {
    let said = try run(
      """
      echo 0 > /proc/sys/user/max_pid_namespaces
      name=a; relay a
      test "$(readlink "/proc/$agent/ns/pid")" = "$(readlink /proc/self/ns/pid)" && echo none
      SHRIKE_OWNER=$owner sleep 1000 &
      left=$!
      kill -9 "$relay" "$agent"
      wait "$relay" 2>/dev/null || true
      kill -0 "$left" && echo left behind
      name=b; relay b
      ended "$left" && echo ended
      """, isUser: true)
    #expect(said == ["none", "left behind", "ended"])
  }

  /// The same in a user namespace, which has limits of its own.
  private func run(_ script: String, isUser: Bool) throws -> [String] {
    let text = RelayTests.preamble + script
    let result = try agent.run(
      [
        "unshare", "--user", "--map-root-user", "env", "FIXTURE=\(agentProgram)", "bash", "-c",
        text,
      ], within: .seconds(30))
    return result.output + (result.succeeded ? [] : result.errorOutput + ["\(result.status)"])
  }
}

@Test(
  "an agent goes without namespaces only where there can be none",
  arguments: [
    (EPERM, true), (EINVAL, true), (ENOSYS, true), (ENOSPC, true), (EAGAIN, false), (ENOMEM, false),
    (ENOENT, false), (EACCES, false),
  ])
func namespacesForbidden(number: Int32, isForbidden: Bool) {
  #expect(SpawnError(number: number).forbidsNamespaces == isForbidden)
}
