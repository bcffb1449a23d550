import Glibc
import Histories
import Testing
import Values

@Suite("Formats of other tools")
struct FormatTests {
  private func columns(
    _ text: String, _ format: HistoryFormat? = nil
  ) throws(HistoryFileError) -> HistoryColumns {
    let bytes = Array(text.utf8)
    return try bytes.withUnsafeBufferPointer { (bytes) throws(HistoryFileError) in
      try HistoryColumns(reading: UnsafeRawBufferPointer(bytes), named: "h", format: format)
    }
  }

  private func operations(_ columns: HistoryColumns) -> [Operation] {
    (0..<columns.count).map { columns.operation(at: $0) }
  }

  private static let etcd = """
    INFO  jepsen.util - 0\t:invoke\t:write\t3
    INFO  jepsen.util - 1\t:invoke\t:cas\t[3 4]
    INFO  jepsen.core - Starting worker 7

    INFO  jepsen.util - 0\t:info\t:write\t:timed-out
    INFO  jepsen.util - :nemesis\t:info\t:start\tnil
    INFO  jepsen.util - 1   :fail   :cas    [3 4]
    INFO  jepsen.util - 0\t:invoke\t:read\tnil
    INFO  jepsen.util - 1\t:invoke\t:cas\t[0 1]
    INFO  jepsen.util - 0  :fail   :read   :timed-out
    INFO  jepsen.util - 0\t:invoke\t:read\tnil
    INFO  jepsen.util - 0\t:ok\t:read\tnil
    INFO  jepsen.util - 1\t:info\t:cas\t:timed-out

    """

