public import Nodes
public import Values

/// Answers every echo request with the value that it carried.
public struct Echo: Algorithm {
  public typealias Message = NoMessage
  public typealias Timer = NoTimer
  public typealias File = NoFile

  public static let silent = PlantedBug("silent", "requests are not answered")
  public static let wrongValue = PlantedBug("wrong-value", "answers carry another value")
  public static let wrongType = PlantedBug("wrong-type", "answers are of type echo, not echo_ok")

  public static let description = AlgorithmDescription(
    name: "echo", summary: "Answers each request with the value that it carried.",
    promise: "Every answer carries its request's value.", assumptions: "None.",
    paper: "The first example of Maelstrom.", bugs: [silent, wrongValue, wrongType],
    workloads: ["echo"])

  private let bugs: Set<String>

  public init(_ configuration: Configuration) { bugs = configuration.bugs }

  public mutating func handle(_ event: Event<Echo>, _ context: inout Context<Echo>) {
    guard case .request(let id, let request) = event else { return }
    guard case .echo(let value) = request else { return context.reply(.notSupported, to: id) }
    if bugs.contains(Echo.silent.name) { return }
    if bugs.contains(Echo.wrongValue.name) { return context.reply(.echo([value]), to: id) }
    if bugs.contains(Echo.wrongType.name) {
      return context.reply(.custom(["type": "echo", "echo": value]), to: id)
    }
    context.reply(.echo(value), to: id)
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(bugs.sorted().map { Value.string($0) })
  }
}
