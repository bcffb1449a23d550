import ArgumentParser

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure Shrike's own speed.", shouldDisplay: false)

  func run() throws {}
}
