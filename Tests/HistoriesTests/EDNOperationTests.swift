import Histories
import Testing
import Values

@Suite("EDN operations")
struct EDNOperationTests {
  private func read(_ text: String) throws(SyntaxError) -> [Operation] {
    let bytes = Array(text.utf8)
    return try bytes.withUnsafeBufferPointer { (bytes) throws(SyntaxError) in
      try HistoryFile(edn: UnsafeRawBufferPointer(bytes)).operations
    }
  }

  @Test(
    "a broken operation is named with its place and what is wrong",
    arguments: [
      ("{:process 0 :f :read}", 2, 1, "an operation with the field \"type\"", "none"),
      ("{:type :ok :f :read}", 2, 1, "an operation with the field \"process\"", "none"),
      ("{:type :ok :process 0}", 2, 1, "an operation with the field \"f\"", "none"),
      (
        "{:process 0,\n :type  :began :f :x}", 3, 9,
        "invoke, ok, fail or info for \"type\"", ":began"
      ),
      ("{:index \"1\" :type :ok}", 2, 9, "an integer for \"index\"", "\"1\""),
      ("{:time 1.5 :type :ok}", 2, 8, "nanoseconds for \"time\"", "1.5"),
      ("{:type :ok :f}", 2, 1, "a value for each key", "a key without one"),
      ("{:type :ok", 2, 11, "'}' to end what began in column 1", "the end of the text"),
      ("{:type :ok :value [1", 2, 21, "']' to end what began in column 19", "the end of the text"),
      ("{: 1}", 2, 3, "a keyword's name", "a space"),
      ("{:type ]}", 2, 8, "a value", "']'"),
      ("#r{:type 1}", 2, 1, "invoke, ok, fail or info for \"type\"", "1"),
      ("[1]", 2, 1, "a map of an operation", "[1]"),
      ("nil", 2, 1, "a map of an operation", "nil"),
    ])
  func broken(text: String, line: Int, column: Int, expected: String, found: String) {
    let good = "{:type :invoke, :process 0, :f :read, :value nil}\n"
    #expect(
      throws: SyntaxError(line: line, column: column, expected: expected, found: found)
    ) { try read(good + text) }
  }

  /// A map and a record of the same fields are read by different code.
  @Test(
    "a record is the operation that a map of its fields is", arguments: 0..<200 as Range<UInt64>)
  func records(seed: UInt64) throws {
    var draws = Draws(seed: seed)
    let fields = draws.shuffled([
      ":type :\(draws.element(of: ["invoke", "ok", "fail", "info"]))",
      ":process \(draws.element(of: ["0", "17", ":nemesis", "\"n1\"", "nil", "2N"]))",
      ":f \(draws.element(of: [":read", "cas", "\"txn\"", "[1 :a]", ":a.b/c"]))",
      draws.element(of: ["", ":index 5", ":index nil", "\"index\" 7", "#_ :index #_ 9"]),
      draws.element(of: ["", ":time 12", ":time nil", "time 0x10"]),
      draws.element(of: ["", ":value [1 #{2 3}]", ":value nil", ":value {:type :ok}"]),
      draws.element(of: ["", ":error :timeout", ":error nil", ":error [:a \"b\"]"]),
      draws.element(of: ["", ":link \"x\"", "\"kinds\" 1", ":typ 1", "[1 2] 3", ":a/type 1"]),
      draws.element(of: ["", ":value 3", ":types 4, :types 5", "; a comment\n", "^:meta :x 1"]),
    ])
    let map = "{\(fields.joined(separator: " , "))}"
    #expect(try read(map) == read("#jepsen.history.Op\(map)"), "\(map)")
  }

  @Test("keys may be keywords, strings and symbols, and are known whole")
  func keys() throws {
    let operations = try read(
      "{\"type\" \"ok\" process 3 :f :read :valu 1 :values 2 :ns/value 3 [4] 5 :value 6}")
    #expect(
      operations == [
        Operation(
          index: 0, type: .ok, process: .client(3), f: "read", value: 6,
          extra: ValueMap([
            .init(key: "valu", value: 1), .init(key: "values", value: 2),
            .init(key: "ns/value", value: 3), .init(key: [4], value: 5),
          ]))
      ])
  }
}
