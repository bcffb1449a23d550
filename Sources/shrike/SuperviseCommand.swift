import ArgumentParser
import LocalProcesses

struct SuperviseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "supervise", abstract: "Own the nodes of a controller.", shouldDisplay: false)

  func run() throws { quit(runSupervisor()) }
}
