import ArgumentParser
import Suites
import Values

extension TestVocabulary {
  /// The keys that tests of a suite can have: the options of `shrike test`, asked of it.
  static let ofTestCommand: TestVocabulary = {
    guard let description = try? Value(json: TestCommand._dumpHelp()) else {
      return TestVocabulary([])
    }
    return TestVocabulary(
      (description["command"]?["arguments"]?.elements ?? []).compactMap(option))
  }()

  /// What suites have words of their own for, and what says where results go.
  private static let notInTests = [
    "bin", "option", "seed", "seed-from-commit", "runs", "fail-fast", "results", "json", "trace",
    "test-count", "help",
  ]
  /// Options whose one value is a list by comma.
  private static let words = ["nodes", "nemesis", "consistency-models", "expect"]
  /// `expect` is a suite's own key, for the verdict.
  private static let keys = ["expect": "bounds"]

  private static func option(_ argument: Value) -> Option? {
    guard let kind = argument["kind"]?.name, kind == "option" || kind == "flag",
      let names = argument["names"]?.elements,
      let name = names.first(where: { $0["kind"]?.name == "long" })?["name"]?.name,
      !notInTests.contains(name)
    else { return nil }
    let isRepeating = argument["isRepeating"] == true
    return Option(
      keys[name] ?? name, option: name,
      kind == "flag" ? .flag : words.contains(name) ? .words : isRepeating ? .repeated : .value)
  }
}
