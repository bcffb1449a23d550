import Glibc
import Testing
import Values

@Suite("Checking objects as a command")
struct ObjectCheckTests {
  /// Histories by what they are of: each line [process, type, f, value].
  static let stale = """
    {"process":0,"type":"invoke","f":"write","value":1}
    {"process":0,"type":"ok","f":"write","value":1}
    {"process":0,"type":"invoke","f":"write","value":2}
    {"process":0,"type":"ok","f":"write","value":2}
    {"process":1,"type":"invoke","f":"read","value":null}
    {"process":1,"type":"ok","f":"read","value":1}
    """
  /// The same by one process, and the same after one more write.
  static let ownStale = """
    {"process":0,"type":"invoke","f":"write","value":1}
    {"process":0,"type":"ok","f":"write","value":1}
    {"process":0,"type":"invoke","f":"write","value":2}
    {"process":0,"type":"ok","f":"write","value":2}
    {"process":0,"type":"invoke","f":"read","value":null}
    {"process":0,"type":"ok","f":"read","value":1}
    """
  static let veryStale = """
    {"process":0,"type":"invoke","f":"write","value":1}
    {"process":0,"type":"ok","f":"write","value":1}
    {"process":0,"type":"invoke","f":"write","value":2}
    {"process":0,"type":"ok","f":"write","value":2}
    {"process":0,"type":"invoke","f":"write","value":3}
    {"process":0,"type":"ok","f":"write","value":3}
    {"process":1,"type":"invoke","f":"read","value":null}
    {"process":1,"type":"ok","f":"read","value":1}
    """
  static let failedCas = """
    {"process":0,"type":"invoke","f":"write","value":1}
    {"process":0,"type":"ok","f":"write","value":1}
    {"process":1,"type":"invoke","f":"cas","value":[1,2]}
    {"process":1,"type":"fail","f":"cas","value":[1,2]}
    """
  static let nullRead = """
    {"process":0,"type":"invoke","f":"write","value":1}
    {"process":0,"type":"ok","f":"write","value":1}
    {"process":1,"type":"invoke","f":"read","value":null}
    {"process":1,"type":"ok","f":"read","value":null}
    """
  static let passedLock = """
    {"process":0,"type":"invoke","f":"acquire","value":null}
    {"process":0,"type":"ok","f":"acquire","value":null}
    {"process":1,"type":"invoke","f":"release","value":null}
    {"process":1,"type":"ok","f":"release","value":null}
    """
  static let heldAgain = """
    {"process":0,"type":"invoke","f":"acquire","value":null}
    {"process":0,"type":"ok","f":"acquire","value":null}
    {"process":0,"type":"invoke","f":"acquire","value":null}
    {"process":0,"type":"ok","f":"acquire","value":null}
    """
  static let twoPermits = """
    {"process":0,"type":"invoke","f":"acquire","value":2}
    {"process":0,"type":"ok","f":"acquire","value":2}
    """
  static let initialRead = """
    {"process":0,"type":"invoke","f":"read","value":null}
    {"process":0,"type":"ok","f":"read","value":7}
    """
  static let keyed = """
    {"process":0,"type":"invoke","f":"write","value":["a",1]}
    {"process":0,"type":"ok","f":"write","value":["a",1]}
    {"process":1,"type":"invoke","f":"read","value":["b",null]}
    {"process":1,"type":"ok","f":"read","value":["b",null]}
    """

  private func check(
    _ history: String, _ arguments: [String], in workshop: Workshop
  ) throws -> Command.End {
    let file = try workshop.file("history.jsonl", history)
    return try workshop.start(["check", file] + arguments).wait()
  }

