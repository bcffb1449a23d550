import Controller
import Glibc
import Linearizability
import SystemPackage

/// Porcupine, built from its source, asked for its verdicts on the same histories.
struct Peer {
  /// What is asked.
  enum Question {
    /// A register's history, with a failed compare-and-set as an observation.
    case register(@Sendable () -> ObjectHistory<Action>)
    /// Public files by a model of the peer's program.
    case files(model: String, paths: @Sendable (_ corpora: String) -> [String])
  }

  struct Answer {
    var verdict: String
    var milliseconds: Double
    var megabytes: Double
  }

  private let program: String
  private static let timeout = "60s"

  /// Builds the peer's program.
  ///
  /// - Parameter source: The folder of Porcupine's source.
  /// - Throws: When Go is not at hand, or the build fails.
  init(source: String, program folder: String) throws {
    let work = FilePath("/tmp/shrike-bench/peer")
    try makeDirectories(work)
    try FileContents.write(
      Array(
        """
        module peer
        go 1.16
        require github.com/anishathalye/porcupine v1.3.0
        replace github.com/anishathalye/porcupine => \(source)

        """.utf8), to: work.appending("go.mod"))
    program = work.appending("peer").string
    let build = try ChildMeasurement.run([
      "sh", "-c",
      "cp \(folder)/peer.go \(work) && cd \(work) && GOFLAGS=-mod=mod go build -o peer . 2>&1",
    ])
    guard build.exitCode == 0 else { throw BenchError(build.output) }
  }

  /// The peer's answers, one a file; nothing where the files are not at hand.
  func ask(_ question: Question, _ bench: LinearizabilityBench) throws -> [Answer]? {
    let (model, paths): (String, [String])
    switch question {
    case .register(let history):
      (model, paths) = ("register", [try bench.written("peer.log", history(), HistoryText.log)])
    case .files(let name, let files):
      guard let corpora = bench.corpora else { return nil }
      (model, paths) = (name, files(corpora))
    }
    let child = try ChildMeasurement.run([program, model, Peer.timeout] + paths)
    guard child.exitCode == 0 else {
      return [
        Answer(verdict: "died", milliseconds: child.milliseconds, megabytes: child.peakMegabytes)
      ]
    }
    return child.output.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: "\t")
      guard fields.count == 4, let time = Double(fields[2]), let memory = Double(fields[3]) else {
        return nil
      }
      return Answer(verdict: String(fields[1]), milliseconds: time, megabytes: memory)
    }
  }

  /// The answers in one cell.
  static func text(_ answers: [Answer]) -> String {
    let time = answers.reduce(0) { $0 + $1.milliseconds }
    let memory = answers.map(\.megabytes).max() ?? 0
    let verdict = answers.count == 1 ? ", \(answers[0].verdict)" : ""
    return LinearizabilityBench.text(time, nil) + verdict
      + (answers.count == 1 ? ", \(Int(memory)) MB allocated" : "")
  }
}

extension LinearizabilityBench {
  /// Writes a history to a file of the benchmark's folder.
  func written(
    _ name: String, _ history: ObjectHistory<Action>,
    _ text: (ObjectHistory<Action>) throws -> [UInt8]
  ) throws -> String {
    try makeDirectories(FilePath(folder))
    let path = FilePath(folder).appending(name)
    try FileContents.write(try text(history), to: path)
    return path.string
  }
}
