import YAML

/// What a test says, or what the suite's defaults say for it.
struct TestSettings: Hashable, Sendable {
  /// An option of `shrike test`, with its values.
  struct Setting: Hashable, Sendable {
    var option: TestVocabulary.Option
    var values: [YAMLWord]
  }

  /// One of the system's own options.
  struct SystemOption: Hashable, Sendable {
    var name: YAMLWord
    var value: YAMLWord
  }

  var system: YAMLWord?
  var program: YAMLWord?
  var programArguments: [String] = []
  var settings: [Setting] = []
  /// The system's own options.
  var systemOptions: [SystemOption] = []
  var seeds: [UInt64] = []
  /// Whether `seeds` is one seed, which a campaign may begin with.
  var isSingleSeed = false
  var runs: Int?
  var stopsAtFailure: Bool?
  var expectation: Expectation?
  /// Where the defaults stand that were merged in.
  var inherited: ClosedRange<TextPosition>?

  /// The settings with those of the suite's defaults that they leave open.
  func merged(over defaults: TestSettings, at place: ClosedRange<TextPosition>?) -> TestSettings {
    var merged = self
    if system == nil, program == nil {
      merged.system = defaults.system
      merged.program = defaults.program
    }
    if system == nil, programArguments.isEmpty {
      merged.programArguments = defaults.programArguments
    }
    let own = Set(settings.map(\.option))
    merged.settings = defaults.settings.filter { !own.contains($0.option) } + settings
    let ownOptions = Set(systemOptions.map(\.name.text))
    merged.systemOptions =
      defaults.systemOptions.filter { !ownOptions.contains($0.name.text) } + systemOptions
    merged.inheritSeeds(defaults)
    merged.stopsAtFailure = stopsAtFailure ?? defaults.stopsAtFailure
    merged.expectation = expectation ?? defaults.expectation
    merged.inherited = place
    return merged
  }

  /// A test's own seeds are single runs, its own `runs` a campaign, whatever the defaults say;
  /// where a campaign begins can be inherited.
  private mutating func inheritSeeds(_ defaults: TestSettings) {
    switch (seeds.isEmpty, runs) {
    case (true, nil):
      (seeds, isSingleSeed, runs) = (defaults.seeds, defaults.isSingleSeed, defaults.runs)
    case (true, .some):
      if defaults.isSingleSeed { (seeds, isSingleSeed) = (defaults.seeds, true) }
    case (false, nil):
      if isSingleSeed { runs = defaults.runs }
    case (false, .some): break
    }
  }

  /// The words behind `shrike test`, but for seeds and what follows `--`.
  ///
  /// Values stand behind an equals sign, so that one that begins with a dash is a value, too.
  var words: [String] {
    var words = system.map { [$0.text] } ?? []
    if let program { words.append("--bin=\(program.text)") }
    for setting in settings {
      let name = "--\(setting.option.option)"
      switch setting.option.kind {
      case .flag: if setting.values.first?.text == "true" { words.append(name) }
      case .words:
        if !setting.values.isEmpty {
          words.append("\(name)=\(setting.values.map(\.text).joined(separator: ","))")
        }
      case .value, .repeated: words += setting.values.map { "\(name)=\($0.text)" }
      }
    }
    return words + systemOptions.map { "--option=\($0.name.text)=\($0.value.text)" }
  }

  /// Whether words behind `shrike test` give a campaign a time.
  static func hasBudget(_ words: [String]) -> Bool { words.contains { $0.hasPrefix("--budget=") } }

  /// Whether the test is a campaign.
  var isCampaign: Bool { runs != nil || TestSettings.hasBudget(words) }

  /// The environment's name, where one is given.
  var place: String? { settings.first { $0.option.option == "env" }?.values.first?.text }

  /// All that is said, each word with its key.
  var allWords: [(key: String, word: YAMLWord)] {
    var words: [(String, YAMLWord)] = []
    if let system { words.append(("system", system)) }
    if let program { words.append(("bin", program)) }
    for setting in settings {
      words += setting.values.map { (setting.option.key, $0) }
    }
    for option in systemOptions {
      words.append((option.name.text, option.value))
      words.append(("option", option.name))
    }
    return words
  }

  /// The settings without one word.
  func without(_ word: YAMLWord) -> TestSettings {
    var rest = self
    rest.systemOptions.removeAll { $0.name == word || $0.value == word }
    for index in rest.settings.indices { rest.settings[index].values.removeAll { $0 == word } }
    return rest
  }

  func isInherited(_ position: TextPosition) -> Bool { inherited?.contains(position) ?? false }
}
