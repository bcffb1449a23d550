import Histories
import Testing
import Values

@Suite("Histories as text")
struct HistoryTextTests {
  private func jsonLines(_ text: String) throws -> HistoryFile {
    try Array(text.utf8).withUnsafeBytes { try HistoryFile(jsonLines: $0) }
  }

  private func edn(_ text: String) throws -> HistoryFile {
    try Array(text.utf8).withUnsafeBytes { try HistoryFile(edn: $0) }
  }

  private func json(_ operation: Operation) -> String {
    var bytes: [UInt8] = []
    operation.writeJSON(into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(
    "JSON Lines are written as they are read",
    arguments: [
      #"{"index":0,"time":1200,"type":"invoke","process":0,"f":"read","value":null}"#,
      #"{"index":3,"time":9000,"type":"info","process":1,"f":"cas","value":[3,4],"error":"timeout"}"#,
      #"{"index":5,"time":9900,"type":"info","process":"nemesis","f":"kill","value":{"n1":"killed"}}"#,
      #"{"index":6,"time":-1,"type":"ok","process":2,"f":"read","value":[1],"final":true}"#,
    ])
  func roundTrip(line: String) throws {
    let file = try jsonLines(line + "\n")
    #expect(file.operations.map(json) == [line])
  }

  @Test("keys come in any order, blank lines are passed over, a missing index is the place")
  func liberal() throws {
    let file = try jsonLines(
      """
      {"f":"read","process":0,"type":"invoke"}

      {"value":7,"type":"ok","f":"read","process":0,"node":"n1"}
      """)
    #expect(file.operations.map(\.index) == [0, 1])
    #expect(file.operations.map(\.time) == [-1, -1])
    #expect(file.operations[1].extra == ValueMap([.init(key: "node", value: "n1")]))
    #expect(file.lines == [1, 3])
  }

  @Test("lines are brought into the order of their indices")
  func order() throws {
    let file = try jsonLines(
      """
      {"index":1,"type":"ok","process":0,"f":"read","value":1}
      {"index":0,"type":"invoke","process":0,"f":"read","value":null}
      """)
    #expect(file.operations.map(\.index) == [0, 1])
    #expect(file.lines == [2, 1])
  }

  @Test("a last line that was cut short is left out, whole ones before it stay")
  func cut() throws {
    let whole = #"{"index":0,"type":"invoke","process":0,"f":"read","value":null}"# + "\n"
    for count in 1..<whole.utf8.count - 1 {
      let file = try jsonLines(whole + String(whole.prefix(count)))
      #expect(file.isTruncated)
      #expect(file.operations.count == 1)
    }
    #expect(try !jsonLines(whole).isTruncated)
  }

  @Test(
    "a broken line is named with its place and what is wrong",
    arguments: [
      (#"{"type":"invoke","process":0,"f":"read""#, 2, "',' or '}'"),
      (#"{"type":"began","process":0,"f":"read"}"#, 2, "invoke, ok, fail or info"),
      (#"{"process":0,"f":"read"}"#, 2, "\"type\""),
      (#"{"type":"invoke","f":"read"}"#, 2, "\"process\""),
      (#"[1]"#, 2, "an object"),
    ])
  func broken(line: String, number: Int, expected: String) {
    let good = #"{"type":"invoke","process":0,"f":"read"}"#
    #expect {
      try jsonLines(good + "\n" + line + "\n" + good + "\n")
    } throws: { error in
      guard let error = error as? SyntaxError else { return false }
      return error.line == number && error.column >= 1 && error.expected.contains(expected)
    }
  }

  @Test(
    "EDN comes as a map a line, in a vector or in a list, with comments",
    arguments: ["%", "[%]", "(%)", "; a comment\n[%\n]\n", "\n%\n"])
  func enclosures(form: String) throws {
    let maps = """
      {:index 0, :time 5, :type :invoke, :process 0, :f :txn, :value [[:r 1 nil]]}
      {:value [[:r 1 #{2}]] :process 0 :type :ok, :f :txn :index 1 #_ignored :extra "x"}
      {:type :info, :process :nemesis, :f :kill, :value {"n1" :killed}}
      """
    let file = try edn(form.replacing("%", with: maps))
    #expect(file.operations.count == 3)
    #expect(file.operations.map(\.type) == [.invoke, .ok, .info])
    #expect(file.operations[0].time == 5)
    #expect(file.operations[0].f == "txn")
    #expect(file.operations[1].extra == ValueMap([.init(key: "extra", value: "x")]))
    #expect(file.operations[2].process == .nemesis)
    #expect(file.operations[2].index == 2)
  }

  @Test("EDN that is written is read as the same operations")
  func ednRoundTrip() throws {
    let operations = [
      Operation(
        index: 0, time: 1, type: .invoke, process: .client(0), f: "cas", value: [1, [2, 3]]),
      Operation(
        index: 1, time: 2, type: .info, process: .client(0), f: "cas", value: [1, [2, 3]],
        error: .keyword("timeout")),
      Operation(index: 2, time: 3, type: .info, process: .nemesis, f: "kill", value: .null),
    ]
    var bytes: [UInt8] = []
    for operation in operations {
      operation.writeEDN(into: &bytes)
      bytes.append(UInt8(ascii: "\n"))
    }
    #expect(try bytes.withUnsafeBytes { try HistoryFile(edn: $0) }.operations == operations)
  }

  @Test("no mutation of a history crashes a reader, and every error has a place", arguments: 0..<20)
  func fuzz(batch: Int) {
    let texts = [
      #"{"index":0,"time":1,"type":"invoke","process":0,"f":"cas","value":[1,{"a":"b\n"}]}"# + "\n",
      "[{:index 0, :type :ok, :process 0, :f :read, :value #{1 2.5 \\a 3/4 5N \"x\"}} ; c\n]",
      "{:type :info :process :nemesis :f :kill :value #inst \"2020\" :x ##NaN}\n",
    ]
    var draws = Draws(seed: UInt64(batch))
    for _ in 0..<500 {
      var bytes = Array(draws.element(of: texts).utf8)
      for _ in 0...draws.below(4) {
        let place = draws.below(bytes.count)
        switch draws.below(4) {
        case 0: bytes[place] = UInt8(draws.below(256))
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(draws.element(of: Array("{}[]()\"\\#:;,^0-N/".utf8)), at: place)
        default: bytes.removeSubrange(place...)
        }
        if bytes.isEmpty { bytes = [0] }
      }
      bytes.withUnsafeBytes { buffer in
        for isEDN in [false, true] {
          do throws(SyntaxError) {
            _ = isEDN ? try HistoryFile(edn: buffer) : try HistoryFile(jsonLines: buffer)
          } catch {
            #expect(error.line >= 1 && error.column >= 1)
          }
        }
      }
    }
  }
}
