/// Reads the part of YAML 1.2 that people write configuration in.
///
/// Block and flow mappings and sequences, plain and quoted scalars, comments. What it accepts
/// means what it means in YAML; what is beyond it (anchors, tags, block scalars, scalars of several
/// lines, several documents) is refused where it stands, with what to write instead.
///
/// - Complexity: O(*n*) in the length of the text, but for the search for repeated keys.
struct YAMLReader {
  /// Deeper nesting than this is refused.
  static let depthMax = 64
  /// YAML takes a longer text for no key.
  static let keyLengthMax = 1_000

  let text: [Unicode.Scalar]
  var place = 0
  var line = 1
  var lineStart = 0
  var depth = 0

  init(_ text: String) {
    let scalars = Array(text.unicodeScalars)
    self.text = scalars.first == "\u{feff}" ? Array(scalars.dropFirst()) : scalars
  }

  mutating func document() throws(Mistake) -> YAMLNode {
    try refuseUnprintable()
    if try contentColumn() == 0, startsWithMarker("---") {
      place += 3
      try endLine(after: "---")
    }
    if try contentColumn() == 0, next == "%" {
      throw mistake("directives are not read; leave the line out")
    }
    guard let root = try blockNode(deeperThan: -1) else {
      return YAMLNode(.nothing, at: position)
    }
    if try contentColumn() == 0, startsWithMarker("...") {
      place += 3
      try endLine(after: "...")
    }
    guard try contentColumn() == nil else {
      if startsWithMarker("---") {
        throw mistake("only one document is read, and this begins another")
      }
      throw mistake("this belongs to nothing above it; mind the indentation")
    }
    return root
  }
}

// MARK: - Blocks

extension YAMLReader {
  /// The node that begins at the next content, where that is deeper than `parent`.
  private mutating func blockNode(deeperThan parent: Int) throws(Mistake) -> YAMLNode? {
    guard let column = try contentColumn(), column > parent, !startsWithMarker("---"),
      !startsWithMarker("...")
    else { return nil }
    return try blockNode()
  }

  /// The node that begins here, be it the first of a line or behind a dash.
  private mutating func blockNode() throws(Mistake) -> YAMLNode {
    try enter()
    defer { depth -= 1 }
    if isAtDash { return try blockSequence() }
    let start = self
    let node = try inlineNode(inFlow: false)
    if isAtColon {
      self = start
      return try blockMapping()
    }
    try endLine(after: "this value")
    return node
  }

  private mutating func blockSequence() throws(Mistake) -> YAMLNode {
    let start = position
    let column = self.column
    var elements: [YAMLNode] = []
    repeat {
      let dash = position
      place += 1
      while next == " " { place += 1 }
      if next == "\t" { throw mistake("a tab indents here; use spaces") }
      if isAtLineEnd {
        elements.append(try blockNode(deeperThan: column) ?? YAMLNode(.nothing, at: dash))
      } else {
        elements.append(try blockNode())
      }
    } while try isContent(at: column, after: "list") && isAtDash
    return YAMLNode(.sequence(elements), at: start)
  }

  private mutating func blockMapping() throws(Mistake) -> YAMLNode {
    let start = position
    let column = self.column
    var entries: [YAMLEntry] = []
    repeat {
      if isAtDash {
        throw mistake("a list's element stands where a key should; mind the indentation")
      }
      let (key, keyPosition) = try key(inFlow: false)
      try refuse(key, at: keyPosition, in: entries)
      let value = try blockValue(under: column)
      entries.append(YAMLEntry(key: key, at: keyPosition, value: value))
    } while try isContent(at: column, after: "mapping")
    return YAMLNode(.mapping(entries), at: start)
  }

  /// The value behind a key and its colon.
  private mutating func blockValue(under column: Int) throws(Mistake) -> YAMLNode {
    let end = position
    skipSpaces()
    guard isAtLineEnd else {
      if isAtDash { throw mistake("a list begins on a line of its own, or is written [a, b]") }
      let node = try inlineNode(inFlow: false)
      if isAtColon { throw mistake("a mapping within a line is written {key: value}") }
      try endLine(after: "this value")
      return node
    }
    guard let next = try contentColumn() else { return YAMLNode(.nothing, at: end) }
    // A list may stand right below its key.
    if next == column, isAtDash { return try blockNode() }
    return try blockNode(deeperThan: column) ?? YAMLNode(.nothing, at: end)
  }

  /// Whether more of a collection at `column` follows; what is deeper belongs to nothing.
  private mutating func isContent(at column: Int, after collection: String) throws(Mistake) -> Bool
  {
    guard let next = try contentColumn(), next >= column, !startsWithMarker("---"),
      !startsWithMarker("...")
    else { return false }
    guard next == column else {
      throw mistake(
        "this line is indented deeper than the \(collection) that it goes on with, which begins at "
          + "column \(column + 1)")
    }
    return true
  }

