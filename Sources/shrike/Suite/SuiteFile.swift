import ArgumentParser
import Controller
import Suites
import SystemPackage
import YAML

/// A suite file, with all that its tests ask for looked up before anything starts.
struct SuiteFile {
  var path: String

  /// - Throws: ``SuiteError`` with all mistakes, or why the file can't be read.
  func cases(freshSeed: FreshSeed) throws -> (suite: Suite, cases: [SuiteCase]) {
    let file = FilePath(path)
    let folder = file.removingLastComponent()
    let suite = try Suite(
      yaml: text(file), name: file.stem ?? "suite",
      folder: folder.isEmpty ? "." : folder.string, vocabulary: .ofTestCommand)
    let mistakes = suite.tests.flatMap { self.mistakes(in: $0, freshSeed) }
    guard mistakes.isEmpty else { throw SuiteError(mistakes) }
    return (suite, suite.cases(freshSeed: freshSeed))
  }

  /// What `shrike test` would refuse of a test, found one after the other.
  private func mistakes(in test: SuiteTest, _ freshSeed: FreshSeed) -> [Mistake] {
    for suiteCase in test.cases(freshSeed: freshSeed) {
      guard let text = refusal(suiteCase) else { continue }
      let (mistake, rest) = test.mistake(text)
      return [mistake] + (rest.map { mistakes(in: $0, freshSeed) } ?? [])
    }
    return []
  }

  /// Why `shrike test` would refuse a case.
  private func refusal(_ suiteCase: SuiteCase) -> String? {
    do {
      let arguments = Array(suiteCase.arguments().dropFirst())
      let command = try TestCommand.parse(arguments)
      try command.check()
      return nil
    } catch {
      // The parser's own errors know their text; of several lines the first says what is wrong.
      let text = Failure.code(of: error) == .usage ? "\(error)" : TestCommand.message(for: error)
      return String(text.prefix { !$0.isNewline })
    }
  }

  private func text(_ file: FilePath) throws -> String {
    let bytes: [UInt8]
    do { bytes = try FileContents.read(file) } catch { throw PlanError("\(file): \(error)") }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw PlanError("\(file): this is not text in UTF-8")
    }
    return text
  }
}
