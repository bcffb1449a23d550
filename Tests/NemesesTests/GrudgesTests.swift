import Environments
import Nemeses
import Testing
import Values

@Suite struct GrudgesTests {
  /// Whom each node hears, itself included.
  func heard(_ count: Int, _ cut: [Link]) -> [Set<Int>] {
    (0..<count).map { node in
      Set(
        (0..<count).filter { other in
          other == node || !cut.contains(Link(from: NodeID(other), to: NodeID(node)))
        })
    }
  }

  func links(_ shape: PartitionShape, _ count: Int, seed: UInt64) throws -> [Link] {
    var draws = Draws(seed: seed)
    return try shape.links(among: .numbered(count: count), &draws)
  }

  /// Which nodes can reach which by links that are open both ways.
  func components(_ count: Int, _ cut: [Link]) -> [Set<Int>] {
    let heard = heard(count, cut)
    var left = Set(0..<count)
    var components: [Set<Int>] = []
    for first in 0..<count where left.contains(first) {
      var component: Set = [first]
      var border = [first]
      while let node = border.popLast() {
        for other in heard[node] where heard[other].contains(node) && !component.contains(other) {
          component.insert(other)
          border.append(other)
        }
      }
      left.subtract(component)
      components.append(component)
    }
    return components
  }

  func isSymmetric(_ cut: [Link]) -> Bool {
    cut.allSatisfy { cut.contains(Link(from: $0.destination, to: $0.source)) }
  }

  static let shapes: [PartitionShape] = [
    .one, .halves, .majority, .bridge, .ring, .oneWay, .primary, .random,
  ]

  @Test(arguments: 1...9, shapes)
  func `a shape cuts some links, each once, none to a node itself, in order`(
    count: Int, shape: PartitionShape
  ) throws {
    let needed = [.majority, .bridge, .ring].contains(shape) ? 3 : 2
    guard count >= needed else { return }
    for seed in UInt64(0)..<50 {
      let cut = try links(shape, count, seed: seed)
      #expect(!cut.isEmpty)
      #expect(cut == Set(cut).sorted())
      #expect(cut.allSatisfy { $0.source != $0.destination })
      #expect(try links(shape, count, seed: seed) == cut)
    }
  }

  @Test(arguments: 2...9, [PartitionShape.one, .primary])
  func `one node is alone`(count: Int, shape: PartitionShape) throws {
    var isolated: Set<Set<Int>> = []
    for seed in UInt64(0)..<100 {
      let cut = try links(shape, count, seed: seed)
      #expect(isSymmetric(cut))
      let sizes = components(count, cut).map(\.count).sorted()
      #expect(sizes == [1, count - 1])
      isolated.formUnion(components(count, cut).filter { $0.count == 1 })
    }
    #expect(isolated.count == count)
  }

  @Test(arguments: 2...9)
  func `halves are as equal as can be`(count: Int) throws {
    for seed in UInt64(0)..<50 {
      let cut = try links(.halves, count, seed: seed)
      #expect(isSymmetric(cut))
      #expect(components(count, cut).map(\.count).sorted() == [count / 2, count - count / 2])
    }
  }

  @Test(arguments: 3...9)
  func `a majority stays together`(count: Int) throws {
    var minorities: Set<Int> = []
    for seed in UInt64(0)..<100 {
      let cut = try links(.majority, count, seed: seed)
      #expect(isSymmetric(cut))
      let sizes = components(count, cut).map(\.count).sorted()
      #expect(sizes.count == 2)
      #expect(sizes[1] > count / 2)
      minorities.insert(sizes[0])
    }
    #expect(minorities == Set(1...(count - 1) / 2))
  }

