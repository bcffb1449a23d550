import Controller
import Testing
import Values
import Verdicts

@Suite("Numbered choices in plans")
struct NumberedChoicePlanTests {
  private func plan(
    _ fields: String, system: String = "kafka-log", workload: String = "kafka"
  ) throws -> Plan {
    let text = """
      {"system": "\(system)", "workload": "\(workload)", "env": "simulated", "nodes": ["n1", "n2"], \
      "concurrency": 2, "time-limit": "2s", "rate": 50, "nemesis": ["none"], \(fields)}
      """
    return try Plan(value: Value(json: Array(text.utf8)))
  }

  @Test("go round by a token, and decide what happens")
  func round() throws {
    let plain = try plan(#""seed": 3"#, system: "g-set", workload: "g-set")
    let late = try plan(
      #""seed": 3, "delays": [{"from": "n1", "to": "n2", "message": 1, "delay": "700ms"}]"#,
      system: "g-set", workload: "g-set")
    #expect(try Token.decode(Token.encode(late)) == late)
    let (before, after) = (try SimulatedRun(plain), try SimulatedRun(late))
    _ = try before.run()
    _ = try after.run()
    #expect(before.digest != after.digest)
    let reseeded = try plan(
      #""seed": 3, "reseed": {"time": "1s", "seed": 5}"#, system: "g-set", workload: "g-set")
    #expect(try Token.decode(Token.encode(reseeded)) == reseeded)
    let other = try SimulatedRun(reseeded)
    _ = try other.run()
    #expect(before.digest != other.digest)
  }

  @Test("answer a node's choice")
  func choices() throws {
    func outcome(_ answer: Int) throws -> Outcome {
      let answers = (0..<1_000).flatMap { choice in
        ["n1", "n2"].map { #"{"node": "\#($0)", "choice": \#(choice), "answer": \#(answer)}"# }
      }
      return try SimulatedRun(
        plan(
          #""seed": 3, "bugs": ["poll-reverses"], "choices": [\#(answers.joined(separator: ","))]"#)
      ).run()
    }
    // The bug shows where a choice is 0.
    #expect(try outcome(0).verdict == .invalid)
    #expect(try outcome(1).verdict != .invalid)
  }

  @Test(
    "are refused of real processes, which would not heed them",
    arguments: [
      #""delays": []"#, #""choices": []"#, #""reseed": {"time": "1s", "seed": 1}"#,
    ])
  func local(fields: String) throws {
    var plan = try plan(fields)
    plan.place = .local
    #expect(throws: PlanError.self) { try Test(plan) }
    plan.place = .simulated
    _ = try Test(plan)
  }

  @Test(
    "that make no sense are refused by name",
    arguments: [
      (
        #""delays": [{"from": "n1", "to": "n9", "message": 1, "delay": "1ms"}]"#,
        "delays[0]: \"to\" has to be the name of a node"
      ),
      (
        #""delays": [{"from": "n1", "to": "n2", "message": 0, "delay": "1ms"}]"#,
        "delays[0]: \"message\" has to be a whole number of at least 1"
      ),
      (
        #""delays": [{"from": "n1", "to": "n2", "message": 1, "delay": "soon"}]"#,
        "delays[0]: \"delay\" has to be a duration such as \"12ms\""
      ),
      (
        #""choices": [{"node": "n1", "choice": -1, "answer": 0}]"#,
        "choices[0]: \"choice\" has to be a whole number of at least 0"
      ),
      (#""reseed": {"seed": 1}"#, "reseed: \"time\" has to be a duration such as \"12ms\""),
    ])
  func refused(fields: String, message: String) throws {
    let plan = try plan(fields)
    #expect(throws: PlanError(message)) { try SimulatedRun(plan) }
  }
}
