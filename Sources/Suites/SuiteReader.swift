import Values
import YAML

/// Reads the tree of a suite file, and takes note of all mistakes in it.
struct SuiteReader: YAMLReader {
  /// The keys of a suite's own in a test, beside the options of `shrike test`.
  static let ownKeys = [
    "id", "expect", "system", "bin", "arguments", "options", "seed", "seeds", "runs", "fail-fast",
  ]

  let vocabulary: TestVocabulary
  /// The file's folder, from which relative paths go out.
  let folder: String
  var mistakes: [Mistake] = []

  init(vocabulary: TestVocabulary, folder: String) {
    self.vocabulary = vocabulary
    self.folder = folder
  }

  /// - Returns: Nothing where there are mistakes.
  mutating func suite(_ root: YAMLNode, name standardName: String) -> Suite? {
    var name = standardName
    var defaults = TestSettings()
    var defaultsPlace: ClosedRange<TextPosition>?
    var testsNode: YAMLNode?
    guard let entries = entries(root, "a suite", keys: ["name", "defaults", "tests"]) else {
      return nil
    }
    for (index, entry) in entries.enumerated() {
      switch entry.key {
      case "name": name = word(entry)?.text ?? name
      case "defaults":
        defaults = settings(entry.value, isDefaults: true).settings
        let end = index + 1 < entries.count ? entries[index + 1].keyPosition : .last
        defaultsPlace = entry.keyPosition...end
      case "tests": testsNode = entry.value
      default: break
      }
    }
    guard let testsNode else {
      if mistakes.isEmpty {
        refuse(root.position, "a suite has a list of `tests`, and this one has none")
      }
      return nil
    }
    guard case .sequence(let nodes) = testsNode.content, !nodes.isEmpty else {
      refuse(testsNode.position, "`tests` is a list of tests, and this is \(testsNode.kind)")
      return nil
    }
    var tests: [SuiteTest] = []
    for node in nodes {
      guard let test = test(node, over: defaults, at: defaultsPlace) else { continue }
      if let first = tests.first(where: { $0.id == test.id }) {
        refuse(
          test.position, "the id \"\(test.id)\" is there already, in line \(first.position.line)")
      }
      tests.append(test)
    }
    return mistakes.isEmpty ? Suite(name: name, tests: tests) : nil
  }

  private mutating func test(
    _ node: YAMLNode, over defaults: TestSettings, at place: ClosedRange<TextPosition>?
  ) -> SuiteTest? {
    // What is missing may be what is wrong already, so that it would be told twice.
    let mistakesBefore = mistakes.count
    let (own, id) = settings(node, isDefaults: false)
    let isWhole = mistakes.count == mistakesBefore
    guard let id else {
      if isWhole, case .mapping = node.content { refuse(node.position, "this test has no `id`") }
      return nil
    }
    let merged = own.merged(over: defaults, at: place)
    if isWhole, merged.system == nil, merged.program == nil {
      refuse(id.position, "test \"\(id.text)\" names neither a `system` nor a program with `bin`")
    }
    guard let expectation = merged.expectation else {
      guard isWhole else { return nil }
      refuse(
        id.position,
        "test \"\(id.text)\" does not say what to `expect`: valid, unknown or "
          + "{ invalid: [types] }")
      return nil
    }
    return SuiteTest(
      id: id.text, position: id.position, expectation: expectation, settings: merged)
  }

  /// What a test or the defaults say.
  private mutating func settings(
    _ node: YAMLNode, isDefaults: Bool
  ) -> (settings: TestSettings, id: YAMLWord?) {
    var settings = TestSettings()
    var id: YAMLWord?
    let known =
      SuiteReader.ownKeys.filter { !isDefaults || $0 != "id" } + vocabulary.options.map(\.key)
    let what = isDefaults ? "defaults" : "a test"
    for entry in entries(node, what, keys: known) ?? [] {
      switch entry.key {
      case "id": id = identifier(entry)
      case "expect": settings.expectation = expectation(entry.value)
      case "system": settings.system = system(entry, other: settings.program)
      case "bin": settings.program = program(entry, other: settings.system)
      case "arguments": settings.programArguments = words(entry)?.map(\.text) ?? []
      case "options": settings.systemOptions = systemOptions(entry.value)
      case "seed", "seeds", "runs": readSeeds(entry, into: &settings)
      case "fail-fast": settings.stopsAtFailure = flag(entry)
      default:
        guard let option = vocabulary.option(of: entry.key) else { continue }
        guard let values = values(entry, option.kind) else { continue }
        settings.settings.append(TestSettings.Setting(option: option, values: values))
      }
    }
    return (settings, id)
  }

