import Algorithms
import ArgumentParser
import Controller
import Glibc
import Hosts
import LocalProcesses
import NodeProcesses
import Systems

struct NodeCommandLine: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "node",
    abstract: "Be one node of a bundled system, on standard input and output.")

  @Argument(help: "The system; see `shrike list systems`.")
  var algorithm: String

  @Option(help: "The folder of the node's files.")
  var data: String?

  @Option(help: "A planted bug to switch on.")
  var bug: [String] = []

  @Option(name: .customLong("option"), help: "One of the system's own options, as name=value.")
  var options: [String] = []

  @Option(help: "What delays and choices are drawn from; without it every boot draws anew.")
  var seed: UInt64?

  func run() throws {
    guard let system = BundledSystem.named(algorithm) else {
      Failure.end(
        .usage,
        "there is no system \"\(algorithm)\"; there are "
          + BundledSystem.all.map(\.description.name).joined(separator: ", "), json: false)
    }
    var settings = NodeProcessSettings(bugs: Set(bug), dataDirectory: data, seed: seed)
    settings.options = Dictionary(options: options)
    quit(system.run(settings))
  }
}

struct AgentCommandLine: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agent", abstract: "Start and end programs on a host, as its controller says.",
    shouldDisplay: false)

  @Argument(parsing: .captureForPassthrough)
  var arguments: [String] = []

  func run() throws {
    guard let settings = AgentSettings(arguments: arguments) else {
      Failure.end(.usage, "agents are started by controllers only", json: false)
    }
    quit(runAgent(settings))
  }
}

struct SuperviseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "supervise", abstract: "Own the nodes of a controller.", shouldDisplay: false)

  func run() throws { quit(runSupervisor()) }
}
