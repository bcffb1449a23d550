import Testing
import Values

@Suite("A doctor on the command line")
struct DoctorCommandTests {
  @Test("tells what works, for people and as JSON, and the lab is tested where it does")
  func doctor() throws {
    let workshop = try Workshop()
    let people = try workshop.run("doctor")
    #expect(people.code == 0, "\(people.output)\(people.errors)")
    #expect(people.output.hasPrefix("Environments\n  ✓ simulated"))
    let json = try workshop.run("doctor", "--json")
    #expect(json.code == 0)
    let value = try Value(json: json.output)
    #expect(value["environments"]?["simulated"] == true)
    #expect(value["environments"]?["local"] == true)
    let faults = value["examinations"]?.elements?.filter { $0["group"] == "fault" } ?? []
    let local = faults.filter { $0["name"]?.name?.hasPrefix("local ") == true }
    #expect(local.count == 7 && local.allSatisfy { $0["state"] == "works" }, "\(local)")
    let etcd = value["examinations"]?.elements?.first { $0["name"] == "etcd" }
    #expect(etcd?["state"] == "works" || etcd?["mend"] == "apt-get install etcd-server")
  }
}
