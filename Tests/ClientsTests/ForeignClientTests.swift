import Clients
import Histories
import Nodes
import Testing
import Values
import Workloads

@Suite("A client in the words of histories")
struct ForeignClientTests {
  private func completion(_ reply: Reply) -> Completion? {
    var client = ForeignClient()
    _ = client.begin("read", nil, ValueMap())
    guard case .complete(let completion) = client.receive(reply) else { return nil }
    return completion
  }

  @Test("sends an operation as it is, with its further fields")
  func asks() {
    var client = ForeignClient()
    let final = ValueMap([.init(key: "final", value: true)])
    #expect(
      client.begin("write", [1, 2], final)
        == .ask(.custom(["f": "write", "value": [1, 2], "final": true])))
  }

  @Test("takes a completion as it comes, with its further fields")
  func completes() {
    var expected = Completion(.ok, value: [1, 2])
    expected.extra = ValueMap([.init(key: "revision", value: 7)])
    #expect(
      completion(
        .custom(["type": "ok", "f": "x", "process": 9, "value": [1, 2], "revision": 7])) == expected
    )
    #expect(
      completion(.custom(["type": "fail", "error": "busy"])) == Completion(.fail, error: "busy"))
    #expect(completion(.custom(["type": "info", "error": nil])) == Completion(.info))
    #expect(
      completion(.custom(["type": "ok", "value": nil])) == Completion(.ok, value: .some(.null)))
    #expect(
      completion(.failed(ErrorReply(.temporarilyUnavailable, "refused")))
        == Completion(.fail, error: ["temporarily-unavailable", "refused"]))
  }

  @Test(
    "says what is wrong with anything else",
    arguments: [
      (Reply.custom([1]), "a completion, which is an object with \"type\""),
      (.written, "a completion, which is an object with \"type\""),
      (.custom(["value": 1]), "\"type\", which is ok, fail or info"),
      (.custom(["type": "done"]), "ok, fail or info for \"type\", not \"done\""),
    ])
  func mismatches(reply: Reply, expected: String) {
    let completion = completion(reply)
    #expect(completion?.type == .info)
    #expect(completion?.mismatch == expected)
  }
}
