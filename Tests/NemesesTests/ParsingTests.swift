import Environments
import Nemeses
import Testing
import Values

@Suite struct ParsingTests {
  @Test func `families are read, with what makes them particular`() throws {
    #expect(
      try parseNemesis("partition,kill:majority,pause:one,loss,clock:offset,disk:power-loss") == [
        .partition(.random), .kill(.majority), .pause(.one),
        .disturb(Disturbance(.loss, probability: 0.2), .all), .clock(.offset, .random),
        .disk(.powerLoss, .random),
      ])
  }

  @Test(arguments: [
    ("partition:ring", NemesisSpec.partition(.ring)),
    ("partition:one-way", .partition(.oneWay)),
    ("partition:primary", .partition(.primary)),
    (
      "partition:n1>n2+n2>n1",
      .partition(.links([.init(from: "n1", to: "n2"), .init(from: "n2", to: "n1")]))
    ),
    ("kill", .kill(.random)), ("kill:primaries", .kill(.primaries)),
    ("kill:n1", .kill(.names(["n1"]))), ("kill:a+b", .kill(.names(["a", "b"]))),
    ("kill:stop", .kill(.stop, .random)), ("kill:one:upgrade", .kill(.upgrade, .one)),
    (
      "loss:type=vote+append-entries:one",
      .disturb(
        Disturbance(.loss, probability: 0.2, messageTypes: ["vote", "append-entries"]), .one)
    ),
    (
      "delay:50ms:exponential:10%",
      .disturb(
        Disturbance(
          .delay, probability: 0.1, latency: .milliseconds(50), distribution: .exponential), .all)
    ),
    (
      "delay:constant:type=a",
      .disturb(
        Disturbance(
          .delay, probability: 1, latency: .milliseconds(100), distribution: .constant,
          messageTypes: ["a"]), .all)
    ),
    ("disk:wipe", .disk(DiskFault(.wipe), .minority)),
    ("loss:50%:minority", .disturb(Disturbance(.loss, probability: 0.5), .minority)),
    ("loss:one:0.25", .disturb(Disturbance(.loss, probability: 0.25), .one)),
    (
      "delay:250ms",
      .disturb(Disturbance(.delay, probability: 1, latency: .milliseconds(250)), .all)
    ),
    (
      "reorder:10%:1s:n2",
      .disturb(
        Disturbance(.reorder, probability: 0.1, latency: .seconds(1)), .names(["n2"]))
    ),
    (
      "rate:5kB:100ms:one",
      .disturb(
        Disturbance(.rate, probability: 1, latency: .milliseconds(100), bytesPerSecond: 5_000),
        .one)
    ),
    ("clog:n1", .disturb(Disturbance(.clog, probability: 1), .names(["n1"]))),
    ("corrupt:5%", .disturb(Disturbance(.corrupt, probability: 0.05), .all)),
    ("clock:strobe:one", .clock(.strobe, .one)),
    ("clock:drift:all", .clock(.drift, .all)), ("clock:one", .clock(.any, .one)),
    ("disk:one", .disk(.powerLoss, .one)), ("disk:power-loss", .disk(.powerLoss, .random)),
    ("disk:torn", .disk(DiskFault(.torn), .minority)),
    ("disk:all:torn", .disk(DiskFault(.torn), .all)),
    ("disk:reorder:n1", .disk(DiskFault(.reorder), .names(["n1"]))),
    ("disk:corrupt", .disk(DiskFault(.corrupt), .minority)),
    ("disk:stale", .disk(DiskFault(.stale), .minority)),
    ("disk:lost-sync:primaries", .disk(DiskFault(.lostSync), .primaries)),
    ("disk:misdirect:5%", .disk(DiskFault(.misdirect, probability: 0.05), .minority)),
    ("disk:sync-error", .disk(DiskFault(.syncError), .random)),
    ("disk:sync-error:1:one", .disk(DiskFault(.syncError, probability: 1), .one)),
    ("disk:full", .disk(DiskFault(.full), .random)),
    ("disk:read-only:majority", .disk(DiskFault(.readOnly), .majority)),
    ("disk:crash-at-sync", .disk(DiskFault(.crashAtSync), .random)),
    ("disk:crash-at-sync:3:one", .disk(DiskFault(.crashAtSync, sync: 3), .one)),
    ("disk:truncate:file=*.wal:n1", .disk(DiskFault(.truncate, files: "*.wal"), .names(["n1"]))),
    ("disk:swap", .disk(DiskFault(.swap), .minority)),
    ("disk:stall", .disk(DiskFault(.stall), .random)),
    ("disk:read-error", .disk(DiskFault(.readError), .random)),
    (
      "disk:read-error:1:file=*.wal:one",
      .disk(DiskFault(.readError, probability: 1, files: "*.wal"), .one)
    ),
    (
      "disk:write-error:file=wal/*:ENOSPC:20%",
      .disk(DiskFault(.writeError, probability: 0.2, files: "wal/*", problem: .full), .random)
    ),
    ("disk:write-error:EIO:n1", .disk(DiskFault(.writeError), .names(["n1"]))),
    (
      "disk:slow-io:50ms:10%:file=*.db:one",
      .disk(
        DiskFault(.slowIO, probability: 0.1, latency: .milliseconds(50), files: "*.db"), .one)
    ),
    ("disk:stall:50ms", .disk(DiskFault(.stall, latency: .milliseconds(50)), .random)),
  ])
  func `a nemesis is read`(text: String, spec: NemesisSpec) throws {
    #expect(try parseNemesis(text) == [spec])
    #expect(try parseNemesis(spec.text) == [spec])
  }

  @Test(arguments: FaultFamily.allCases)
  func `each family alone is a nemesis`(family: FaultFamily) throws {
    let specs = try parseNemesis(family.rawValue)
    #expect(specs.map(\.family) == [family])
    #expect(try parseNemesis(specs.map(\.text).joined()) == specs)
  }

  @Test func `none is no nemesis, and all is what the caller says`() throws {
    #expect(try parseNemesis("none") == [])
    #expect(try parseNemesis("") == [])
    #expect(try parseNemesis("all").map(\.family) == FaultFamily.allCases)
    #expect(
      try parseNemesis("all", all: [.kill, .loss].map { NemesisSpec($0) }).map(\.family) == [
        .kill, .loss,
      ])
    #expect(
      try parseNemesis("all, kill:one", all: [NemesisSpec(.loss)]).map(\.family) == [.loss, .kill])
    #expect(try parseNemesis("kill,kill").count == 1)
  }

  @Test(arguments: [
    (
      "partitoin",
      "there is no nemesis \"partitoin\"; there are none, all, partition, kill, pause, delay, "
        + "loss, duplicate, reorder, clock, disk, corrupt, rate, clog, cpu, memory"
    ),
    (
      "kill,",
      "there is no nemesis \"\"; there are none, all, partition, kill, pause, delay, loss, "
        + "duplicate, reorder, clock, disk, corrupt, rate, clog, cpu, memory"
    ),
    (
      "partition:rign",
      "nemesis partition has no \"rign\"; it takes a shape (one, halves, majority, bridge, ring, "
        + "one-way, primary, random) or links such as n1>n2+n2>n1"
    ),
    (
      "kill:majorty",
      "nemesis kill has no \"majorty\"; it takes how (kill, stop, upgrade), and a target (one, minority, majority, all, "
        + "primaries, followers, random, or names such as n1+n2)"
    ),
    (
      "loss:120%",
      "nemesis loss has no \"120%\"; it takes a share such as 20%, types of messages such as "
        + "type=vote+appended, and a target (one, minority, majority, all, primaries, followers, random, or "
        + "names such as n1+n2)"
    ),
    (
      "clock:backwards",
      "nemesis clock has no \"backwards\"; it takes a kind (offset, drift, step, freeze, strobe, any), and a target "
        + "(one, minority, majority, all, primaries, followers, random, or names such as n1+n2)"
    ),
    (
      "cpu:0%",
      "nemesis cpu has no \"0%\"; it takes a share of a core such as 10%, and a target (one, minority, "
        + "majority, all, primaries, followers, random, or names such as n1+n2)"
    ),
    (
      "memory:lots",
      "nemesis memory has no \"lots\"; it takes bytes such as 64MB, and a target (one, minority, "
        + "majority, all, primaries, followers, random, or names such as n1+n2)"
    ),
    (
      "disk:wet",
      "nemesis disk has no \"wet\"; it takes a kind (power-loss, lost-sync, torn, reorder, "
        + "sync-error, corrupt, truncate, swap, wipe, misdirect, stale, crash-at-sync, full, stall, "
        + "read-only, read-error, write-error, slow-io), after sync-error, misdirect, read-error, "
        + "write-error or slow-io a share such as 20%, after stall or slow-io a latency such as 50ms, "
        + "after crash-at-sync which sync from now on it is such as 3, after write-error what it "
        + "fails with (EIO, ENOSPC), after corrupt, truncate, swap, read-error, write-error or "
        + "slow-io which files such as file=*.wal, and a target (one, minority, majority, all, primaries, followers, random, or names such as n1+n2)"
    ),
    (
      "kill:one:all",
      "nemesis kill is told twice what \"all\" says; separate two nemeses by a comma"
    ),
    ("kill,none", "nemesis \"none\" can't be combined with others"),
  ])
  func `what can't be read is named, with what exists`(text: String, message: String) {
    #expect {
      try parseNemesis(text)
    } throws: { error in
      "\(error)" == message
    }
  }

  @Test(arguments: [
    "partition:n1>", "partition:n1>n1", "partition:>n2", "partition:", "kill:", "kill:+", "loss:0",
    "loss:0%", "loss:50ms", "delay:-1s", "loss:nan", "kill:50%", "kill:12", ":", "kill::one",
    "disk:torn:20%", "disk:torn:file=x", "disk:corrupt:file=", "disk:crash-at-sync:0",
    "disk:full:3", "disk:read-error:ENOSPC", "disk:read-error:50ms", "disk:stall:file=x",
    "disk:full:50ms", "disk:torn:corrupt", "disk:stall:0s",
  ])
  func `nonsense is refused`(text: String) {
    #expect(throws: NemesisError.self) { try parseNemesis(text) }
  }
}