  @Test(
    "the beginning tells the format",
    arguments: [
      ("INFO  jepsen.util - 0\t:invoke\t:read\tnil\n", HistoryFormat.porcupineEtcd),
      (#"{:process 0, :type :invoke, :f :get, :key "7", :value nil}"#, .porcupineKV),
      (#"{:process 0, :type :invoke, :f :get, :value nil, :index 0, :key "7"}"#, .jepsenEDN),
      (#"[{"type":"invoke","f":"read","process":0}]"#, .elleJSON),
      ("[\n  {\n \"type\":\"invoke\",\"f\":\"read\",\"process\":0}]", .elleJSON),
      (#"{"type":"invoke","f":"read","process":0}"#, .jsonLines),
      ("\u{feff}{\"type\":\"invoke\",\"f\":\"read\",\"process\":0}", .jsonLines),
      ("\u{feff}[{:type :invoke :f :read :process 0}]", .jepsenEDN),
      ("; from Knossos\n; by hand\n\n({:type :invoke :f :read :process 0})", .jepsenEDN),
      ("#jepsen.history.Op{:type :invoke, :f :read, :process 0}", .jepsenEDN),
    ])
  func detection(text: String, format: HistoryFormat) throws {
    let read = try columns(text)
    #expect(read.format == format && read.count == 1)
    #expect(try operations(columns(text, format)) == operations(read))
  }

  @Test("a log's processes that crashed go on as fresh ones, and reasons are errors")
  func etcd() throws {
    let read = try columns(FormatTests.etcd)
    let expected: [(Operation.Kind, Process, String, Value, Value?)] = [
      (.invoke, .client(0), "write", 3, nil),
      (.invoke, .client(1), "cas", [3, 4], nil),
      (.info, .client(0), "write", 3, .some(.keyword("timed-out"))),
      (.info, .nemesis, "start", .null, nil),
      (.fail, .client(1), "cas", [3, 4], nil),
      (.invoke, .client(2), "read", .null, nil),
      (.invoke, .client(1), "cas", [0, 1], nil),
      (.fail, .client(2), "read", .null, .some(.keyword("timed-out"))),
      (.invoke, .client(2), "read", .null, nil),
      (.ok, .client(2), "read", .null, nil),
      (.info, .client(1), "cas", [0, 1], .some(.keyword("timed-out"))),
    ]
    #expect(
      operations(read)
        == expected.enumerated().map { place, line in
          Operation(
            index: place, type: line.0, process: line.1, f: line.2, value: line.3, error: line.4)
        })
    #expect(read.partners == [2, 4, 0, -1, 1, 7, 10, 5, 9, 8, 6])
    #expect(!read.isTruncated)
  }

  @Test("a log's last line that was cut short is left out, a broken one before it is named")
  func brokenLog() throws {
    let cut = try columns(FormatTests.etcd + "INFO  jepsen.util - 1\t:inv")
    #expect(cut.isTruncated && cut.count == 11)
    #expect {
      try columns(
        FormatTests.etcd + "INFO  jepsen.util - 1\t:began\t:read\tnil\n", .porcupineEtcd)
    } throws: {
      "\($0)" == "h:14:23: expected invoke, ok, fail or info, found :began"
    }
    #expect {
      try columns(FormatTests.etcd + "INFO  jepsen.util - 1\t:ok\t:read\n")
    } throws: {
      "\($0)" == "h:14:32: expected a value, found the end of the line"
    }
  }

  @Test("a key-value file's values are keys and values")
  func keyValue() throws {
    let read = try columns(
      """
      {:process 2, :type :invoke, :f :append, :key "1", :value "x"}
      {:process 0, :type :invoke, :f :get, :key "1", :value nil}
      {:process 2, :type :ok, :f :append, :key "1", :value "x"}
      {:process 0, :type :ok, :f :get, :key "1", :value "x"}
      """)
    #expect(
      operations(read).map(\.value) == [["1", "x"], ["1", .null], ["1", "x"], ["1", "x"]])
    #expect(operations(read).allSatisfy { $0.extra.isEmpty })
    #expect(read.partners == [2, 3, 0, 1])
    #expect {
      try columns("\n{:process 2, :type :invoke, :f :append, :value \"x\"}", .porcupineKV)
    } throws: {
      "\($0)" == "h:2:1: expected an operation with the field \"key\", found none"
    }
  }

  @Test("formats that tell their model say which")
  func implied() {
    #expect(HistoryFormat.porcupineEtcd.implies?.model == "cas-register")
    #expect(HistoryFormat.porcupineEtcd.implies?.failedCasObserved == true)
    #expect(HistoryFormat.porcupineKV.implies?.initial == "")
    #expect(HistoryFormat.jsonLines.implies == nil)
  }

  @Test("elle's operations without f are transactions, in an array or a line each")
  func elle() throws {
    let first = #"{"index":0,"process":1,"type":"invoke","value":[["append",5,1],["r",5,null]]}"#
    let second = #"{"index":1,"process":1,"type":"ok","value":[["append",5,1],["r",5,[1]]]}"#
    for text in ["[\(first),\n \(second)]\n", "[\(first),\(second)]", "\(first)\n\(second)\n"] {
      let read = try columns(text, .elleJSON)
      #expect(operations(read).map(\.f) == ["txn", "txn"])
      #expect(read.partners == [1, 0])
    }
    #expect {
      try columns("[\(first),\n {\"process\":1,\"type\":\"ok\",\"value\":7}]")
    } throws: {
      "\($0)" == "h:2:2: expected an operation with the field \"f\", found none"
    }
    #expect {
      try columns("[\(first)\n \(second)]")
    } throws: {
      "\($0)" == "h:2:2: expected ',' or ']', found '{'"
    }
  }

  @Test("a pipe is read like a file")
  func pipes() throws {
    var ends: [Int32] = [-1, -1]
    #expect(pipe(&ends) == 0)
    defer { close(ends[0]) }
    let line = Array(#"{"type":"invoke","f":"read","process":0}"#.utf8)
    #expect(write(ends[1], line, line.count) == line.count)
    close(ends[1])
    let read = try HistoryColumns(path: "/dev/fd/\(ends[0])")
    #expect(read.count == 1)
    #expect(read.format == HistoryFormat.jsonLines)
  }
}
