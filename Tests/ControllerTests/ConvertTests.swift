import Glibc
import Testing
import Values

@Suite("Converting histories")
struct ConvertTests {
  private let history = """
    {"index":0,"time":1200,"type":"invoke","process":0,"f":"cas","value":[3,[4,"x"]]}
    {"index":1,"time":2000,"type":"info","process":"nemesis","f":"kill","value":{"n1":"killed"}}
    {"index":2,"time":5100,"type":"fail","process":0,"f":"cas","value":[3,[4,"x"]],"error":[22,"no"]}
    {"index":3,"time":6000,"type":"invoke","process":1,"f":"read","value":null,"final":true}

    """

  @Test("goes through every format and back without a loss", .timeLimit(.minutes(3)))
  func roundTrip() throws {
    let workshop = try Workshop()
    let source = try workshop.file("h.jsonl", history)
    for (from, to) in [
      (source, "h.shrike"), ("h.shrike", "h.edn"), ("h.edn", "again.shrike"),
      ("again.shrike", "again.jsonl"),
    ] {
      let end = try workshop.run("convert", from, to)
      #expect(end.code == 0 && end.output.isEmpty && end.errors.isEmpty, "\(from) to \(to)")
    }
    #expect(text(ofFile: "\(workshop.path)/again.jsonl") == history)
    let printed = try workshop.run("convert", "again.shrike", "-", "--to", "jsonl")
    #expect(printed.code == 0 && printed.output == history)
  }

  @Test("says that a last line was cut short, and leaves it out", .timeLimit(.minutes(3)))
  func truncated() throws {
    let workshop = try Workshop()
    let source = try workshop.file("h.jsonl", history + #"{"index":4,"ty"#)
    let end = try workshop.run("convert", source, "-", "--to", "jsonl")
    #expect(end.code == 0 && end.output == history)
    #expect(end.errors.contains("the last line was cut short and is left out"))
  }

  @Test("a file that can't be written ends it with 70 and one line", .timeLimit(.minutes(3)))
  func unwritable() throws {
    let workshop = try Workshop()
    let source = try workshop.file("h.jsonl", history)
    for (target, reason) in [
      ("/dev/full", "No space left on device"), ("/nonexistent/h.edn", "No such file or directory"),
    ] {
      let end = try workshop.run("convert", source, target, "--to", "jepsen-edn")
      #expect(end.code == 70)
      #expect(end.errors == "shrike: \(target): \(reason)\n")
    }
  }

  @Test("a damaged binary history is refused in one line", .timeLimit(.minutes(3)))
  func damaged() throws {
    let workshop = try Workshop()
    let source = try workshop.file("h.jsonl", history)
    #expect(try workshop.run("convert", source, "h.shrike").code == 0)
    #expect(truncate("\(workshop.path)/h.shrike", 300) == 0)
    let end = try workshop.run("check", "h.shrike", "--model", "register")
    #expect(end.code == 64)
    #expect(end.errors.hasPrefix("shrike: h.shrike: cut short: the binary history ends "))
    #expect(end.errors.split(separator: "\n").count == 1)
  }
}
