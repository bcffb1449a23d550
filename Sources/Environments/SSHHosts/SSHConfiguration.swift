/// What `ssh_config` files say, in their order: the first value of a keyword counts.
package struct SSHConfiguration: Hashable {
  /// A file that another includes.
  package struct Source: Hashable {
    package var path: String
    package var text: String

    package init(path: String, text: String) {
      self.path = path
      self.text = text
    }
  }

  private struct Directive: Hashable {
    var keyword: String
    var arguments: [String]
    /// Lists of patterns, each of which must match the alias.
    var conditions: [[String]]
    var path: String
    var line: Int
  }

  private var directives: [Directive] = []
  /// What was passed over, a line each.
  package private(set) var warnings: [String] = []
  private static let deepestInclude = 16

  package init() {}

  /// Adds what a file says.
  ///
  /// - Parameter include: The files that a pattern of an `Include` stands for.
  package mutating func read(
    _ source: Source, include: (String) -> [Source] = { _ in [] }
  ) throws(SSHError) {
    try read(source, under: [], depth: 0, include)
  }

  private mutating func read(
    _ source: Source, under outer: [[String]], depth: Int, _ include: (String) -> [Source]
  ) throws(SSHError) {
    var conditions = outer
    for (number, line) in source.text.split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline
    ).enumerated() {
      func refuse(_ problem: String) -> SSHError {
        .configuration(path: source.path, line: number + 1, problem)
      }
      guard let words = SSHConfiguration.words(line) else { throw refuse("a quote is not closed") }
      guard let first = words.first else { continue }
      let keyword = first.lowercased()
      let arguments = Array(words.dropFirst())
      guard !arguments.isEmpty else { throw refuse("\(first) lacks its value") }
      switch keyword {
      case "host": conditions = outer + [arguments]
      case "match" where arguments.map({ $0.lowercased() }) == ["all"]: conditions = outer
      case "match":
        // Nothing matches an empty list.
        conditions = outer + [[]]
        warnings.append(
          "\(source.path):\(number + 1): Match blocks other than \"Match all\" are passed over; "
            + "write Host, or use --ssh-program")
      case "include":
        guard depth < SSHConfiguration.deepestInclude else { throw refuse("too many nested files") }
        for pattern in arguments {
          for file in include(pattern) {
            try read(file, under: conditions, depth: depth + 1, include)
          }
        }
      default:
        directives.append(
          Directive(
            keyword: keyword, arguments: arguments, conditions: conditions, path: source.path,
            line: number + 1))
      }
    }
  }

  /// The keyword and its values, without comments and quotes; nothing where a quote is not closed.
  private static func words(_ line: Substring) -> [String]? {
    var words: [String] = []
    var word = ""
    var isInWord = false
    var isQuoted = false
    var mayBeAssigned = true
    for character in line {
      if character == "\"" {
        isQuoted.toggle()
        isInWord = true
        continue
      }
      if character == "#", !isQuoted, !isInWord { break }
      let isAssignment = character == "=" && mayBeAssigned && words.count + (isInWord ? 1 : 0) == 1
      guard !isQuoted, character.isWhitespace || isAssignment else {
        word.append(character)
        isInWord = true
        continue
      }
      if isAssignment { mayBeAssigned = false }
      if isInWord { words.append(word) }
      word = ""
      isInWord = false
    }
    if isInWord { words.append(word) }
    return isQuoted ? nil : words
  }

  /// What is said of a host.
  ///
  /// - Parameter alias: As the user calls it.
  package func settings(for alias: String) throws(SSHError) -> SSHHostSettings {
    var settings = SSHHostSettings()
    for directive in directives {
      let isMeant = directive.conditions.allSatisfy { patterns in
        Wildcards.match(alias, patterns.map { $0[...] })
      }
      guard isMeant else { continue }
      guard settings.take(directive.keyword, directive.arguments) else {
        throw .configuration(
          path: directive.path, line: directive.line,
          "\(directive.keyword) can't be \"\(directive.arguments.joined(separator: " "))\"")
      }
    }
    return settings
  }
}
