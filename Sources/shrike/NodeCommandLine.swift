import ArgumentParser
import NodeCommands

struct NodeCommandLine: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "node",
    abstract: "Be one node of a bundled system, on standard input and output or on a network.")

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

  @Option(help: "Listen on host:port instead of reading standard input.")
  var listen: String?

  @Option(
    help: "All members with their addresses, in one order for all: n1=host:port,n2=host:port.")
  var peers: String?

  @Option(help: "The node's own name, one of the members'.")
  var name: String?

  @Option(help: "What all members and clients must know; else SHRIKE_TOKEN in the environment.")
  var token: String?

  func run() throws {
    var arguments = NodeArguments(algorithm: algorithm)
    arguments.data = data
    arguments.bugs = bug
    arguments.options = options
    arguments.seed = seed
    arguments.network = NetworkArguments(listen: listen, peers: peers, name: name, token: token)
    arguments.run()
  }
}
