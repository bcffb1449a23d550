import Nemeses
import Testing
import Values

@Suite struct NodeTargetTests {
  func nodes(_ target: NodeTarget, _ count: Int, seed: UInt64) throws -> [NodeID] {
    var draws = Draws(seed: seed)
    return try target.nodes(among: .numbered(count: count), &draws)
  }

  @Test(arguments: 1...9)
  func `targets have the sizes that their names say`(count: Int) throws {
    for seed in UInt64(0)..<50 {
      #expect(try nodes(.one, count, seed: seed).count == 1)
      let minority = try nodes(.minority, count, seed: seed).count
      #expect(minority == max(1, (count - 1) / 2))
      if count > 2 { #expect(count - minority > count / 2) }
      let majority = try nodes(.majority, count, seed: seed).count
      #expect(majority == count / 2 + 1)
      #expect(try nodes(.all, count, seed: seed).count == count)
      for target in [NodeTarget.one, .minority, .majority, .all, .random, .primaries] {
        let nodes = try nodes(target, count, seed: seed)
        #expect(nodes == Set(nodes).sorted())
        #expect(nodes.allSatisfy { (0..<count).contains($0.index) })
      }
    }
  }

  @Test func `every node is struck in time, and random targets are of every size`() throws {
    let ones = Set(try (UInt64(0)..<100).map { try nodes(.one, 5, seed: $0) })
    #expect(ones.count == 5)
    let sizes = Set(try (UInt64(0)..<100).map { try nodes(.random, 5, seed: $0).count })
    #expect(sizes == [1, 2, 3, 5])
  }

  @Test func `named nodes are those, once`() throws {
    #expect(try nodes(.names(["n3", "n1", "n3"]), 3, seed: 0) == [NodeID(0), NodeID(2)])
    #expect(throws: NemesisError.unknownNode("x1", names: ["n1"])) {
      try nodes(.names(["x1"]), 1, seed: 0)
    }
  }
}
