import Glibc
import Linearizability

/// How time and memory grow with the length of a history, for several numbers of clients.
struct Growth {
  /// What is measured at each length.
  struct Course: Sendable {
    var name: String
    var clients = [5, 10, 20, 50]
    var lengths = [10_000, 100_000, 1_000_000, 10_000_000]
    var measure: @Sendable (AtomicClients) throws -> LinearizabilityBench.Sample
  }

  static let courses =
    [
      Course(name: "unique-write register, zones") { clients in
        try .init(
          Judge(Register(initial: 0)), [AtomicHistories.uniqueRegister(clients)],
          isLinearizable: true)
      },
      Course(name: "values 1-5 with compare-and-set, search") { clients in
        try .init(
          Judge(Register(initial: 0), usesDeciders: false),
          [AtomicHistories.smallRegister(clients)], isLinearizable: true)
      },
    ] + LinearizabilityBench.transactionCourses + LinearizabilityBench.causalCourses
    + LinearizabilityBench.convergenceCourses

  /// Prints a line a course and number of clients, with the exponents of time and memory.
  static func run() throws {
    for course in courses {
      print("\n\(course.name): CPU ms (MB) by operations, and the exponent of growth")
      for count in course.clients {
        var cells: [String] = []
        var times: [(Double, Double)] = []
        var memories: [(Double, Double)] = []
        for length in course.lengths {
          let child = try ChildMeasurement.run([
            ownExecutable, "bench", "--row", course.name, "--clients", "\(count)",
            "--operations", "\(length)",
          ])
          guard child.exitCode == 0 else {
            cells.append("\(length): \(child.output.split(separator: "\n").last ?? "failed")")
            continue
          }
          let sample = try LinearizabilityBench.Sample(text: child.output)
          cells.append(
            "\(length): \(LinearizabilityBench.text(sample.milliseconds, sample.megabytes))")
          times.append((Double(length), sample.milliseconds))
          memories.append((Double(length), max(sample.megabytes, 0.1)))
        }
        print(
          "  \(count) clients  \(cells.joined(separator: "  "))  "
            + "n^\(exponent(times)), memory n^\(exponent(memories))")
      }
    }
  }

  /// Measures one point here and prints it for the parent.
  ///
  /// - Returns: Whether there is a course of that name.
  static func printSample(named name: String, clients: Int, operations: Int) throws -> Bool {
    guard let course = courses.first(where: { $0.name == name }) else { return false }
    print(try course.measure(AtomicClients(clients: clients, operations: operations)).line)
    return true
  }

  /// The slope of the line through the logarithms, by least squares.
  private static func exponent(_ points: [(Double, Double)]) -> String {
    let logarithms = points.map { (log($0.0), log($0.1)) }
    let count = Double(points.count)
    let meanX = logarithms.reduce(0) { $0 + $1.0 } / count
    let meanY = logarithms.reduce(0) { $0 + $1.1 } / count
    let covariance = logarithms.reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
    let variance = logarithms.reduce(0) { $0 + ($1.0 - meanX) * ($1.0 - meanX) }
    return "\((covariance / variance * 100).rounded() / 100)"
  }
}
