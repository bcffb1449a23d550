import Examinations
import Testing
import Values

@Suite("What a doctor has to say")
struct DiagnosisTests {
  private let diagnosis = Diagnosis(
    [
      Examination(.environment, "simulated", .works, "three nodes elect a leader"),
      Examination(.environment, "local", .works, "three processes up"),
      Examination(.environment, "lab", .partly, "as nobody; but no cpu"),
      Examination(.fault, "lab kill", .missing, "it did not end"),
      Examination(.tool, "nft", .missing, "not found", mend: "apt-get install nftables"),
    ], sweptCount: 2)

  @Test("each examination is a line, aligned, with what mends it")
  func text() {
    #expect(
      diagnosis.text == """
        Environments
          ✓ simulated  three nodes elect a leader
          ✓ local      three processes up
          ! lab        as nobody; but no cpu
        Faults
          ✗ lab kill   it did not end
        Tools
          ✗ nft        not found; apt-get install nftables
        Removed: the control groups that 2 controllers had left behind.
        """)
  }

  @Test("JSON has every examination, and which environments can be used")
  func json() throws {
    let value = try Value(json: diagnosis.value.json)
    #expect(value["environments"] == ["simulated": true, "local": true, "lab": true])
    #expect(value["swept"] == 2)
    let read = value["examinations"]?.elements?.compactMap { Examination($0) }
    #expect(read == diagnosis.examinations)
    #expect(Examination(["name": "nft", "group": "tool", "state": "broken", "detail": ""]) == nil)
  }

  @Test("only what needs nothing of the machine has to work")
  func soundness() {
    #expect(diagnosis.isSound)
    var other = diagnosis
    other.examinations[1].state = .missing
    #expect(!other.isSound)
    #expect(other.value["environments"]?["local"] == false)
  }

  @Test("a tool that is missing comes with its package, and one that does not run too")
  func tools() throws {
    let tool = Tool("nft", version: ["-v"], package: "nftables", purpose: "partitions the lab")
    #expect(
      tool.examination(path: nil, printed: nil)
        == Examination(
          .tool, "nft", .missing, "not found; it partitions the lab",
          mend: "apt-get install nftables"))
    #expect(
      tool.examination(path: "/usr/sbin/nft", printed: nil)
        == Examination(
          .tool, "nft", .missing, "/usr/sbin/nft does not run; it partitions the lab",
          mend: "apt-get install --reinstall nftables"))
    #expect(
      tool.examination(path: "/usr/sbin/nft", printed: "nftables v1.0.6")
        == Examination(.tool, "nft", .works, "/usr/sbin/nft, nftables v1.0.6"))
  }

  @Test("what a user who is not root lacks is named in one line")
  func rootless() {
    let lab = Examination(.environment, "lab", .works, "two hosts up")
    let kill = Examination(.fault, "lab kill", .works, "it ends")
    let cpu = Examination(.fault, "lab cpu", .missing, "no control groups")
    let memory = Examination(.fault, "lab memory", .missing, "no control groups")
    #expect(
      Examination(rootless: [lab, kill], user: "nobody")
        == Examination(.environment, "lab without root", .works, "as nobody: two hosts up"))
    #expect(
      Examination(rootless: [lab, kill, cpu, memory], user: "nobody")
        == Examination(
          .environment, "lab without root", .partly,
          "as nobody: two hosts up; but no cpu, no memory"))
    let refused = Examination(.environment, "lab", .missing, "refused", mend: "sysctl")
    #expect(
      Examination(rootless: [refused], user: "nobody")
        == Examination(.environment, "lab without root", .missing, "refused", mend: "sysctl"))
    #expect(Examination(rootless: [], user: "nobody").state == .missing)
  }
}
