public import Nodes
public import Values

/// Answers every echo request with the value that it carried.
public struct Echo: Algorithm {
  public typealias Message = NoMessage
  public typealias Timer = NoTimer
  public typealias File = NoFile

  public static let description = AlgorithmDescription(
    name: "echo", summary: "Answers each request with the value that it carried.",
    promise: "Every answer carries its request's value.", assumptions: "None.",
    paper: "The first example of Maelstrom.", workloads: ["echo"])

  public init(_ configuration: Configuration) {}

  public mutating func handle(_ event: Event<Echo>, _ context: inout Context<Echo>) {
    guard case .request(let id, let request) = event else { return }
    guard case .echo(let value) = request else { return context.reply(.notSupported, to: id) }
    context.reply(.echo(value), to: id)
  }

  public func encode(into sink: inout some ByteSink) {}
}
