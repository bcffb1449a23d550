import ArgumentParser
import Controller
import Hosts

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

/// Is between the connection of a controller and the agent of this machine.
struct RelayCommandLine: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relay", abstract: "Start an agent of this machine for a controller elsewhere.",
    shouldDisplay: false)

  @Argument(help: "The run's directory on this machine.")
  var directory: String?

  func run() throws { quit(runRelay(in: directory)) }
}
