import Histories
import Testing
import Values

@Suite("Transactions told by their completions alone")
struct CompletionsOnlyTests {
  private func columns(
    _ text: String, _ format: HistoryFormat? = nil, order: History.Order = .index
  ) throws(HistoryFileError) -> HistoryColumns {
    let bytes = Array(text.utf8)
    return try bytes.withUnsafeBufferPointer { (bytes) throws(HistoryFileError) in
      try HistoryColumns(
        reading: UnsafeRawBufferPointer(bytes), named: "h", format: format, order: order)
    }
  }

  @Test(
    "operations without f and process, as in Elle's introduction, are transactions of their own")
  func demo() throws {
    let texts: [(String, HistoryFormat)] = [
      (
        """
        [{:type :ok, :value [[:append :x 1] [:r :y [1]]]}
         {:type :ok, :value [[:append :x 2] [:append :y 1]]}
         {:type :info, :value [[:r :x [1 2]]]}]
        """, .jepsenEDN
      ),
      (
        """
        [{"type":"ok","value":[["append","x",1],["r","y",[1]]]},
         {"type":"ok","value":[["append","x",2],["append","y",1]]},
         {"type":"info","value":[["r","x",[1,2]]]}]
        """, .elleJSON
      ),
    ]
    for (text, format) in texts {
      let read = try columns(text)
      #expect(read.format == format && !read.isTimed)
      #expect(read.types == [.ok, .ok, .info] && read.partners == [-1, -1, -1])
      #expect(read.processes == [0, 1, 2] && (0..<3).allSatisfy { read.f(at: $0) == "txn" })
    }
  }

  @Test(
    "the completions of processes stand in their order",
    arguments: [
      ("{:type :ok, :f :txn :value [[:w :x 2] [:r :y nil]], :process 0, :index 2}", true),
      ("{:type :fail, :f :txn :value [[:w :x 2]], :process 0}", true),
      (
        "{:type :info, :process :nemesis, :f :kill}\n{:type :ok, :f :txn, :value [], :process 3}",
        true
      ),
      ("{:type :invoke, :f :txn :value [[:w :x 2]], :process 0}", false),
      ("{:type :info, :process :nemesis, :f :kill}", false),
      ("", false),
    ])
  func completions(text: String, isUntimed: Bool) throws {
    let read = try columns(text, .jepsenEDN)
    #expect(read.isTimed != isUntimed && read.partners.allSatisfy { $0 == -1 })
    let operations = (0..<read.count).map { read.operation(at: $0) }
    #expect(HistoryColumns(try History(operations)).isTimed != isUntimed)
  }

  @Test("what was told in binary, or in the order of times, is the same")
  func kept() throws {
    let text = """
      {:type :ok, :f :txn :value [[:w :x 2]], :process 0, :time 7}
      {:type :ok, :f :txn :value [[:r :x 2]], :process 1, :time 5}
      """
    var bytes: [UInt8] = []
    try columns(text, .jepsenEDN).writeBinary { bytes.append(contentsOf: $0) }
    let read = try bytes.withUnsafeBytes { try HistoryColumns(reading: $0, named: "h") }
    #expect(!read.isTimed && read.count == 2 && read.format == .binary)
    let ordered = try columns(text, .jepsenEDN, order: .time)
    #expect(!ordered.isTimed && ordered.processes == [1, 0])
  }

  @Test(
    "histories that are none are refused as before",
    arguments: [
      (
        "{:type :ok, :f :read, :value 1, :process 3}",
        "h:1: op 0: process 3 completed an operation that it never invoked"
      ),
      (
        "{:type :ok, :f :txn, :value [], :process 3}\n{:type :invoke, :f :txn, :process 3}",
        "h:1: op 0: process 3 completed an operation that it never invoked"
      ),
      (
        "{:type :ok, :f :txn, :value [], :process 3}\n{:type :ok, :f :txn, :value []}",
        "h:2:1: expected an operation with the field \"process\", as others of this history have it, "
          + "found none"
      ),
      (
        "{:type :invoke, :f :txn, :value []}",
        "h:1:1: expected an operation with the field \"process\", found none"
      ),
      (
        "{:type :ok, :f :read, :value 3}",
        "h:1:1: expected an operation with the field \"process\", found none"
      ),
      (
        "{:type :ok, :value 3}",
        "h:1:1: expected an operation with the field \"process\", found none"
      ),
    ])
  func refused(text: String, problem: String) {
    #expect {
      try columns(text, .jepsenEDN)
    } throws: {
      "\($0)" == problem
    }
    #expect {
      try Array(text.utf8).withUnsafeBytes {
        _ = try HistoryFile(edn: $0).history(named: "h")
      }
    } throws: {
      "\($0)".hasPrefix("h:") || $0 is SyntaxError
    }
  }
}
