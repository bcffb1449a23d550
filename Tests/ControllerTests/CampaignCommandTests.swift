import Controller
import Glibc
import SystemPackage
import Testing
import Values

@Suite("Campaigns on the command line")
struct CampaignCommandTests {
  private func campaign(_ workshop: Workshop, _ arguments: [String]) throws -> Command {
    try workshop.start(
      ["test"] + arguments + ["--env", "simulated", "--results", "\(workshop.path)/results"])
  }

  private static let broadcast = [
    "broadcast", "--time-limit", "5", "--rate", "50", "--nemesis", "partition,kill,pause",
    "--nemesis-interval", "500ms",
  ]

  @Test(
    "end with 70 and the event where runs part, of a system that walks over an unordered set",
    .timeLimit(.minutes(3)))
  func nondeterminism() throws {
    let workshop = try Workshop()
    let arguments = [
      "g-set", "--bug", "unordered-walk", "--time-limit", "5", "--rate", "50", "--runs", "3",
      "--seed", "11",
    ]
    let end = try campaign(workshop, arguments + ["--json"]).wait()
    #expect(end.code == 70)
    let document = try end.json
    #expect(document["verdict"] == "valid")
    let found = try #require(document["nondeterministic"]?.elements?.first)
    #expect(found["seed"] == 11)
    #expect(found["node"]?.name?.hasPrefix("n") == true)
    #expect(try #require(found["event"]?.integer) > 0)
    #expect(try #require(found["time-ns"]?.integer) > 0)
    let versions = (found["versions"]?.elements ?? []).compactMap(\.name)
    #expect(Set(versions).count == 2)
    let replay = try #require(found["replay"]?.name)
    #expect(replay.hasPrefix("shrike replay s1"))
    let hindrance = try #require(document["hindered"]?.elements?.first?.name)
    #expect(hindrance.hasPrefix("seed 11 is not deterministic: two runs of it differ, first in"))
    #expect(end.errors.contains("replay: \(replay)"))
    for version in versions { #expect(end.errors.contains(version)) }
    let text = try campaign(workshop, arguments).wait()
    #expect(text.code == 70)
    #expect(text.output.contains("seed 11 is not deterministic; two runs of it part in event "))
    let correct = try campaign(
      workshop,
      ["g-set", "--time-limit", "5", "--rate", "50", "--runs", "3", "--verify", "100%", "--json"]
    ).wait()
    #expect(correct.code == 0)
    #expect(try correct.json["verified"] == 3)
  }

  @Test("run failures of the past first, and remember their own", .timeLimit(.minutes(3)))
  func corpus() throws {
    let workshop = try Workshop()
    let file = "\(workshop.path)/failing.txt"
    let common = ["--time-limit", "10", "--rate", "100", "--corpus", file, "--json"]
    let stale = [
      "raft", "--bug", "stale-reads", "--nemesis", "partition,pause", "--nemesis-interval", "1s",
      "--runs", "100", "--fail-fast", "1",
    ]
    let broken = try campaign(workshop, stale + common).wait()
    #expect(broken.code == 1)
    #expect(try broken.json["corpus"] == [])
    let written = try #require(text(ofFile: file)).split(separator: "\n").map(String.init)
    #expect(written.count == 2)
    #expect(written[0].hasPrefix("# linearizable/nonlinearizable, needs partition"))
    let token = try #require(try broken.json["signatures"]?.elements?.first?["token"]?.name)
    #expect(written[1] == token)

    // The same campaign again: the old failure first, which is not added twice.
    let again = try campaign(workshop, stale + common).wait()
    #expect(again.code == 1)
    #expect(try again.json["corpus"]?.elements?.first?["verdict"] == "invalid")
    #expect(try #require(text(ofFile: file)).split(separator: "\n").count == 2)

    // A correct campaign is invalid for the sake of what still fails; what is mended is no failure.
    let calm = ["raft", "--runs", "2"]
    #expect(try campaign(workshop, calm + common).wait().code == 1)
    let mended = try campaign(workshop, calm + ["--time-limit", "3", "--json"]).wait()
    #expect(mended.code == 0)
    var plan = try Token.decode(token)
    plan.bugs = []
    let valid = Token.encode(plan)
    plan.options["colour"] = "red"
    try FileContents.write(
      Array("\(valid)  # mended\n\n\(Token.encode(plan))".utf8), to: FilePath(file))
    let rest = try campaign(workshop, calm + common).wait()
    #expect(rest.code == 0)
    let replays = try #require(try rest.json["corpus"]?.elements)
    #expect(replays.map { $0["line"]?.integer } == [1, 3])
    #expect(replays[0]["verdict"] == "valid" && replays[0]["token"] == .string(valid))
    #expect(
      replays[1]["stale"]?.name?.hasPrefix("raft has no option \"colour\"; it has") == true)

    // After a last line that has no end, what is added begins a new one.
    #expect(try campaign(workshop, stale + common).wait().code == 1)
    #expect(try #require(text(ofFile: file)).split(separator: "\n").last.map(String.init) == token)

    try FileContents.write(Array("# nothing\n\nnonsense\n".utf8), to: FilePath(file))
    let refused = try campaign(workshop, calm + common).wait()
    #expect(refused.code == 64)
    #expect(try refused.json["error"]?.name == "\(file):3: \"nonsense\" is no token, run or plan")
    let alone = try campaign(workshop, ["raft", "--corpus", file, "--time-limit", "3"]).wait()
    #expect(alone.code == 64)
  }

