import NodeCommands

/// `shrike node` alone, for hosts that have nothing else of Shrike.
@main
struct ShrikeNode {
  static func main() {
    do throws(NodeArguments.Problem) {
      try NodeArguments(CommandLine.arguments.dropFirst()).run()
    } catch {
      NodeArguments.end(error)
    }
  }
}
