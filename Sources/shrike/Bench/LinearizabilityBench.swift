import Glibc
import Histories
import Linearizability
import Values

/// How long the checkers of linearizability and isolation take, a row a workload, each in a process of its own.
struct LinearizabilityBench {
  /// A workload and the figures that must be reached and are aimed at.
  struct Row {
    var name: String
    var must: Bound
    var stretch: Bound
    /// How Porcupine is asked the same, where it can be.
    var peer: Peer.Question?
    var measure: @Sendable (LinearizabilityBench) throws -> Sample
  }

  /// Figures that are not to be exceeded.
  struct Bound {
    var milliseconds: Double
    var megabytes: Double?

    func holds(for sample: Sample) -> Bool {
      sample.milliseconds <= milliseconds && sample.megabytes <= megabytes ?? .infinity
    }
  }

  /// What was measured: CPU time, and memory beyond what was there before.
  struct Sample {
    var milliseconds: Double
    var megabytes: Double
    /// Figures of the parts, where there are several.
    var parts: [(name: String, milliseconds: Double)] = []

    /// The text by which a child reports to its parent.
    var line: String {
      ([("", milliseconds), ("", megabytes)] + parts.map { ($0.name, $0.milliseconds) })
        .map { "\($0)\t\($1)" }.joined(separator: "\n")
    }

    init(milliseconds: Double, megabytes: Double) {
      self.milliseconds = milliseconds
      self.megabytes = megabytes
    }

    init(text: String) throws {
      let rows = text.split(separator: "\n").map {
        $0.split(separator: "\t", omittingEmptySubsequences: false)
      }
      guard rows.count >= 2, rows.allSatisfy({ $0.count == 2 }) else {
        throw BenchError("a measurement wrote \(text)")
      }
      let figures = rows.map { (name: String($0[0]), milliseconds: Double($0[1]) ?? .nan) }
      milliseconds = figures[0].milliseconds
      megabytes = figures[1].milliseconds
      parts = Array(figures[2...])
    }
  }

  /// The folder of public histories, where one is named.
  var corpora: String?
  /// Porcupine, where its source is named and Go is at hand.
  var peer: Peer?
  let folder = "/tmp/shrike-bench"

  /// Prints the table.
  ///
  /// - Returns: Whether everything that must be reached is.
  func run() throws -> Bool {
    print(
      LinearizabilityBench.line(
        "linearizability and isolation: process CPU time", "figure", "must", "stretch", "",
        "Porcupine"))
    var isReached = true
    for row in LinearizabilityBench.rows {
      let sample: Sample
      do {
        sample = try measureApart(row)
      } catch let skipped as Skipped {
        print("\(row.name): skipped, \(skipped.reason)")
        continue
      } catch {
        print("\(row.name): MISSED, \(error)")
        isReached = false
        continue
      }
      let grade =
        row.stretch.holds(for: sample)
        ? "stretch" : row.must.holds(for: sample) ? "must" : "MISSED"
      if !row.must.holds(for: sample) { isReached = false }
      let answers = try row.peer.flatMap { try peer?.ask($0, self) }
      print(
        LinearizabilityBench.line(
          row.name, LinearizabilityBench.text(sample.milliseconds, sample.megabytes),
          LinearizabilityBench.text(row.must.milliseconds, row.must.megabytes),
          LinearizabilityBench.text(row.stretch.milliseconds, row.stretch.megabytes), grade,
          answers.map { Peer.text($0) } ?? ""))
      if let answers, sample.parts.count > 1 { print(compare(sample.parts, answers)) }
    }
    return isReached
  }

  /// Measures a row in a process of its own, so that none uses the memory of another.
  private func measureApart(_ row: Row) throws -> Sample {
    let child = try ChildMeasurement.run(
      [ownExecutable, "bench", "--row", row.name]
        + (corpora.map { ["--corpora", $0] } ?? []))
    if let reason = child.output.split(separator: "\n").first, reason.hasPrefix("skipped ") {
      throw Skipped(String(reason.dropFirst(8)))
    }
    guard child.exitCode == 0 else {
      throw BenchError("\(row.name): exit \(child.exitCode): \(child.output)")
    }
    return try Sample(text: child.output)
  }

  /// Measures one row here and prints it for the parent.
  func printSample(named name: String) throws {
    guard let row = LinearizabilityBench.rows.first(where: { $0.name == name }) else {
      throw BenchError("there is no row \"\(name)\"")
    }
    do { print(try row.measure(self).line) } catch let skipped as Skipped {
      print("skipped \(skipped.reason)")
    } catch let error as BenchError {
      print(error)
      quit(1)
    }
  }

  /// How the parts compare with the peer's, in one line.
  private func compare(
    _ parts: [(name: String, milliseconds: Double)], _ answers: [Peer.Answer]
  ) -> String {
    let ratios = zip(parts, answers).map { part, answer in
      (name: part.name, ratio: answer.milliseconds / max(part.milliseconds, 1e-6))
    }.sorted { $0.ratio < $1.ratio }
    guard let least = ratios.first, let most = ratios.last else { return "" }
    func text(_ ratio: Double) -> String { "\((ratio * 10).rounded() / 10)" }
    return
      "  each of \(ratios.count): the least gain is \(text(least.ratio)) times (\(least.name)), "
      + "the median \(text(ratios[ratios.count / 2].ratio)), the most \(text(most.ratio)) "
      + "(\(most.name))"
  }

  /// Why a row can't be measured here.
  struct Skipped: Error {
    var reason: String

    init(_ reason: String) { self.reason = reason }
  }

  private static func line(_ columns: String...) -> String {
    zip(columns, [66, 22, 16, 16, 9, 0]).map { column, width in
      column + String(repeating: " ", count: max(1, width - column.count))
    }.joined()
  }

  static func text(_ milliseconds: Double, _ megabytes: Double?) -> String {
    let time =
      milliseconds < 10
      ? "\((milliseconds * 1e3).rounded() / 1e3) ms" : "\(Int(milliseconds.rounded())) ms"
    return time + (megabytes.map { " \(Int($0.rounded())) MB" } ?? "")
  }
}

extension LinearizabilityBench.Sample {
  /// Judges histories again and again while that is quick, and takes the quickest.
  ///
  /// - Parameter isLinearizable: What the verdict must be.
  init<Object: SequentialObject>(
    _ judge: Judge<Object>, _ histories: [ObjectHistory<Object.Operation>], isLinearizable: Bool
  ) throws {
    let before = OwnProcess.memory.resident
    OwnProcess.forgetPeak()
    var least = Double.infinity
    var total = 0.0
    var rounds = 0
    while rounds == 0 || (total < 50 && rounds < 200) {
      let began = OwnProcess.milliseconds
      let judgement = judge.judge(histories)
      let spent = OwnProcess.milliseconds - began
      guard judgement.undecided.isEmpty || judgement.invalid != nil else {
        throw BenchError("undecided: \(judgement.undecided[0].reason)")
      }
      guard (judgement.invalid == nil) == isLinearizable else {
        throw BenchError("judged \(judgement)")
      }
      least = min(least, spent)
      total += spent
      rounds += 1
    }
    self.init(milliseconds: least, megabytes: max(OwnProcess.memory.peak - before, 0))
  }
}
