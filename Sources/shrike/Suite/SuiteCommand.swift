import ArgumentParser
import Controller
import Glibc
import Reports
import Suites
import SystemPackage
import Values
import Verdicts
import YAML

struct SuiteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "suite",
    abstract: "Run a matrix of tests with expectations: the gate of a CI job.",
    discussion: """
      A suite is a file in YAML:

        name: nightly
        defaults: { time-limit: 20s, node-count: 5, seeds: [1, 2, 3] }
        tests:
          - id: raft-partition
            system: raft                # or bin: ./node.py, relative to the file
            nemesis: [partition, kill]
            expect: valid
          - id: raft-stale-reads
            system: raft
            bug: stale-reads
            env: simulated
            runs: 1000                  # ends with the first failure, where one is expected
            nemesis: [partition, pause]
            expect: { invalid: [nonlinearizable] }

      Every option of `shrike test` is a key, with `options` for --option, `arguments` for what \
      follows --, and `bounds` for --expect. Each case is a `shrike test` in a process of its own: \
      simulated ones as many as there are cores, local ones half as many beside them, at a time.

      Exit codes: 0 every expectation is met, 1 one is not, 2 a case is undecided or was not run, \
      64 the file is refused, 70 Shrike failed or was hindered.
      """)

  @Argument(help: "The suite's file.")
  var file: String

  @Option(help: "Write the results to this file as JUnit XML.")
  var junit: String?

  @Option(help: "Write a summary to this file in Markdown; GitHub's job page gets one anyway.")
  var markdown: String?

  @Flag(help: "Print the results as JSON, and everything else to standard error.")
  var json = false

  @Flag(help: "End with the first case that is not as expected.")
  var failFast = false

  @Option(help: "How long the suite may take: 20m; what was not run is reported as such.")
  var budget: String?

  @Option(help: "How many cases run at a time.")
  var jobs: Int?

  @Flag(
    help: """
      Derive the seed of tests that name none from the commit: GITHUB_SHA, CI_COMMIT_SHA, or git's \
      HEAD.
      """)
  var seedFromCommit = false

  @Option(help: "The folder in which the suite leaves a folder.")
  var results = "results"

  func run() throws {
    Interruption.watch()
    do {
      let cases = try SuiteFile(path: file).cases(freshSeed: freshSeed())
      try report(result(of: cases.cases, suite: cases.suite))
    } catch let error as SuiteError {
      refuse(error)
    } catch {
      Failure.end(Failure.code(of: error), "\(error)", json: json)
    }
  }

  private func freshSeed() throws -> FreshSeed {
    seedFromCommit
      ? .ofCommit(try Commit.current().seed) : .drawn(UInt64.random(in: 0..<1 << 53))
  }

  private func result(of cases: [SuiteCase], suite: Suite) throws -> SuiteResult {
    let limit = try budget.map { text in
      guard let budget = Nanoseconds(duration: text) else {
        throw PlanError("--budget \(text): a duration such as 20m, 90s or 2h")
      }
      return budget
    }
    if let jobs, jobs < 1 { throw PlanError("--jobs \(jobs): at least 1") }
    for output in [junit, markdown].compactMap(\.self) { try clear(output) }
    let began = UTCTime.now
    let start = monotonicNanoseconds()
    let folder = try makeFolder(suite.name, began)
    var runner = SuiteRunner(folder: folder)
    runner.failFast = failFast
    runner.budget = limit
    runner.jobs = jobs
    let results = runner.run(cases)
    let result = SuiteResult(
      name: suite.name, file: file, began: began.iso8601,
      duration: monotonicNanoseconds() - start, results: results)
    try RunFolder(folder).write(SuiteDocument.value(result), to: folder.appending("suite.json"))
    say(SuiteTable.text(result))
    let details = SuiteTable.details(result)
    if !details.isEmpty { say("\n\(details)") }
    say("\n\(suite.name): \(result.summary)\nresults: \(folder)")
    return result
  }

  private func makeFolder(_ name: String, _ time: UTCTime) throws -> FilePath {
    let isFit: (Character) -> Bool = { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    let parent = FilePath(results).appending("suite-\(String(name.map { isFit($0) ? $0 : "-" }))")
    var folder = parent.appending(time.compact)
    var attempt = 1
    while access(folder.string, F_OK) == 0 {
      attempt += 1
      folder = parent.appending("\(time.compact)-\(attempt)")
    }
    try makeDirectories(folder)
    return folder
  }

  /// Writes what was asked for, and ends.
  private func report(_ result: SuiteResult) throws -> Never {
    var code = ExitCode(result.status)
    func write(_ text: String, _ path: String, _ options: FileDescriptor.OpenOptions) {
      do {
        let file = try FileDescriptor.open(
          FilePath(path), .writeOnly, options: options, permissions: .standard)
        try file.closeAfter { _ = try file.writeAll(text.utf8) }
      } catch {
        complain("shrike: \(path): \(error)")
        code = .worst(code, .hindered)
      }
    }
    if let junit { write(JUnitReport.xml(result), junit, [.create, .truncate]) }
    if let markdown { write(SuiteMarkdown.text(result), markdown, [.create, .truncate]) }
    if let summary = environment("GITHUB_STEP_SUMMARY") {
      write(SuiteMarkdown.text(result), summary, [.create, .append])
    }
    annotate(GitHubAnnotations.lines(result))
    if json { print(SuiteDocument.value(result).json) }
    quit(code.rawValue)
  }

  private func refuse(_ error: SuiteError) -> Never {
    for mistake in error.mistakes { complain(mistake.line(in: file)) }
    annotate(GitHubAnnotations.lines(error, in: file))
    if json { print(SuiteDocument.value(error, in: file).json) }
    quit(ExitCode.usage.rawValue)
  }

  private func annotate(_ lines: [String]) {
    guard environment("GITHUB_ACTIONS") != nil else { return }
    for line in lines { say(line) }
  }

  /// Empties a file, so that none of an earlier suite is taken for this one's.
  private func clear(_ path: String) throws {
    do {
      try FileDescriptor.open(
        FilePath(path), .writeOnly, options: [.create, .truncate], permissions: .standard
      ).close()
    } catch {
      throw PlanError("\(path): \(error)")
    }
  }

  private func say(_ text: String) {
    if json { complain(text) } else { print(text) }
  }
}

/// A variable of the environment that says something.
private func environment(_ name: String) -> String? {
  getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
}

extension Controller.ExitCode {
  fileprivate init(_ status: CaseResult.Status) {
    switch status {
    case .met: self = .valid
    case .unmet: self = .invalid
    case .undecided, .notRun: self = .unknown
    case .hindered: self = .hindered
    }
  }
}