  /// A key, with the colon behind it taken.
  mutating func key(inFlow: Bool) throws(Mistake) -> (String, TextPosition) {
    let start = place
    let position = self.position
    let node = try inlineNode(inFlow: inFlow)
    guard case .scalar(let key, _) = node.content else {
      throw Mistake(position, "a key is a word, and this is \(node.kind)")
    }
    guard place - start <= YAMLReader.keyLengthMax else {
      throw Mistake(position, "a key of more than \(YAMLReader.keyLengthMax) characters")
    }
    guard isAtColon || inFlow && colonFollows(quoted: node) else {
      throw Mistake(position, "expected a key and a colon, found \"\(key.prefix(40))\" alone")
    }
    skipSpaces()
    place += 1
    return (key, position)
  }

  /// Behind a quoted key of a flow mapping the colon needs no space: `{"a":1}`.
  private func colonFollows(quoted key: YAMLNode) -> Bool {
    guard case .scalar(_, isPlain: false) = key.content else { return false }
    return next == ":"
  }

  func refuse(
    _ key: String, at position: TextPosition, in entries: [YAMLEntry]
  ) throws(Mistake) {
    guard let first = entries.first(where: { $0.key == key }) else { return }
    throw Mistake(position, "\"\(key)\" is there already, in line \(first.keyPosition.line)")
  }

  mutating func enter() throws(Mistake) {
    depth += 1
    guard depth <= YAMLReader.depthMax else { throw mistake("too deeply nested") }
  }
}

// MARK: - Lines

extension YAMLReader {
  var next: Unicode.Scalar? { place < text.count ? text[place] : nil }
  func next(_ distance: Int) -> Unicode.Scalar? {
    place + distance < text.count ? text[place + distance] : nil
  }
  var column: Int { place - lineStart }
  var position: TextPosition { TextPosition(line: line, column: column + 1) }

  func mistake(_ text: String) -> Mistake { Mistake(position, text) }

  /// Whether a line ends here, or all that is left of it is a comment.
  var isAtLineEnd: Bool {
    guard let next else { return true }
    return next.isLineBreak || next == "#" && isAfterSpace
  }

  private var isAfterSpace: Bool { place == lineStart || text[place - 1].isSpace }

  private var isAtDash: Bool { next == "-" && isBlank(1) }

  /// Whether a colon follows that ends a key, perhaps after spaces.
  private var isAtColon: Bool {
    var distance = 0
    while next(distance)?.isSpace == true { distance += 1 }
    return next(distance) == ":" && isBlank(distance + 1)
  }

  func isBlank(_ distance: Int) -> Bool {
    guard let scalar = next(distance) else { return true }
    return scalar.isSpace || scalar.isLineBreak
  }

  func startsWithMarker(_ marker: String) -> Bool {
    guard column == 0 else { return false }
    for (distance, scalar) in marker.unicodeScalars.enumerated() where next(distance) != scalar {
      return false
    }
    return isBlank(marker.unicodeScalars.count)
  }

  mutating func skipSpaces() { while next?.isSpace == true { place += 1 } }

  /// Takes what is left of a line, which must be nothing but a comment.
  private mutating func endLine(after what: String) throws(Mistake) {
    skipSpaces()
    guard isAtLineEnd else {
      throw mistake(
        "expected the end of the line after \(what); text with such characters is quoted")
    }
    skipLine()
  }

  mutating func skipLine() {
    while let next, !next.isLineBreak { place += 1 }
    skipLineBreak()
  }

  private mutating func skipLineBreak() {
    guard next != nil else { return }
    place += next == "\r" && next(1) == "\n" ? 2 : 1
    line += 1
    lineStart = place
  }

  /// Goes on to the next content, over empty lines and comments.
  ///
  /// - Returns: How deep it is indented; nothing at the end of the text.
  private mutating func contentColumn() throws(Mistake) -> Int? {
    while true {
      while next == " " { place += 1 }
      guard let next else { return nil }
      if next == "\t" { throw mistake("a tab indents here; use spaces") }
      guard isAtLineEnd else { return column }
      skipLine()
    }
  }

  /// Goes over spaces, line breaks and comments within brackets.
  mutating func skipFlowSpace() throws(Mistake) {
    while next != nil {
      skipSpaces()
      guard isAtLineEnd else {
        if startsWithMarker("---") || startsWithMarker("...") {
          throw mistake("the document ends within brackets")
        }
        return
      }
      skipLine()
    }
  }

  private func refuseUnprintable() throws(Mistake) {
    var reader = self
    while let next = reader.next {
      if next.isLineBreak {
        reader.skipLineBreak()
      } else if next.isPrintable {
        reader.place += 1
      } else {
        let code = String(next.value, radix: 16, uppercase: true)
        throw reader.mistake(
          "the character U+\(code) can't stand in YAML; write \"\\u…\" in quotes")
      }
    }
  }
}

extension Unicode.Scalar {
  fileprivate var isLineBreak: Bool { self == "\n" || self == "\r" }
  fileprivate var isSpace: Bool { self == " " || self == "\t" }

  /// Whether YAML lets it stand as it is; the line separators that older YAML knew are left out.
  fileprivate var isPrintable: Bool {
    switch value {
    case 0x09, 0x20...0x7e, 0xa0...0x2027, 0x202a...0xd7ff, 0xe000...0xfefe, 0xff00...0xfffd,
      0x10000...0x10ffff:
      true
    default: false
    }
  }
}
