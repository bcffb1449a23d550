internal import Histories
internal import Values
internal import Verdicts

/// Which node each process of a run talks to.
public struct ClientPlacement: Hashable, Sendable {
  /// The nodes' names.
  public var nodes: [String]
  /// How many processes there are at a time: process *p* talks to node (*p* mod this) mod *n*.
  public var concurrency: Int

  public init(nodes: [String], concurrency: Int) {
    self.nodes = nodes
    self.concurrency = concurrency
  }

  /// The place of the node that a process talks to.
  func node(of process: Int) -> Int { process % max(1, concurrency) % max(1, nodes.count) }
}

/// How many operations succeeded on each side of partitions.
///
/// A side is a set of nodes that reach each other over links that are not cut; one that has more than
/// half of the nodes is the majority's. An operation belongs to the side on which it was invoked.
struct PartitionSides {
  struct Tally {
    var ok = 0
    var count = 0

    var fact: Value {
      [
        "ok-count": .integer(ok), "count": .integer(count),
        "ok-fraction": .double(count == 0 ? 1 : Double(ok) / Double(count)),
      ]
    }
  }

  private let placement: ClientPlacement
  private let names: [String: Int]
  /// Links that are cut, by source and destination.
  private var isCut: [Bool]
  /// For each node whether its side is the majority's; empty while nothing is cut.
  private var isMajority: [Bool] = []
  private(set) var majority = Tally()
  private(set) var minority = Tally()

  init(_ placement: ClientPlacement) {
    self.placement = placement
    names = Dictionary(
      placement.nodes.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    isCut = Array(repeating: false, count: placement.nodes.count * placement.nodes.count)
  }

  /// Takes in what the nemesis did.
  mutating func note(_ line: Operation) {
    switch line.f {
    case "start-partition":
      for link in line.value["cut"]?.elements ?? [] {
        guard let ends = link.elements, ends.count == 2,
          let source = ends[0].name.flatMap({ names[$0] }),
          let destination = ends[1].name.flatMap({ names[$0] })
        else { continue }
        isCut[source * placement.nodes.count + destination] = true
      }
      findSides()
    case "stop-partition":
      isCut = isCut.map { _ in false }
      isMajority = []
    default: break
    }
  }

  /// Takes in an operation of a process, at its invocation.
  mutating func note(process: Int, isOK: Bool) {
    guard !isMajority.isEmpty else { return }
    if isMajority[placement.node(of: process)] {
      majority.count += 1
      majority.ok += isOK ? 1 : 0
    } else {
      minority.count += 1
      minority.ok += isOK ? 1 : 0
    }
  }

  /// - Complexity: O(*n*³) for *n* nodes, at each partition.
  private mutating func findSides() {
    let count = placement.nodes.count
    var reaches = isCut.map { !$0 }
    for middle in 0..<count {
      for source in 0..<count where reaches[source * count + middle] {
        for destination in 0..<count where reaches[middle * count + destination] {
          reaches[source * count + destination] = true
        }
      }
    }
    isMajority = (0..<count).map { node in
      let side = (0..<count).count { other in
        other == node || (reaches[node * count + other] && reaches[other * count + node])
      }
      return 2 * side > count
    }
  }
}
