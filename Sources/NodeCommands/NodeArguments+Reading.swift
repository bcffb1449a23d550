// A reader of its own, for the parser of arguments that Shrike has elsewhere needs Foundation.

extension NodeArguments {
  private static let optionNames = [
    "data", "bug", "option", "seed", "listen", "peers", "name", "token",
  ]

  /// Reads a command line: `node`, which may be left out, the system, and options as `--name value`
  /// or `--name=value`.
  package init(_ words: some Sequence<String>) throws(Problem) {
    var words = ArraySlice(Array(words))
    if words.first == "node" { words.removeFirst() }
    var arguments = NodeArguments(algorithm: "")
    while let word = words.popFirst() {
      if word.hasPrefix("--") {
        let parts = word.dropFirst(2).split(
          separator: "=", maxSplits: 1, omittingEmptySubsequences: false
        ).map(String.init)
        guard let name = parts.first, NodeArguments.optionNames.contains(name) else {
          let names = NodeArguments.optionNames.map { "--\($0)" }.joined(separator: ", ")
          throw Problem("there is no option \(word); there are \(names)")
        }
        guard let value = parts.count > 1 ? parts[1] : words.popFirst() else {
          throw Problem("--\(name) needs a value")
        }
        try arguments.set(name, value)
      } else {
        guard arguments.algorithm.isEmpty else { throw Problem("\"\(word)\": a second system") }
        arguments.algorithm = word
      }
    }
    guard !arguments.algorithm.isEmpty else {
      throw Problem("which system? For example: node echo --listen 127.0.0.1:7001 …")
    }
    self = arguments
  }

  private mutating func set(_ name: String, _ value: String) throws(Problem) {
    switch name {
    case "data": data = value
    case "bug": bugs.append(value)
    case "option": options.append(value)
    case "seed":
      guard let seed = UInt64(value) else {
        throw Problem("--seed \(value): expected a whole number from 0 on")
      }
      self.seed = seed
    case "listen": network.listen = value
    case "peers": network.peers = value
    case "name": network.name = value
    default: network.token = value
    }
  }
}
