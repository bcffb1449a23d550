import Algorithms
import ArgumentParser
import Controller
import Glibc
import Nodes
import Reports
import Synchronization
import Values
import Verdicts

struct ZooCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "zoo",
    abstract: "Hunt the planted bugs of bundled systems, and watch the correct ones.",
    discussion: """
      Each system has one configuration for all its bugs and its correct version. A bug is hunted
      several times, each time under seeds of its own, until a run violates what it is known to
      violate.

      Exit codes: 0 all is as expected; 1 a bug is not found, or something else is found, or a
      correct system is accused; 2 interrupted.
      """)

  @Argument(help: "The systems to visit; all without one.")
  var systems: [String] = []

  @Option(help: "A planted bug to hunt; all without one.")
  var bug: [String] = []

  @Option(help: "How often each bug is hunted.")
  var repetitions = 20

  @Option(help: "Under how many seeds each correct system runs.")
  var seeds = 100

  @Option(help: "Of how many hunts of each bug the failing run is shrunk.")
  var shrink = 0

  @Flag(help: "Hunt nothing; run the correct systems under every fault that they claim to survive.")
  var correct = false

  @Flag(help: "Print the result as JSON, and everything else to standard error.")
  var json = false

  func run() throws {
    Interruption.watch()
    do {
      let zoo = try zoo()
      let line = Mutex(StatusLine())
      let results = try zoo.run(
        cores: max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))),
        interrupted: { Interruption.hasCome },
        watch: { done, count in line.withLock { $0.show("\(done) of \(count) done") } })
      line.withLock { $0.clear() }
      let report = ZooReport(zoo: zoo, results: results)
      print(json ? report.value.json : report.text)
      quit(report.exitCode.rawValue)
    } catch {
      Failure.end(Failure.code(of: error), "\(error)", json: json)
    }
  }

  private func zoo() throws -> Zoo {
    var exhibits = try systems.map { name throws(PlanError) in try Exhibit.named(name) }
    if systems.isEmpty { exhibits = Exhibit.all }
    if correct { exhibits = exhibits.map(\.surviving) }
    guard repetitions >= 1 else { throw PlanError("--repetitions \(repetitions): at least 1") }
    guard (0...repetitions).contains(shrink) else {
      throw PlanError("--shrink \(shrink): at most as many as --repetitions, \(repetitions)")
    }
    guard seeds >= 0 else { throw PlanError("--seeds \(seeds): at least 0") }
    for name in bug {
      let known = exhibits.flatMap(\.system.bugs).map(\.name)
      guard known.contains(name) else {
        throw PlanError("there is no planted bug \"\(name)\" in \(systemNames(exhibits))")
      }
      let hidden = exhibits.compactMap { $0.hidden[name] }
      guard exhibits.contains(where: { $0.bugs.contains { $0.name == name } }) else {
        throw PlanError("bug \(name) is not on show: \(hidden.joined(separator: "; "))")
      }
    }
    let hunted: Set<String>? = correct ? [] : bug.isEmpty ? nil : Set(bug)
    var zoo = Zoo(
      exhibits, bugs: hunted, repetitions: repetitions, seedCount: bug.isEmpty ? seeds : 0)
    zoo.shrinkCount = shrink
    return zoo
  }

  private func systemNames(_ exhibits: [Exhibit]) -> String {
    exhibits.map(\.system.name).joined(separator: ", ")
  }
}