  @Test(
    "heeds each option", .timeLimit(.minutes(3)),
    arguments: [
      (stale, ["--model", "register"], 1),
      (failedCas, ["--model", "cas-register"], 0),
      (failedCas, ["--model", "cas-register", "--failed-cas", "observed"], 1),
      (nullRead, ["--model", "register"], 1),
      (nullRead, ["--model", "register", "--null-read", "unknown"], 0),
      (passedLock, ["--model", "mutex"], 1),
      (passedLock, ["--model", "mutex", "--ownerless"], 0),
      (heldAgain, ["--model", "mutex"], 1),
      (heldAgain, ["--model", "mutex", "--reentrant"], 0),
      (twoPermits, ["--model", "semaphore"], 1),
      (twoPermits, ["--model", "semaphore", "--permits", "2"], 0),
      (initialRead, ["--model", "register"], 1),
      (initialRead, ["--model", "register", "--initial", "7"], 0),
      (initialRead, ["--model", "counter", "--initial", "7"], 0),
      (keyed, ["--model", "register", "--keyed"], 0),
      (keyed, [], 0),
      (stale, ["--model", "register", "--consistency", "linearizable", "--memory", "64M"], 1),
      (stale, ["--model", "register", "--check-timeout", "250ms"], 1),
      (stale, ["--model", "register", "--consistency", "sequential"], 0),
      (stale, ["--model", "register", "--consistency", "2-atomic"], 0),
      (ownStale, ["--model", "register", "--consistency", "sequential"], 1),
      (ownStale, ["--model", "register", "--consistency", "2-atomic"], 0),
      (veryStale, ["--model", "register", "--consistency", "2-atomic"], 1),
      (heldAgain, ["--model", "mutex", "--consistency", "2-atomic"], 2),
    ] as [(String, [String], Int32)])
  func options(history: String, arguments: [String], code: Int32) throws {
    let end = try check(history, arguments, in: Workshop())
    #expect(end.code == code, "\(end.output)\(end.errors)")
  }

  @Test(
    "refuses what it can't read", .timeLimit(.minutes(3)),
    arguments: [
      (stale, [], "say what the operations are of with --model"),
      (
        stale, ["--model", "queue"], "history.jsonl: op 0: the model has no operation write; choose"
      ),
      (stale, ["--model", "key-value"], "write should have [key, value] for a value, not 1; mend"),
      (stale, ["--model", "register", "--failed-cas", "x"], "--failed-cas x: ignored or observed"),
      (stale, ["--model", "register", "--null-read", "x"], "--null-read x: observed or unknown"),
      (stale, ["--model", "register", "--memory", "x"], "--memory x: a size such as"),
      (stale, ["--model", "register", "--check-timeout", "x"], "--check-timeout x: a duration"),
      (stale, ["--model", "semaphore", "--permits", "-1"], "--permits"),
      (stale, ["--model", "counter", "--initial", "\"x\""], "a counter begins with a number"),
      (
        stale, ["--model", "register", "--consistency", "serializable"],
        "single operations are judged by ladder, linearizable"
      ),
    ] as [(String, [String], String)])
  func refused(history: String, arguments: [String], text: String) throws {
    let end = try check(history, arguments, in: Workshop())
    #expect(end.code == 64)
    #expect(end.errors.contains(text), "\(end.errors)")
    #expect(end.output.isEmpty)
  }

  @Test("writes what is left of an invalid history, and draws it", .timeLimit(.minutes(3)))
  func evidence() throws {
    let workshop = try Workshop()
    let (part, picture) = ("\(workshop.path)/part.jsonl", "\(workshop.path)/part.svg")
    let wanted = ["--model", "register", "--shrink-to", part, "--svg", picture, "--json"]
    let end = try check(Self.stale, wanted, in: workshop)
    #expect(end.code == 1)
    #expect(end.errors.contains("part.jsonl: 6 lines, invalid by themselves"), "\(end.errors)")
    let window = try end.json["checkers"]?.elements?.first?["anomalies"]?.elements?.first?["window"]
    #expect(window?["misfit"]?.integer == 4)
    #expect(text(ofFile: picture)?.hasPrefix("<svg ") == true)
    #expect(try workshop.start(["check", part, "--model", "register"]).wait().code == 1)
  }

  @Test(
    "explains each model and checker", .timeLimit(.minutes(3)),
    arguments: [
      ("model", "mutex", "--reentrant"), ("model", "key-value", "range [[from, to], null]"),
      ("model", "list-append", "--consistency-models"), ("checker", "kafka", "assign [k, …]"),
      ("checker", "linearizable", "those of the --model"),
    ])
  func pages(kind: String, name: String, text: String) throws {
    let workshop = try Workshop()
    let end = try workshop.start(["list", kind, name]).wait()
    #expect(end.code == 0)
    #expect(end.output.contains(text), "\(end.output)")
  }
}