  private mutating func values(_ entry: YAMLEntry, _ kind: TestVocabulary.Kind) -> [YAMLWord]? {
    switch kind {
    case .value: word(entry).map { [$0] }
    case .words, .repeated: words(entry)
    case .flag:
      flag(entry).map { [YAMLWord(text: $0 ? "true" : "false", position: entry.value.position)] }
    }
  }
}

// MARK: - A suite's own keys

extension SuiteReader {
  /// An id names folders, too.
  private mutating func identifier(_ entry: YAMLEntry) -> YAMLWord? {
    guard let id = word(entry) else { return nil }
    let isFit = id.text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"):
        true
      default: "-_.".utf8.contains(byte)
      }
    }
    if !isFit || id.text.hasPrefix(".") || id.text.hasPrefix("-") || id.text.utf8.count > 100 {
      refuse(id.position, "an id is made of letters, digits, \"-\", \"_\" and \".\"")
    }
    return id
  }

  private mutating func system(_ entry: YAMLEntry, other program: YAMLWord?) -> YAMLWord? {
    if program != nil { refuse(entry.keyPosition, "with `bin` there is no `system`") }
    guard let system = word(entry) else { return nil }
    guard !system.text.hasPrefix("-") else {
      refuse(system.position, "a system's name does not begin with a dash")
      return nil
    }
    return system
  }

  private mutating func program(_ entry: YAMLEntry, other system: YAMLWord?) -> YAMLWord? {
    if system != nil { refuse(entry.keyPosition, "with `system` there is no `bin`") }
    guard var program = word(entry) else { return nil }
    if program.text.hasPrefix("./") { program.text.removeFirst(2) }
    if !program.text.hasPrefix("/") { program.text = "\(folder)/\(program.text)" }
    return program
  }

  private mutating func systemOptions(_ node: YAMLNode) -> [TestSettings.SystemOption] {
    guard let entries = entries(node, "`options`", keys: nil) else { return [] }
    return entries.compactMap { entry in
      if entry.key.isEmpty || entry.key.contains("=") {
        refuse(entry.keyPosition, "an option's name is a word without \"=\"")
      }
      guard let value = word(entry) else { return nil }
      return .init(name: YAMLWord(text: entry.key, position: entry.keyPosition), value: value)
    }
  }

  private mutating func readSeeds(_ entry: YAMLEntry, into settings: inout TestSettings) {
    switch entry.key {
    case "runs":
      guard let word = word(entry) else { return }
      guard let runs = Int(word.text), runs > 0 else {
        return refuse(word.position, "`runs` is a whole number of at least 1, not \"\(word.text)\"")
      }
      settings.runs = runs
    default:
      if !settings.seeds.isEmpty {
        refuse(entry.keyPosition, "`seed` and `seeds` are one too many")
      }
      settings.isSingleSeed = entry.key == "seed"
      guard let words = entry.key == "seed" ? word(entry).map({ [$0] }) : words(entry) else {
        return
      }
      if words.isEmpty { refuse(entry.value.position, "there is no seed in this list") }
      for word in words {
        guard let seed = UInt64(word.text), !word.text.hasPrefix("+") else {
          refuse(word.position, "a seed is a whole number from 0 on, not \"\(word.text)\"")
          continue
        }
        if settings.seeds.contains(seed) {
          refuse(word.position, "the seed \(seed) is there twice")
        }
        settings.seeds.append(seed)
      }
    }
    if settings.runs != nil, !settings.seeds.isEmpty, !settings.isSingleSeed {
      refuse(entry.keyPosition, "`runs` go on from one `seed`, and here are `seeds`")
    }
  }

  private mutating func expectation(_ node: YAMLNode) -> Expectation? {
    switch node.content {
    case .scalar("valid", _): return .valid
    case .scalar("unknown", _): return .unknown
    case .scalar("invalid", _): return .invalid([])
    case .mapping(let entries) where entries.map(\.key) == ["invalid"]:
      guard let types = words(entries[0]) else { return nil }
      if types.isEmpty {
        refuse(
          entries[0].value.position,
          "name the types of anomalies that are expected, or write `expect: invalid` for any")
      }
      return .invalid(types.map(\.text))
    default:
      refuse(node.position, "`expect` is valid, unknown, invalid or { invalid: [types] }")
      return nil
    }
  }
}

extension TextPosition {
  fileprivate static let last = TextPosition(line: .max, column: .max)
}
