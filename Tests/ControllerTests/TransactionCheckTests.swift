import Testing
import Values

/// The built `shrike` judges histories of transactions, and drives nodes that answer them.
@Suite("Transactions, end to end")
struct TransactionCheckTests {
  /// A read that misses an append that was over.
  static let stale = """
    {:index 0, :time 1, :type :invoke, :process 0, :f :txn, :value [[:append :x 1]]}
    {:index 1, :time 2, :type :ok, :process 0, :f :txn, :value [[:append :x 1]]}
    {:index 2, :time 3, :type :invoke, :process 1, :f :txn, :value [[:r :x nil]]}
    {:index 3, :time 4, :type :ok, :process 1, :f :txn, :value [[:r :x []]]}
    """
  static let registers = """
    {"index":0,"type":"invoke","process":0,"f":"txn","value":[["w",1,1]]}
    {"index":1,"type":"ok","process":0,"f":"txn","value":[["w",1,1]]}
    {"index":2,"type":"invoke","process":1,"f":"txn","value":[["r",1,null]]}
    {"index":3,"type":"ok","process":1,"f":"txn","value":[["r",1,null]]}
    """

  @Test("a history tells what its transactions are", .timeLimit(.minutes(3)))
  func detection() throws {
    let workshop = try Workshop()
    for (text, name) in [(Self.stale, "list-append"), (Self.registers, "rw-register")] {
      let file = try workshop.file(name, text)
      let end = try workshop.run("check", file, "--json")
      #expect(end.code == 1)
      let checker = try Value(json: end.output)["checkers"]?.elements?.first
      #expect(checker?["name"]?.name == name)
      #expect(checker?["anomalies"]?.elements?.first?["type"] == "G-single-item-realtime")
      for model in ["--model", "--checker"] {
        #expect(try workshop.run("check", file, model, name).code == 1)
      }
    }
  }

  @Test(
    "models are chosen by name, several by comma", .timeLimit(.minutes(3)),
    arguments: [
      (["--consistency-models", "serializable"], 0), (["--consistency", "PL-SI, PL-2.99"], 0),
      (["--consistency", "serializable,strong-snapshot-isolation"], 1),
      (["--consistency", "serialisable"], 64), (["--checker", "rw-register"], 2),
    ])
  func models(options: [String], code: Int) throws {
    let workshop = try Workshop()
    let file = try workshop.file("history.edn", Self.stale)
    let end = try workshop.start(["check", file] + options).wait()
    #expect(Int(end.code) == code)
    if code == 0 { #expect(end.output.contains("no cycle of dependencies contradicts it")) }
  }

  @Test("write skew is no matter to snapshot isolation", .timeLimit(.minutes(3)))
  func skew() throws {
    let workshop = try Workshop()
    let file = try workshop.file(
      "history.jsonl",
      """
      {"index":0,"type":"invoke","process":0,"f":"txn","value":[["r",1,null],["append",2,1]]}
      {"index":1,"type":"invoke","process":1,"f":"txn","value":[["r",2,null],["append",1,1]]}
      {"index":2,"type":"ok","process":0,"f":"txn","value":[["r",1,[]],["append",2,1]]}
      {"index":3,"type":"ok","process":1,"f":"txn","value":[["r",2,[]],["append",1,1]]}
      """)
    let end = try workshop.run("check", file)
    #expect(end.code == 1)
    #expect(end.output.contains("1 G2-item; not repeatable-read"))
    #expect(try workshop.run("check", file, "--consistency", "snapshot-isolation").code == 0)
  }

  @Test(
    "an invalid history is drawn and shrunk, also one that comes on standard input",
    .timeLimit(.minutes(3)))
  func evidence() throws {
    let workshop = try Workshop()
    let file = try workshop.file("history.edn", Self.stale)
    let end = try workshop.start(
      ["check", "-", "--shrink", "--svg", "cycle.svg"], input: file
    ).wait()
    #expect(end.code == 1)
    // Times are told, however the history is read.
    #expect(end.output.contains("index 1, 0.0 seconds before the invocation of T1, at index 2"))
    let shrunk = try workshop.run("check", "stdin.shrunk.jsonl")
    #expect(shrunk.code == 1 && shrunk.output.contains("1 G-single-item-realtime"))
    let picture = try #require(text(ofFile: "\(workshop.path)/cycle.svg"))
    #expect(
      picture.contains("G-single-item-realtime #0") && picture.contains(#"class="edge rw""#))
    #expect(picture.contains(#"class="edge realtime""#))
  }

  @Test("a valid run says what that rests on, and can be judged anew", .timeLimit(.minutes(3)))
  func run() throws {
    let workshop = try Workshop()
    let end = try workshop.run(
      "test", "txn-memory", "-w", "txn-list-append", "--node-count", "2", "--rate", "100",
      "--time-limit", "2", "--consistency-models", "read-uncommitted")
    #expect(end.code == 0)
    #expect(end.output.contains("read-uncommitted: no cycle of dependencies contradicts it"))
    #expect(try workshop.run("check", workshop.latest).code == 0)
    let again = try workshop.run("check", workshop.latest, "--consistency", "read-committed")
    #expect(again.code == 1 && again.output.contains("incompatible-order"))
  }

  @Test(
    "the order of registers' versions is assumed by name", .timeLimit(.minutes(3)),
    arguments: [
      (["--assume", "wfr,linearizable-keys"], 1), (["--assume", "transaction-order"], 1),
      (["--assume", "luck"], 64), (["--assume", "wfr", "--model", "list-append"], 64),
    ])
  func assumptions(options: [String], code: Int) throws {
    let workshop = try Workshop()
    let file = try workshop.file("history.jsonl", Self.registers)
    #expect(try workshop.start(["check", file] + options).wait().code == code)
  }

  @Test("a model that there is not is Maelstrom's to leave undecided", .timeLimit(.minutes(3)))
  func compatible() throws {
    let workshop = try Workshop()
    let test = [
      "test", "txn-memory", "-w", "txn-rw-register", "--env", "simulated", "--node-count", "1",
      "--time-limit", "5", "--consistency-models", "serialisable",
    ]
    #expect(try workshop.start(test).wait().code == 64)
    #expect(try workshop.start(test + ["--maelstrom-compat"]).wait().code == 2)
  }
}
