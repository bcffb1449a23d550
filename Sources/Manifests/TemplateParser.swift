/// Reads a text as a template.
struct TemplateParser {
  private let text: String
  private let names: TemplateNames
  private var rest: Substring
  private var tag = -1
  private var listDepth = 0

  init(_ text: String, names: TemplateNames) {
    self.text = text
    self.names = names
    rest = text[...]
  }

  mutating func template() throws(TemplateProblem) -> Template {
    Template(try parts(within: nil))
  }

  /// The parts up to the end of the text, or of what was opened by a tag.
  private mutating func parts(
    within opening: (tag: Int, word: String)?
  ) throws(TemplateProblem) -> [TemplatePart] {
    var parts: [TemplatePart] = []
    while true {
      guard let open = TemplateParser.place(of: "{{", in: rest) else {
        guard opening == nil else { break }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        rest = ""
        return parts
      }
      if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
      rest = rest[open...].dropFirst(2)
      tag += 1
      let words = try words()
      if words == [.word("end")] {
        guard opening != nil else { throw problem("this `{{end}}` ends nothing") }
        return parts
      }
      parts.append(try part(words))
    }
    throw TemplateProblem(
      "this `{{\(opening?.word ?? "")}}` has no `{{end}}`", tag: opening?.tag ?? 0)
  }

  private mutating func part(_ words: [TagWord]) throws(TemplateProblem) -> TemplatePart {
    guard let first = words.first else {
      throw problem("nothing stands between these braces; name a variable, such as {{name}}")
    }
    switch first {
    case .quoted(let text):
      guard words.count == 1 else { throw problem("a text in braces stands alone") }
      // Braces in a text are counted as tags by who tells where a tag stands.
      tag += TemplateParser.count(of: "{{", in: text)
      return .text(text)
    case .word("each"): return try each(words)
    case .word("if"): return try condition(words)
    case .word(let name):
      guard words.count == 1 else {
        throw problem("`\(name)` stands alone in its braces")
      }
      do { return .variable(try names.variable(name, isInList: listDepth > 0)) } catch {
        throw problem(error.text)
      }
    }
  }

  private mutating func each(_ words: [TagWord]) throws(TemplateProblem) -> TemplatePart {
    let lists = TemplateList.allCases.filter { $0 == .node || names.side != .client }
    let usage = lists.map { "`{{each \($0.rawValue) \",\"}}`" }.joined(separator: " or ")
    guard words.count == 2 || words.count == 3, case .word(let name) = words[1],
      let list = lists.first(where: { $0.rawValue == name })
    else { throw problem("a list is written \(usage), with what stands between its elements") }
    var separator = ""
    if words.count == 3 {
      guard case .quoted(let text) = words[2] else {
        throw problem("what stands between a list's elements is in quotes: \(usage)")
      }
      separator = text
    }
    guard listDepth == 0 else { throw problem("a list has no list in it") }
    listDepth += 1
    let inner = try parts(within: (tag, "each"))
    listDepth -= 1
    return .each(list, separator: separator, inner)
  }

  private mutating func condition(_ words: [TagWord]) throws(TemplateProblem) -> TemplatePart {
    var words = words.dropFirst()
    let isNegated = words.first == .word("not")
    if isNegated { words = words.dropFirst() }
    let found: TemplateCondition?
    switch words.first {
    case .word("first") where words.count == 1 && names.side != .client: found = .isFirst
    case .word(let word) where words.count == 1 && word.hasPrefix("option."):
      do { found = .option(try names.option(String(word.dropFirst(7)))) } catch {
        throw problem(error.text)
      }
    default: found = nil
    }
    guard let found else {
      throw problem(
        "a condition is `{{if first}}` or `{{if option.NAME}}`, or the same with `not`: "
          + "`{{if not first}}`")
    }
    return .condition(found, isNegated: isNegated, try parts(within: (tag, "if")))
  }

  private func problem(_ text: String) -> TemplateProblem {
    TemplateProblem(text, tag: max(tag, 0))
  }
}

// MARK: - The words of a tag

extension TemplateParser {
  private enum TagWord: Equatable {
    case word(String)
    case quoted(String)
  }

  /// Reads a tag's words, and its closing braces.
  private mutating func words() throws(TemplateProblem) -> [TagWord] {
    var words: [TagWord] = []
    while let next = rest.first {
      if rest.hasPrefix("}}") {
        rest = rest.dropFirst(2)
        return words
      }
      switch next {
      case " ": rest = rest.dropFirst()
      case "\"": words.append(.quoted(try quoted()))
      default:
        let word = rest.prefix { !" \"{}\n".contains($0) }
        guard !word.isEmpty else { throw unclosed }
        words.append(.word(String(word)))
        rest = rest[word.endIndex...]
      }
    }
    throw unclosed
  }

  private var unclosed: TemplateProblem {
    problem("this `{{` has no `}}`; braces themselves are written {{\"{{\"}}")
  }

  private mutating func quoted() throws(TemplateProblem) -> String {
    var text = ""
    rest = rest.dropFirst()
    while let next = rest.first {
      rest = rest.dropFirst()
      switch next {
      case "\"": return text
      case "\\":
        guard let escaped = rest.first, let meant = TemplateParser.escapes[escaped] else {
          throw problem("after a backslash comes n, t, a backslash or a quote")
        }
        text.append(meant)
        rest = rest.dropFirst()
      default: text.append(next)
      }
    }
    throw problem("a text in braces ends with a quote, and this one does not")
  }

  private static let escapes: [Character: Character] = [
    "n": "\n", "t": "\t", "\\": "\\", "\"": "\"",
  ]

  private static func place(of braces: String, in text: Substring) -> Substring.Index? {
    var place = text.startIndex
    while place < text.endIndex {
      if text[place...].hasPrefix(braces) { return place }
      place = text.index(after: place)
    }
    return nil
  }

  private static func count(of braces: String, in text: String) -> Int {
    var count = 0
    var rest = text[...]
    while let place = place(of: braces, in: rest) {
      count += 1
      rest = rest[place...].dropFirst(2)
    }
    return count
  }
}
