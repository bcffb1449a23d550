public import Nodes
import Values
import Verdicts
import Workloads

/// What is said to a client that is a program, and how its answers are read.
///
/// A program serves one worker: for each line of its standard input, an operation, it writes one
/// line to its standard output, the completion, in the same order.
public enum ProgramClientProtocol {
  /// The longest line that is taken from a program, in bytes.
  public static let lineMax = 8 << 20

  /// Which node a worker asks.
  public struct Place: Hashable, Sendable {
    public var node: String
    /// Where the node listens for clients.
    public var address: String
    public var port: Int?
    /// All ports of the node, by what they are for.
    public var ports: [String: Int]

    public init(node: String, address: String, port: Int?, ports: [String: Int] = [:]) {
      self.node = node
      self.address = address
      self.port = port
      self.ports = ports
    }
  }

  /// What a program finds in its environment.
  public static func environment(worker: Int, of count: Int, _ place: Place) -> [String: String] {
    var variables = [
      "SHRIKE_WORKER": "\(worker)", "SHRIKE_WORKERS": "\(count)", "SHRIKE_NODE": place.node,
      "SHRIKE_ADDRESS": place.address,
    ]
    if let port = place.port { variables["SHRIKE_PORT"] = "\(port)" }
    for (name, port) in place.ports { variables["SHRIKE_PORT_\(variable(name))"] = "\(port)" }
    return variables
  }

  /// A name as it stands in that of a variable: `peer-2` is `PEER_2`.
  private static func variable(_ name: String) -> String {
    String(name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  }

  /// The line that a program is given for a request of ``ForeignClient``, without its end.
  ///
  /// - Returns: Nothing for a request that is none of an operation.
  public static func line(for request: Request, process: Int, _ place: Place) -> String? {
    guard case .custom(let body) = request, body["f"] != nil, let operation = body.map else {
      return nil
    }
    var fields = ValueMap(facts: [
      "process": .integer(process), "node": .string(place.node), "address": .string(place.address),
    ])
    if let port = place.port { fields[fact: "port"] = .integer(port) }
    return Value.map(operation.merging(fields)).json
  }

  /// Reads the line that a program answered with.
  ///
  /// - Throws: When it is no completion.
  public static func reply(to line: [UInt8]) throws(ProgramLineError) -> Reply {
    guard line.count <= lineMax else { throw .tooLong(bytes: line.count) }
    let value: Value
    do throws(SyntaxError) {
      value = try Value(json: line)
    } catch {
      throw .notJSON(error.description)
    }
    do throws(CompletionError) {
      _ = try Completion(foreign: value)
    } catch {
      throw .noCompletion(error)
    }
    return .custom(value)
  }
}

/// What is wrong with a line that a client's program wrote.
public enum ProgramLineError: Error, Hashable, Sendable, CustomStringConvertible {
  case tooLong(bytes: Int)
  case notJSON(String)
  case noCompletion(CompletionError)

  public var description: String {
    switch self {
    case .tooLong(let bytes):
      "a line of \(bytes) bytes; a completion has at most \(ProgramClientProtocol.lineMax)"
    case .notJSON(let reason):
      "not JSON: \(reason); write one completion a line to stdout, and all else to stderr"
    case .noCompletion(let error): "no completion: expected \(error)"
    }
  }
}
