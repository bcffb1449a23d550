import Testing

/// The built `shrike` judges what elle-cli judges, by its options.
@Suite("Invariants, end to end")
struct InvariantCheckTests {
  private static let bank = """
    {:type :invoke, :f :read, :process 0, :time 1, :index 0, :value nil}
    {:type :ok, :f :read, :process 0, :time 2, :index 1, :value {0 97, 1 -1, 2 4}}
    """
  private static let fork = """
    {:type :invoke, :f :read, :process 0, :index 0, :value [[:r 0 nil] [:r 1 nil]]}
    {:type :ok, :f :read, :process 0, :index 1, :value [[:r 0 1] [:r 1 nil]]}
    {:type :invoke, :f :read, :process 0, :index 2, :value [[:r 0 nil] [:r 1 nil]]}
    {:type :ok, :f :read, :process 0, :index 3, :value [[:r 0 nil] [:r 1 1]]}
    """

  @Test(
    "what is said of them counts, and only for whom it is meant", .timeLimit(.minutes(3)),
    arguments: [
      (bank, ["--checker", "bank"], 1, "1 negative-value"),
      (bank, ["--checker", "bank", "--negative-balances"], 0, "valid"),
      (
        bank, ["--checker", "bank", "--negative-balances", "--total-amount", "90"], 1,
        "1 wrong-total"
      ),
      (fork, ["--checker", "long-fork"], 1, "1 long-fork"),
      (fork, ["--checker", "long-fork", "--group-size", "3"], 2, "not a group of 3"),
      (
        fork, ["--checker", "monotonic", "--group-size", "3"], 64,
        "--group-size is for --checker long-fork, and not for monotonic"
      ),
      (
        bank, ["--checker", "bank", "--keyed"], 64,
        "--keyed is for --checker causal-reverse, and not for bank"
      ),
    ])
  func options(text: String, options: [String], code: Int, says: String) throws {
    let workshop = try Workshop()
    let file = try workshop.file("history.edn", text)
    let end = try workshop.start(["check", file] + options).wait()
    #expect(Int(end.code) == code)
    #expect((end.output + end.errors).contains(says))
  }
}
