import ArgumentParser
import Controller
import Values

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure how fast Shrike is on this machine.")

  func run() throws {
    do {
      print(Measurement.header)
      for measurement in [
        try DriverBench.operations(), try NetworkBench.messages(), SimulationBench.events(),
        try HistoryBench.check(),
      ] {
        print(measurement.row)
      }
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