  @Test(arguments: 3...9)
  func `one node of a bridge sees both halves, which don't see each other`(count: Int) throws {
    for seed in UInt64(0)..<50 {
      let cut = try links(.bridge, count, seed: seed)
      #expect(isSymmetric(cut))
      let heard = heard(count, cut)
      let bridges = (0..<count).filter { heard[$0].count == count }
      #expect(bridges.count == 1)
      let bridge = bridges.first ?? 0
      // Without the bridge there are two halves.
      let without =
        cut
        + (0..<count).filter { $0 != bridge }.flatMap {
          [
            Link(from: NodeID(bridge), to: NodeID($0)), Link(from: NodeID($0), to: NodeID(bridge)),
          ]
        }
      let halves = components(count, without).filter { $0 != [bridge] }
      #expect(halves.count == 2)
      #expect(abs(halves[0].count - halves[1].count) <= 1)
      #expect(components(count, cut).count == 1)
    }
  }

  @Test(arguments: 3...9)
  func `every node of a ring sees a majority, and no two the same`(count: Int) throws {
    for seed in UInt64(0)..<100 {
      let heard = heard(count, try links(.ring, count, seed: seed))
      #expect(heard.allSatisfy { $0.count > count / 2 && $0.count < count })
      #expect(Set(heard).count == count)
      if count <= 5 { #expect(heard.allSatisfy { $0.count == count / 2 + 1 }) }
    }
  }

  @Test func `the ring of five nodes is symmetric, and larger ones are too, but not always rings`()
    throws
  {
    for seed in UInt64(0)..<50 {
      #expect(isSymmetric(try links(.ring, 5, seed: seed)))
      #expect(isSymmetric(try links(.ring, 9, seed: seed)))
    }
    let degrees = try (UInt64(0)..<50).map { seed in
      heard(9, try links(.ring, 9, seed: seed)).map(\.count).sorted()
    }
    #expect(Set(degrees).count > 1)
  }

  @Test(arguments: 2...9)
  func `one way means that a group hears and is not heard`(count: Int) throws {
    for seed in UInt64(0)..<50 {
      let cut = try links(.oneWay, count, seed: seed)
      #expect(cut.allSatisfy { !cut.contains(Link(from: $0.destination, to: $0.source)) })
      let silenced = Set(cut.map(\.source))
      let deaf = Set(cut.map(\.destination))
      #expect(silenced.isDisjoint(with: deaf))
      #expect(silenced.count + deaf.count == count)
      #expect(cut.count == silenced.count * deaf.count)
    }
  }

  @Test func `a random shape is each of them in time`() throws {
    var kinds: Set<String> = []
    for seed in UInt64(0)..<200 {
      let cut = try links(.random, 5, seed: seed)
      let sizes = components(5, cut).map(\.count).sorted()
      kinds.insert("\(isSymmetric(cut)) \(sizes) \(cut.count)")
    }
    // One node or a minority of one, two against three, bridge, ring, and one way of four sizes.
    #expect(kinds.contains("true [1, 4] 8"))
    #expect(kinds.contains("true [2, 3] 12"))
    #expect(kinds.contains("true [5] 8"))
    #expect(kinds.contains("true [5] 10"))
    #expect(kinds.contains { $0.hasPrefix("false") })
  }

  @Test func `explicit links are cut as they are named`() throws {
    let shape = PartitionShape.links([.init(from: "n1", to: "n2"), .init(from: "n3", to: "n1")])
    #expect(
      try links(shape, 3, seed: 0) == [
        Link(from: NodeID(0), to: NodeID(1)), Link(from: NodeID(2), to: NodeID(0)),
      ])
    #expect(throws: NemesisError.unknownNode("n9", names: ["n1", "n2"])) {
      try links(.links([.init(from: "n1", to: "n9")]), 2, seed: 0)
    }
  }

  @Test func `a grudge turned inside out is what it left`() {
    let nodes = (0..<4).map { NodeID($0) }
    let cut = Grudges.complete(Grudges.bisect(nodes))
    let rest = Grudges.inverted(cut, of: nodes)
    #expect(Set(cut).isDisjoint(with: rest))
    #expect(Set(cut).union(rest) == Set(Grudges.all(nodes)))
    #expect(Grudges.all(nodes).count == 12)
  }
}
