import ArgumentParser
import Controller
import Values

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure how fast Shrike is on this machine.")

  @Option(help: "A folder of public histories with an index, verdicts.tsv.")
  var corpora: String?

  @Option(help: "Porcupine's source, to measure it beside; needs Go.")
  var porcupine: String?

  @Option(help: "Where the peer's program is.")
  var peerProgram = ".ci/porcupine"

  @Flag(help: "Also how time and memory grow up to 10 million operations.")
  var growth = false

  @Option(help: .hidden)
  var row: String?

  @Option(help: .hidden)
  var write: String?

  @Option(help: .hidden)
  var clients = 10

  @Option(help: .hidden)
  var operations = 1_000

  func run() throws {
    do {
      var bench = LinearizabilityBench(corpora: corpora)
      if let write, let call = row.flatMap({ WatchBench.Call(rawValue: $0) }) {
        return try WatchBench.printSample(call, path: write)
      }
      if let write { return try bench.write(operations, to: write) }
      if let row {
        if row == ClockBench.rowName { return ClockBench.read() }
        if try SwitchBench.serve(row: row) { return }
        if try Growth.printSample(named: row, clients: clients, operations: operations) { return }
        return try bench.printSample(named: row)
      }
      print(Measurement.header)
      for measurement in [
        try DriverBench.operations(), try NetworkBench.messages(), SimulationBench.events(),
        try ExplorationBench.states(), try HistoryBench.check(),
      ] + (try FrameBench.all()) + (try RaftBench.all()) + (try ClockBench.all())
        + (try WatchBench.all()) + (try SwitchBench.all()) + (try HistoryReadBench.all())
      {
        print(measurement.row)
      }
      do { print(try SSHBench.commands().row) } catch let reason as SSHBench.Skipped {
        print("commands over SSH: skipped, \(reason)")
      }
      print("")
      if let porcupine {
        do { bench.peer = try Peer(source: porcupine, program: peerProgram) } catch {
          print("Porcupine: skipped, \(error)")
        }
      } else {
        print("Porcupine: skipped, --porcupine names no source")
      }
      let isReached = try bench.run()
      if growth { try Growth.run() }
      guard isReached else { quit(1) }
    } catch {
      Failure.end(Failure.code(of: error), "\(error)", json: false)
    }
  }
}

/// One line of the table: what was measured, and what it should be at least or at most.
struct Measurement {
  var what: String
  var figure: Double
  var unit: String
  /// What must be reached, and what is aimed at.
  var must: Double
  var stretch: Double

  private var isAtMost: Bool { must > stretch }

  private func reaches(_ bound: Double) -> Bool {
    isAtMost ? figure <= bound : figure >= bound
  }

  static let header = Measurement.line("measured", "figure", "must", "stretch", "")

  var row: String {
    let grade = reaches(stretch) ? "stretch" : reaches(must) ? "must" : "MISSED"
    return Measurement.line(
      what, "\(Measurement.text(figure)) \(unit)", Measurement.text(must),
      Measurement.text(stretch), grade)
  }

  private static func text(_ number: Double) -> String {
    if number < 1_000 { return "\((number * 10).rounded() / 10)" }
    var digits = String(Int(number))
    for place in stride(from: digits.count - 3, to: 0, by: -3) {
      digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
    }
    return digits
  }

  private static func line(_ columns: String...) -> String {
    zip(columns, [66, 22, 12, 12, 0]).map { column, width in
      column + String(repeating: " ", count: max(1, width - column.count))
    }.joined()
  }
}
