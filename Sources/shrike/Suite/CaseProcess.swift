import CProcess
import Controller
import Glibc
import Processes
import Suites
import SystemPackage
import Values
import Verdicts

/// A case of a suite that runs: a `shrike test` in a process of its own.
///
/// A crash is its own affair then, and what it was told is what a person can run again.
struct CaseProcess {
  /// Tells a process which one started it.
  private static let parentVariable = "SHRIKE_SUITE"
  /// Simulations yield to nodes that run in real time, whose verdicts depend on it.
  private static let simulatedNiceness: Int32 = 10

  let suiteCase: SuiteCase
  let folder: FilePath
  let began: Nanoseconds
  private let process: pid_t
  /// Why it was told to stop, where it was.
  private(set) var stopReason: String?
  private var isKilled = false

  /// Starts a case; what it prints and leaves goes to the folder, which is there.
  init(_ suiteCase: SuiteCase, folder: FilePath, at time: Nanoseconds) throws {
    self.suiteCase = suiteCase
    self.folder = folder
    began = time
    let output = try CaseProcess.openHigh(folder.appending("verdict.json"), O_WRONLY | O_CREAT)
    defer { close(output) }
    let log = try CaseProcess.openHigh(folder.appending("log"), O_WRONLY | O_CREAT)
    defer { close(log) }
    let null = try CaseProcess.openHigh("/dev/null", O_RDONLY)
    defer { close(null) }
    let program = Program(
      path: ownExecutable,
      arguments: ["shrike"]
        + suiteCase.arguments(output: ["--json", "--results=\(folder.string)"]),
      environment: inheritedEnvironment() + ["\(CaseProcess.parentVariable)=\(getpid())"],
      directory: nil)
    do throws(SpawnError) {
      process = try program.spawn(
        descriptors: [(null, 0), (output, 1), (log, 2)], closingFrom: 3)
    } catch {
      throw CaseError(description: error.explanation(ownExecutable))
    }
    if suiteCase.isSimulated {
      setpriority(
        __priority_which_t(PRIO_PROCESS.rawValue), id_t(process), CaseProcess.simulatedNiceness)
    }
  }

  /// Has this process stop, as ^C does, when the suite that started it ends.
  ///
  /// Does nothing in a process that no suite started.
  static func followParent() {
    guard let parent = getenv(parentVariable).flatMap({ pid_t(String(cString: $0)) }),
      parent == getppid()
    else { return }
    _ = process_signal_at_parents_end(SIGINT)
  }

  /// Tells it to stop, as ^C does.
  mutating func stop(_ reason: String) {
    guard stopReason == nil else { return }
    stopReason = reason
    _ = kill(process, SIGINT)
  }

  /// Ends it, where it was told to stop and did not.
  mutating func end() {
    guard !isKilled else { return }
    isKilled = true
    _ = kill(process, SIGKILL)
  }

  /// How it ended; nothing while it runs.
  func poll() -> CaseResult.End? {
    var status: Int32 = 0
    guard waitpid(process, &status, WNOHANG) == process else { return nil }
    let end = self.end(status)
    guard let stopReason else { return end }
    // What was found against the system until then was found, and a single simulated run is not
    // cut short.
    let isWhole = suiteCase.isSimulated && !suiteCase.isCampaign
    if case .judged(let report) = end, isWhole || report.verdict == .invalid { return end }
    return .notRun(stopReason)
  }

  private func end(_ status: Int32) -> CaseResult.End {
    guard status & 0x7f == 0 else {
      return .hindered(withLog("shrike test was ended by signal \(status & 0x7f)"))
    }
    let code = status >> 8 & 0xff
    guard let text = CaseProcess.contents(of: folder.appending("verdict.json")),
      let document = try? Value(json: text),
      let report = RunReport(document: document)
    else { return .hindered(withLog("shrike test ended with \(code) and printed no verdict")) }
    let reasons = report.hindrances + [document["error"]?.name].compactMap(\.self)
    // Evidence against the system stands, whatever hindered the harness besides.
    guard report.verdict != .invalid else { return .judged(report) }
    if let reason = reasons.first { return .hindered(reason) }
    let failures = [ExitCode.usage.rawValue, ExitCode.hindered.rawValue]
    guard failures.contains(code) else { return .judged(report) }
    return .hindered(withLog("shrike test ended with \(code)"))
  }

  /// A reason with the last lines that the process printed to standard error.
  private func withLog(_ reason: String) -> String {
    let log = CaseProcess.contents(of: folder.appending("log")) ?? ""
    let lines = log.split(separator: "\n").suffix(20)
    return ([reason] + lines.map { "| \($0)" }).joined(separator: "\n")
  }

  private static func contents(of file: FilePath) -> String? {
    (try? FileContents.read(file)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Opens a file as a descriptor beyond those that the process gets its own as.
  private static func openHigh(_ file: FilePath, _ flags: Int32) throws -> Int32 {
    let first = open(file.string, flags | O_CLOEXEC, 0o644)
    guard first >= 0 else { throw CaseError(description: "\(file): \(Errno(rawValue: errno))") }
    defer { close(first) }
    let high = fcntl(first, F_DUPFD_CLOEXEC, 3)
    guard high >= 0 else { throw CaseError(description: "\(file): \(Errno(rawValue: errno))") }
    return high
  }
}

/// Why a case could not be started.
struct CaseError: Error, CustomStringConvertible {
  var description: String
}