  @Test(
    "run for as long as their budget says, and tell the seeds that ran",
    .timeLimit(.minutes(3)))
  func budget() throws {
    let workshop = try Workshop()
    let end = try campaign(
      workshop, Self.broadcast + ["--budget", "1500ms", "--seed", "40", "--json"]
    ).wait()
    #expect(end.code == 0, "\(end.errors)")
    let document = try end.json
    let count = try #require(document["runs"]?.integer)
    #expect(count > 0)
    #expect(document["seeds"] == ["first": 40, "last": .integer(39 + count)])
    #expect(end.errors.contains("seeds 40…\(39 + count)"))
    guard case .double(let seconds)? = document["speed"]?["seconds"] else {
      Issue.record("no seconds")
      return
    }
    #expect((1.5..<20).contains(seconds))
    // Whichever comes first.
    let few = try campaign(
      workshop, Self.broadcast + ["--budget", "5m", "--runs", "2", "--json"]
    ).wait()
    #expect(few.code == 0)
    #expect(try few.json["runs"] == 2)
  }

  @Test(
    "end with so many failures, by what was found and the faults that it takes",
    .timeLimit(.minutes(3)))
  func signatures() throws {
    let workshop = try Workshop()
    let end = try campaign(
      workshop,
      Self.broadcast + ["--bug", "no-retry", "--runs", "100", "--fail-fast", "2", "--json"]
    ).wait()
    #expect(end.code == 1, "\(end.errors)")
    let document = try end.json
    #expect(document["failure-count"] == 2)
    let failures = try #require(document["failures"]?.elements)
    #expect(failures.count == 2)
    #expect(document["seeds"]?["last"] == failures[1]["seed"])
    let signatures = try #require(document["signatures"]?.elements)
    #expect(signatures.compactMap { $0["count"]?.integer }.reduce(0, +) == 2)
    let first = try #require(signatures.first)
    #expect(first["seed"] == failures[0]["seed"])
    #expect(first["faults-needed"]?.elements != nil)
    let replay = try #require(first["replay"]?.name)
    #expect(end.errors.contains("    replay: \(replay)"))
    let again = try workshop.run(
      "replay", try #require(first["token"]?.name), "--json", "--results", workshop.path)
    #expect(again.code == 1)
    let found = Set(anomalies(try again.json))
    let told = Set((first["anomalies"]?.elements ?? []).compactMap { $0.name })
    #expect(told == Set(found.map { "set-full/\($0)" }))
    #expect(document["folders"]?.elements?.isEmpty == false)
  }

  @Test(
    "tell which marks never fired, and are unknown for it where that is demanded",
    .timeLimit(.minutes(3)))
  func marks() throws {
    let workshop = try Workshop()
    // Faults that come once, one family after the other.
    let arguments = [
      "broadcast", "--time-limit", "4", "--rate", "20", "--nemesis", "kill,pause",
      "--nemesis-interval", "2s", "--runs", "1", "--seed", "1", "--json",
    ]
    let end = try campaign(workshop, arguments).wait()
    #expect(end.code == 0, "\(end.errors)")
    let never = try #require(try end.json["coverage"]?["never"]?.elements)
    #expect(never.contains("nemesis: a node was struck while it booted"))
    #expect(end.errors.contains("    never: nemesis: a node was struck while it booted"))
    let demanding = try campaign(workshop, arguments + ["--require-marks"]).wait()
    #expect(demanding.code == 2)
    let reasons = (try demanding.json["reasons"]?.elements ?? []).compactMap(\.name)
    #expect(
      reasons.contains(
        "a demanded coverage mark never fired: nemesis: a node was struck while it booted"))
    #expect(reasons.count == never.count)
  }

  @Test("tell who was struck in which role", .timeLimit(.minutes(3)))
  func roles() throws {
    let workshop = try Workshop()
    let end = try campaign(
      workshop,
      ["raft", "--time-limit", "5", "--rate", "20", "--nemesis", "kill:primaries,partition"]
        + ["--nemesis-interval", "500ms", "--runs", "5", "--json"]
    ).wait()
    #expect(end.code == 0, "\(end.errors)")
    let strikes = try #require(try end.json["coverage"]?["faults-by-role"]?.elements)
    #expect(strikes.contains { $0["fault"] == "kill" && $0["role"] == "leader" })
    #expect(strikes.contains { $0["fault"] == "partition" && $0["role"] == "follower" })
    #expect(end.errors.contains("\n  partition isolates "))
  }

  @Test("that are interrupted tell what there is", .timeLimit(.minutes(3)))
  func interrupted() throws {
    let workshop = try Workshop()
    let command = try campaign(workshop, Self.broadcast + ["--budget", "10m", "--json"])
    usleep(1_500_000)
    kill(command.pid, SIGINT)
    let end = command.wait()
    #expect(end.code == 0, "\(end.errors)")
    #expect(try #require(try end.json["runs"]?.integer) > 0)
    #expect(try end.json["verdict"] == "valid")
  }
}
