import ArgumentParser
import Controller
import Environments
import Exploration
import Glibc
import Histories
import Manifests
import Nemeses
import Reports
import Values
import Verdicts

/// Ends the program with one line that says what is wrong, and the exit code that fits.
enum Failure {
  static func end(
    _ code: Controller.ExitCode, _ text: String, json: Bool, isCompatible: Bool = false
  ) -> Never {
    complain("shrike: \(text)")
    if json {
      var document = VerdictDocument(.unknown)
      document.add("error", .string(text))
      print(document.value.json)
    }
    quit(code.status(isCompatible: isCompatible))
  }

  /// What an error means for whoever called.
  static func code(of error: any Error) -> Controller.ExitCode {
    switch error {
    case is PlanError, is NemesisError, is HistoryFileError, is FaultFormatError,
      is UnreadableOperation, is ExplorationError, is ManifestError, is DeploymentError:
      .usage
    default: .hindered
    }
  }
}

/// Whether the user pressed ^C, or the program was asked to end.
enum Interruption {
  nonisolated(unsafe) private static var flag: sig_atomic_t = 0

  /// The first signal is taken note of; a second one ends the program.
  static func watch() {
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        if Interruption.flag != 0 { _exit(130) }
        Interruption.flag = 1
      }
    }
  }

  static var hasCome: Bool { flag != 0 }
}
