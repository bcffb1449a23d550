public import Nodes
public import Values

/// Answers every echo request with the value that it carried.
public struct Echo: Algorithm {
  public typealias Message = NoMessage
  public typealias Timer = NoTimer
  public typealias File = NoFile

  public static let silent = PlantedBug(
    "silent", "requests are not answered",
    source: "Maelstrom's guide, chapter 2: a node that has no handler for echo yet.",
    violates: ["no-reply"])
  public static let wrongValue = PlantedBug(
    "wrong-value", "answers carry another value",
    source: "Gossip Glomers 1: the value is to come back as it is.", violates: ["mismatched"])
  public static let wrongType = PlantedBug(
    "wrong-type", "answers are of type echo, not echo_ok",
    source: "Maelstrom's guide, chapter 2: the request's body, sent back with its type.",
    violates: ["mismatched-reply"])
  public static let previousValue = PlantedBug(
    "previous-value", "answers carry the value of the request before",
    source: "OpenAI, March 20 ChatGPT outage (2023): a connection of redis-py whose request was "
      + "cancelled gave its answer to the next one.",
    violates: ["mismatched"])

  public static let description = AlgorithmDescription(
    name: "echo", summary: "Answers each request with the value that it carried.",
    promise: "Every answer carries its request's value.", assumptions: "None.",
    paper: "The first example of Maelstrom.", bugs: [silent, wrongValue, wrongType, previousValue],
    workloads: ["echo"], survives: AlgorithmDescription.everything)

  private let bugs: Set<String>
  /// With ``previousValue``: what the request before carried.
  private var previous: Value?

  public init(_ configuration: Configuration) { bugs = configuration.bugs }

  public mutating func handle(_ event: Event<Echo>, _ context: inout Context<Echo>) {
    guard case .request(let id, let request) = event else { return }
    guard case .echo(let value) = request else { return context.reply(.notSupported, to: id) }
    if bugs.contains(Echo.silent.name) { return }
    if bugs.contains(Echo.wrongValue.name) { return context.reply(.echo([value]), to: id) }
    if bugs.contains(Echo.wrongType.name) {
      return context.reply(.custom(["type": "echo", "echo": value]), to: id)
    }
    if bugs.contains(Echo.previousValue.name) {
      context.reply(.echo(previous ?? value), to: id)
      previous = value
      return
    }
    context.reply(.echo(value), to: id)
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(bugs.sorted().map { Value.string($0) })
    sink.put(previous)
  }
}
