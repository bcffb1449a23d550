import Environments
import Glibc
import LocalProcesses
import NodeProcesses
import Values

/// The programs that the tests of local processes need: supervisor, nodes, a controller to be killed.
@main
struct Fixture {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    switch arguments.first {
    case "supervise": exit(runSupervisor())
    case "journal": exit(runNode(Journal.self, settings(arguments)))
    case "bouncer": exit(runNode(Bouncer.self, settings(arguments)))
    case "control": try control(Array(arguments.dropFirst()))
    default: exit(64)
    }
  }

  private static func settings(_ arguments: ArraySlice<String>) -> NodeProcessSettings {
    var settings = NodeProcessSettings(seed: 1)
    if let option = arguments.firstIndex(of: "--data"), option + 1 < arguments.endIndex {
      settings.dataDirectory = arguments[option + 1]
    }
    return settings
  }

  /// Runs a cluster of `command` with its data in the first argument until it is killed.
  private static func control(_ arguments: [String]) throws {
    let settings = LocalSettings(
      names: .numbered(count: 3),
      command: NodeCommand(arguments[1], Array(arguments.dropFirst(2))),
      dataDirectory: arguments[0])
    let cluster = try LocalProcesses(settings)
    try cluster.start()
    print("up")
    fflush(nil)
    while true { _ = try cluster.advance(until: cluster.now + .seconds(1)) }
  }
}
