import Controller
import Environments
import Glibc
import Reports
import SystemPackage
import Values
import Verdicts

/// One run of a plan, with all that people see of it.
struct SingleTest {
  var plan: Plan
  var output: OutputOptions
  var trace: String?
  var diagram: DiagramFile?
  /// How long a failing run is shrunk, where it is.
  var shrinkLimit: Nanoseconds?

  func run() throws -> Controller.ExitCode {
    // Looked up before a folder is made, so that what makes no sense leaves nothing behind.
    let test = try Controller.Test(plan)
    try plan.check()
    if plan.place.hasHosts, output.logNetSend || output.logNetRecv {
      throw PlanError(
        "--log-net-send, --log-net-recv: Shrike does not carry the messages between hosts; "
          + "--env local does")
    }
    try diagram?.check(against: plan, output)
    let trace = try openTrace()
    defer { try? trace?.close() }
    let folder = try RunFolder.create(in: FilePath(output.results), plan: plan)
    var stored = plan
    stored.faults = test.scheduleValue
    try folder.write(stored.value, to: folder.plan)
    let journal = try Journal(folder, names: test.names)
    say("\(plan.title), seed \(plan.seed)")
    var outcome = try run(journal, folder, trace)
    outcome.folder = folder
    try journal.close()
    // Whoever ran the test hears the verdict, even where no disk will have it.
    do { try folder.write(outcome.document.value, to: folder.verdict) } catch {
      outcome.hindrances.append("\(error)")
    }
    say(outcome.text)
    var document = outcome.document
    if let shrinkLimit {
      document.shrink(outcome.verdict == .invalid ? [plan] : [], shrinkLimit, output, say)
    }
    if output.json { print(document.value.json) }
    return outcome.exitCode
  }

  private func openTrace() throws -> FileDescriptor? {
    guard let trace else { return nil }
    guard plan.place == .simulated else {
      throw PlanError("--trace \(trace): only a simulated run has events to trace")
    }
    do {
      return try FileDescriptor.open(
        FilePath(trace), .writeOnly, options: [.create, .truncate], permissions: .standard)
    } catch {
      throw PlanError("--trace \(trace): \(error)")
    }
  }

  private func run(
    _ journal: Journal, _ folder: RunFolder, _ trace: FileDescriptor?
  ) throws -> Outcome {
    if plan.place == .simulated {
      let run = try SimulatedRun(plan)
      let take = trace.map { trace in
        { (line: String) in _ = try? trace.writeAll((line + "\n").utf8) }
      }
      guard let diagram else { return try run.run(journal: journal, trace: take) }
      var (outcome, picture) = try run.draw(journal: journal, trace: take)
      do { try diagram.write(picture) } catch { outcome.hindrances.append("\(error)") }
      return outcome
    }
    var surroundings = LocalRun.Surroundings(folder: folder, executable: ownExecutable)
    surroundings.echoesStandardError = output.logStderr
    surroundings.logsSentMessages = output.logNetSend
    surroundings.logsDeliveredMessages = output.logNetRecv
    var status = StatusLine()
    var nextShow = Nanoseconds(0)
    let watch: (Progress, Nanoseconds) -> Void = { progress, now in
      guard now >= nextShow else { return }
      nextShow = now + .milliseconds(200)
      status.show(progress.line(at: now))
    }
    let interrupted: @Sendable () -> Bool = { Interruption.hasCome }
    let outcome =
      plan.place.hasHosts
      ? try HostRun(plan, surroundings).run(
        journal: journal, interrupted: interrupted, watch: watch)
      : try LocalRun(plan, surroundings).run(
        journal: journal, interrupted: interrupted, watch: watch)
    status.clear()
    return outcome
  }

  private func say(_ text: String) {
    if output.json { complain(text) } else { print(text) }
  }
}

extension Plan {
  /// Refuses what makes no sense in the plan's place.
  func check() throws {
    switch place {
    case .simulated: try SimulatedRun(self).check()
    case .local:
      try LocalRun(
        self, LocalRun.Surroundings(folder: RunFolder("/"), executable: ownExecutable)
      ).check()
    case .lab, .ssh:
      try HostRun(
        self, LocalRun.Surroundings(folder: RunFolder("/"), executable: ownExecutable)
      ).check()
    }
  }
}

/// The path of the running executable.
let ownExecutable: String = {
  guard let path = realpath("/proc/self/exe", nil) else { return "/proc/self/exe" }
  defer { free(path) }
  return String(cString: path)
}()

extension Progress {
  /// The progress as a line of a terminal.
  func line(at now: Nanoseconds) -> String {
    let seconds = Double(now) / 1e9
    let rate = seconds > 0 ? Int(Double(ok + failed) / seconds) : 0
    var parts = ["\(Int(seconds)) s", "\(invoked) ops", "\(rate)/s", "ok \(ok)", "fail \(failed)"]
    parts.append("info \(indeterminate)")
    if let median = latency(at: 0.5), let high = latency(at: 0.99) {
      parts.append("p50 \(median.milliseconds) p99 \(high.milliseconds)")
    }
    if !faultsInForce.isEmpty {
      parts.append("faults: " + faultsInForce.map(\.rawValue).joined(separator: ", "))
    }
    return parts.joined(separator: " · ")
  }
}

extension Nanoseconds {
  /// Milliseconds with one decimal, for people.
  fileprivate var milliseconds: String {
    "\(self / 1_000_000).\(self / 100_000 % 10) ms"
  }
}
