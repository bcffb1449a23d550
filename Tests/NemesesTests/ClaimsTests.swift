import Environments
import Nemeses
import Testing
import Values

@Suite struct ClaimsTests {
  static func isWithin(_ text: String, _ claims: String, of nodeCount: Int = 5) throws -> Bool {
    try NemesisSpec(parsing: text).isWithin(parseNemesis(claims), nodeCount: nodeCount)
  }

  @Test(arguments: [
    ("kill:one", "kill:minority"), ("kill:minority", "kill:majority"), ("kill:majority", "kill"),
    ("kill:random", "kill:all"), ("kill:primaries", "kill:primaries"),
    ("kill:n1+n2", "kill:minority"), ("kill:stop:one", "kill,kill:stop"),
    ("pause:n1+n1", "pause:one"), ("partition:ring", "partition"),
    ("partition:ring", "partition:one,partition:ring"), ("partition:n1>n2", "partition"),
    ("loss:90%:one", "loss"), ("clock:step:one", "clock"), ("clock:step:one", "clock:step:one"),
    ("disk:corrupt", "disk:corrupt:minority"), ("disk:corrupt:one", "disk:power-loss,disk:corrupt"),
    ("disk:stall:2s:all", "disk:stall"), ("disk:misdirect:90%:one", "disk:misdirect:minority"),
  ])
  func `what is no wider than a claim is within it`(text: String, claims: String) throws {
    #expect(try Self.isWithin(text, claims))
  }

  @Test(arguments: [
    ("kill:minority", "kill:one"), ("kill:majority", "kill:minority"), ("kill", "kill:majority"),
    ("kill:primaries", "kill:minority"), ("kill:n1+n2+n3", "kill:minority"), ("pause", "kill"),
    ("kill:upgrade", "kill"), ("kill", "kill:stop"),
    ("partition:ring", "partition:one"), ("partition:n1>n2", "partition:ring"), ("loss", "delay"),
    ("clog:all", "clog"), ("clock:any:one", "clock:step"), ("clock:step", "clock:step:one"),
    ("disk:corrupt", "disk:power-loss"), ("disk:corrupt:majority", "disk:corrupt:minority"),
    ("disk:torn", "disk:torn:one"), ("kill", "none"),
  ])
  func `what is wider than each claim is not`(text: String, claims: String) throws {
    #expect(try !Self.isWithin(text, claims))
  }

  @Test func `in small clusters one node is a minority, or all`() throws {
    #expect(try Self.isWithin("kill:minority", "kill:one", of: 3))
    #expect(try Self.isWithin("kill:all", "kill:one", of: 1))
    #expect(try !Self.isWithin("kill:all", "kill:one", of: 2))
  }

  @Test(
    arguments: [
      ("disk:corrupt:minority", 5, [.corrupt: 2]), ("disk:corrupt:minority", 4, [.corrupt: 1]),
      ("disk:corrupt:minority", 2, [.corrupt: 0]), ("disk:corrupt:one", 5, [.corrupt: 1]),
      ("disk:stale:majority,disk:stale:one", 5, [.stale: 3]),
      ("disk:torn:all,disk:corrupt", 5, [.torn: 5, .corrupt: 2]),
      ("disk:lost-sync:random", 3, [.lostSync: 3]), ("disk:misdirect:n1+n3", 5, [.misdirect: 2]),
      ("kill,disk,disk:full:all,disk:stall,disk:sync-error,disk:read-only", 5, [:]),
      ("none", 3, [:]),
    ] as [(String, Int, [DiskFault.Kind: Int])])
  func `a system says how many nodes may be damaged at a time`(
    claims: String, nodeCount: Int, limits: [DiskFault.Kind: Int]
  ) throws {
    let found = NemesisSpec.damageLimits(try parseNemesis(claims), nodeCount: nodeCount)
    #expect(found == limits)
  }
}
