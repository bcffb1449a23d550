import Histories
import Linearizability
import ObjectModels
import Testing
import Values
import Verdicts

@Suite("The window that fails")
struct WindowTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var model: any Model
    var text: String
    /// What the explanation says, among other things.
    var says: [String]
    var testDescription: String { model.name }
  }

  static let cases: [Case] = [
    Case(
      model: RegisterModel(),
      text: """
        0 invoke write 1
        0 ok write 1
        1 invoke write 2
        2 invoke read
        2 ok read 3
        3 invoke write 3
        3 ok write 3
        """,
      says: ["read -> 3 must take effect by line 4, but it needs 3"]),
    Case(
      model: RegisterModel(failedCas: .observed),
      text: """
        0 invoke write 1
        0 ok write 1
        2 invoke cas 1 2
        2 fail cas 1 2
        """,
      says: ["cas [1, 2] failed must take effect by line 3, but it needs anything but 1"]),
    Case(
      model: QueueModel(),
      text: """
        0 invoke enqueue 1
        0 ok enqueue 1
        0 invoke enqueue 2
        0 ok enqueue 2
        1 invoke dequeue
        1 ok dequeue 2
        """,
      says: ["dequeue -> 2 must take effect by line 5", "[1, 2]  (enqueue 1, enqueue 2)"]),
    Case(
      model: QueueModel(),
      text: """
        0 invoke enqueue 1
        0 ok enqueue 1
        1 invoke dequeue
        1 ok dequeue null
        """,
      says: ["dequeue -> null must take effect by line 3", "[1]  (enqueue 1)"]),
    Case(
      model: StackModel(),
      text: """
        0 invoke push 1
        0 ok push 1
        0 invoke push 2
        0 ok push 2
        1 invoke pop
        1 ok pop 1
        """,
      says: ["pop -> 1 must take effect by line 5", "[1, 2]  (push 1, push 2)"]),
    Case(
      model: CounterModel(),
      text: """
        0 invoke add 2
        0 ok add 2
        2 invoke add 5
        1 invoke read
        1 ok read 3
        2 ok add 5
        """,
      says: ["read -> 3 must take effect by line 4", "and there add 5 leads to 7"]),
    Case(
      model: SemaphoreModel(permits: 1),
      text: "0 invoke acquire 1\n0 ok acquire 1\n1 invoke acquire 1\n1 ok acquire 1",
      says: ["acquire 1 must take effect by line 3", "can't happen in any state"]),
    Case(
      model: SetModel(),
      text: "0 invoke add 1\n0 ok add 1\n1 invoke read\n1 ok read 2 3", says: ["read -> [2, 3]"]),
    Case(
      model: PriorityQueueModel(),
      text: """
        0 invoke insert 2
        0 ok insert 2
        0 invoke insert 1
        0 ok insert 1
        1 invoke remove-min
        1 ok remove-min 2
        """,
      says: ["remove-min -> 2 must take effect by line 5"]),
    Case(
      model: MutexModel(),
      text: "0 invoke acquire\n0 ok acquire\n1 invoke acquire\n1 ok acquire",
      says: ["held by 0  (acquire)"]),
  ]

  private func examine(_ example: Case) throws -> (finding: Finding, window: FailingWindow) {
    let columns = HistoryColumns(try script(example.text))
    let (finding, window) = try LinearizabilityChecker(example.model).examine(columns)
    return (finding, try #require(window))
  }

  @Test("is explained for every kind of object", arguments: cases)
  func explanation(_ example: Case) throws {
    let anomaly = try #require(try examine(example).finding.anomalies.first)
    for text in example.says {
      #expect(anomaly.explanation.contains(text), "\(anomaly.explanation)")
    }
  }

  @Test("is told to machines as well", arguments: cases)
  func json(_ example: Case) throws {
    let (finding, window) = try examine(example)
    let anomaly = try #require(finding.anomalies.first)
    #expect(anomaly.window == window.value)
    let read = try Value(json: window.value.json)
    guard case .map(let map) = read, case .list(let operations) = map["operations"] else {
      Issue.record("no operations: \(read)")
      return
    }
    let lines = operations.compactMap { operation -> Int? in
      if case .map(let fields) = operation { fields["start"]?.integer } else { nil }
    }
    #expect(lines.count == operations.count)
    #expect(Set(lines).isSubset(of: anomaly.operations))
    #expect(map["misfit"]?.integer.map(lines.contains) == true)
  }

  @Test("is drawn as well-formed SVG", arguments: cases)
  func picture(_ example: Case) throws {
    let window = try examine(example).window
    let svg = window.svg
    var open: [Substring] = []
    for piece in svg.split(separator: "<") where piece != "\n" {
      let tag = piece.prefix { $0 != ">" }
      #expect(piece.contains(">"), "\(piece)")
      let name = tag.prefix { $0 != " " && $0 != "/" }
      if tag.hasPrefix("/") {
        #expect(open.popLast() == tag.dropFirst())
      } else if !tag.hasSuffix("/") {
        open.append(name)
      }
      #expect(tag.filter { $0 == "\"" }.count.isMultiple(of: 2), "\(tag)")
    }
    #expect(open.isEmpty)
    #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
    #expect(svg.components(of: "<rect x=").count - 1 == window.operations.count)
    #expect(svg.contains("#d62728"))
  }

  @Test("has the characters of values that XML keeps for itself")
  func escaping() throws {
    let columns = HistoryColumns(try script("0 invoke read\n0 ok read <&\">"))
    let window = try LinearizabilityChecker(RegisterModel()).examine(columns).window
    let svg = try #require(window).svg
    #expect(svg.contains("&lt;&amp;&quot;&gt;"))
    #expect(!svg.contains("<&"))
  }

  @Test("stays small, whatever was read", .timeLimit(.minutes(3)))
  func bounds() throws {
    var lines: [Operation] = []
    func add(_ type: Operation.Kind, _ process: Int, _ f: String, _ value: Value) {
      lines.append(
        Operation(
          index: lines.count, type: type, process: .client(process), f: f, value: value))
    }
    for element in 0..<300 {
      add(.invoke, 0, "add", .integer(element))
      add(.ok, 0, "add", .integer(element))
    }
    add(.invoke, 1, "read", .null)
    add(.ok, 1, "read", .list((1..<300).map { .integer($0) } + [.integer(-1)]))
    let columns = HistoryColumns(try History(lines))
    let (finding, found) = try LinearizabilityChecker(SetModel()).examine(columns)
    #expect(finding.verdict == .invalid)
    let window = try #require(found)
    #expect(window.operations.count <= 60)
    #expect(window.value.json.utf8.count < 40_000)
    #expect(window.svg.utf8.count < 80_000)
    #expect((finding.anomalies.first?.explanation.utf8.count ?? .max) < 8_000)
  }
}

extension String {
  fileprivate func components(of separator: String) -> [Substring] {
    split(separator: separator, omittingEmptySubsequences: false)
  }
}
