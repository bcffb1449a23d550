import ArgumentParser
import NodeCommands

/// `shrike node` alone, for hosts that have nothing else of Shrike.
@main
struct ShrikeNode: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shrike-node", abstract: "Be one node of a bundled system.",
    subcommands: [NodeCommandLine.self])
}
