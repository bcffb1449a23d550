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
