import Glibc
import Histories
import Testing
import Values

@Suite("Histories in files")
struct HistoryFileTests {
  /// Writes a file, lends its path, and removes it.
  private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
    var template = Array("/tmp/shrike-history-XXXXXX".utf8CString)
    let file = mkstemp(&template)
    try #require(file >= 0)
    let path = template.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { String(cString: $0) } ?? ""
    }
    defer { unlink(path) }
    let bytes = Array(text.utf8)
    try #require(write(file, bytes, bytes.count) == bytes.count)
    close(file)
    try body(path)
  }

  @Test(
    "the beginning tells the format",
    arguments: [
      (#"{"type":"invoke","process":0,"f":"read"}"#, HistoryFormat.jsonLines),
      ("{:type :invoke, :process 0, :f :read}", .jepsenEDN),
      ("[{:type :invoke :process 0 :f :read}]", .jepsenEDN),
      ("; made by hand\n{:type :invoke :process 0 :f :read}", .jepsenEDN),
    ])
  func detection(text: String, format: HistoryFormat) throws {
    try withFile(text) { path in
      let detected = try HistoryFile(path: path)
      #expect(detected.operations.count == 1)
      #expect(try HistoryFile(path: path, format: format).operations == detected.operations)
    }
  }

  @Test("an empty file is an empty history")
  func empty() throws {
    try withFile("") { path in
      let file = try HistoryFile(path: path)
      #expect(file.operations.isEmpty)
    }
  }

  @Test("what can't be read is named")
  func unreadable() {
    #expect {
      try HistoryFile(path: "/nonexistent/history.jsonl")
    } throws: {
      "\($0)" == "/nonexistent/history.jsonl: No such file or directory"
    }
    #expect { try HistoryFile(path: "/tmp") } throws: { "\($0)" == "/tmp: Is a directory" }
  }

  @Test("a broken line is named with the file, the line and the column")
  func broken() throws {
    try withFile("{:type :ok :process 0 :f :read}\n{:type :ok :process 0 :f}\n") { path in
      #expect {
        try HistoryFile(path: path)
      } throws: { error in
        "\(error)".hasPrefix("\(path):2:1: expected a value for each key")
      }
    }
  }

  @Test("operations that make no history are named with their line")
  func overlapping() throws {
    let line = #"{"type":"invoke","process":4,"f":"read"}"#
    try withFile("\n\(line)\n\(line)\n") { path in
      let file = try HistoryFile(path: path)
      #expect {
        try file.history(named: path)
      } throws: {
        "\($0)".hasPrefix("\(path):3: op 1: process 4 invoked again while op 0 was still pending")
      }
    }
  }

  @Test("by time, intervals are closed: what touches is concurrent")
  func byTime() throws {
    let text = """
      {"index":0,"time":10,"type":"invoke","process":0,"f":"write","value":1}
      {"index":1,"time":20,"type":"ok","process":0,"f":"write","value":1}
      {"index":2,"time":20,"type":"invoke","process":1,"f":"read","value":null}
      {"index":3,"time":5,"type":"invoke","process":2,"f":"read","value":null}
      {"index":4,"time":30,"type":"ok","process":1,"f":"read","value":1}
      """
    try withFile(text) { path in
      let history = try HistoryFile(path: path).history(named: path, order: .time)
      #expect(history.operations.map(\.index) == [3, 0, 2, 1, 4])
      #expect(history.partners == [-1, 3, 4, 1, 2])
    }
  }
}
