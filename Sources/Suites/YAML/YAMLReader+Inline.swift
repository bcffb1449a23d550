// What stands within a line, and brackets, which may go over several.
extension YAMLReader {
  mutating func inlineNode(inFlow: Bool) throws(Mistake) -> YAMLNode {
    switch next {
    case "[": return try flowSequence()
    case "{": return try flowMapping()
    case "\"": return try doubleQuoted()
    case "'": return try singleQuoted()
    case "&", "*": throw mistake("anchors and aliases are not read; `defaults` says things once")
    case "!": throw mistake("tags are not read; text that begins with ! is quoted")
    case "|", ">": throw mistake("block scalars are not read; quote the text, in one line")
    default: return try plain(inFlow: inFlow)
    }
  }

  private mutating func flowSequence() throws(Mistake) -> YAMLNode {
    try enter()
    defer { depth -= 1 }
    let start = position
    place += 1
    var elements: [YAMLNode] = []
    try skipFlowSpace()
    while next != "]" {
      elements.append(try inlineNode(inFlow: true))
      try skipFlowSpace()
      if next == ":" { throw mistake("a pair within a list is written {key: value}") }
      try endElement("]", of: "list", from: start)
    }
    place += 1
    return YAMLNode(.sequence(elements), at: start)
  }

  private mutating func flowMapping() throws(Mistake) -> YAMLNode {
    try enter()
    defer { depth -= 1 }
    let start = position
    place += 1
    var entries: [YAMLEntry] = []
    try skipFlowSpace()
    while next != "}" {
      let (key, keyPosition) = try key(inFlow: true)
      try refuse(key, at: keyPosition, in: entries)
      let end = position
      try skipFlowSpace()
      let value =
        next == "," || next == "}"
        ? YAMLNode(.nothing, at: end) : try inlineNode(inFlow: true)
      entries.append(YAMLEntry(key: key, at: keyPosition, value: value))
      try skipFlowSpace()
      try endElement("}", of: "mapping", from: start)
    }
    place += 1
    return YAMLNode(.mapping(entries), at: start)
  }

  /// Takes the comma behind an element, unless it is the last.
  private mutating func endElement(
    _ bracket: Unicode.Scalar, of collection: String, from start: TextPosition
  ) throws(Mistake) {
    if next == "," {
      place += 1
      try skipFlowSpace()
    } else if next != bracket {
      throw mistake(
        "expected a comma or \(bracket) in the \(collection) that begins in line \(start.line), "
          + "column \(start.column)")
    }
  }

  private mutating func plain(inFlow: Bool) throws(Mistake) -> YAMLNode {
    let start = position
    guard let first = next else { throw mistake("the text ends where a value should be") }
    let isIndicator = ",[]{}#&*!|>'\"%@`?:".unicodeScalars.contains(first)
    guard !isIndicator, !(first == "-" && (isBlank(1) || inFlow && isFlowIndicator(next(1)))) else {
      throw mistake("a value can't begin with \(first); quote it")
    }
    let begin = place
    var end = place
    while let scalar = next, !isAtLineEnd {
      if scalar == ":" {
        if isBlank(1) { break }
        if inFlow, isFlowIndicator(next(1)) {
          throw mistake("a colon before a bracket or comma is quoted")
        }
      }
      if inFlow, isFlowIndicator(scalar) { break }
      place += 1
      if scalar != " ", scalar != "\t" { end = place }
    }
    place = end
    return YAMLNode(.scalar(string(text[begin..<end]), isPlain: true), at: start)
  }

  private func isFlowIndicator(_ scalar: Unicode.Scalar?) -> Bool {
    switch scalar {
    case ",", "[", "]", "{", "}": true
    default: false
    }
  }

  private mutating func singleQuoted() throws(Mistake) -> YAMLNode {
    let start = position
    place += 1
    var content: [Unicode.Scalar] = []
    while true {
      let scalar = try quotedScalar(from: start)
      place += 1
      if scalar == "'" {
        guard next == "'" else { break }
        place += 1
      }
      content.append(scalar)
    }
    return YAMLNode(.scalar(string(content[...]), isPlain: false), at: start)
  }

  private mutating func doubleQuoted() throws(Mistake) -> YAMLNode {
    let start = position
    place += 1
    var content: [Unicode.Scalar] = []
    while case let scalar = try quotedScalar(from: start), scalar != "\"" {
      if scalar == "\\" {
        content.append(try escape(from: start))
      } else {
        content.append(scalar)
        place += 1
      }
    }
    place += 1
    return YAMLNode(.scalar(string(content[...]), isPlain: false), at: start)
  }

  private func quotedScalar(from start: TextPosition) throws(Mistake) -> Unicode.Scalar {
    guard let next, next != "\n", next != "\r" else {
      throw Mistake(start, "this quote does not end in its line")
    }
    return next
  }

  private mutating func escape(from start: TextPosition) throws(Mistake) -> Unicode.Scalar {
    let backslash = position
    place += 1
    let letter = try quotedScalar(from: start)
    place += 1
    switch letter {
    case "0": return "\0"
    case "a": return "\u{7}"
    case "b": return "\u{8}"
    case "t": return "\t"
    case "n": return "\n"
    case "v": return "\u{b}"
    case "f": return "\u{c}"
    case "r": return "\r"
    case "e": return "\u{1b}"
    case " ", "\"", "/", "\\": return letter
    case "x": return try code(digits: 2, backslash)
    case "u": return try code(digits: 4, backslash)
    case "U": return try code(digits: 8, backslash)
    default: throw Mistake(backslash, "there is no escape \\\(letter); a backslash is written \\\\")
    }
  }

  private mutating func code(
    digits: Int, _ backslash: TextPosition
  ) throws(Mistake) -> Unicode.Scalar {
    let end = min(place + digits, text.count)
    let hexadecimal = string(text[place..<end])
    guard hexadecimal.utf8.count == digits, hexadecimal.utf8.allSatisfy(\.isHexDigit),
      let code = UInt32(hexadecimal, radix: 16), let scalar = Unicode.Scalar(code)
    else { throw Mistake(backslash, "expected \(digits) hexadecimal digits of a character") }
    place = end
    return scalar
  }

  private func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var string = String.UnicodeScalarView()
    string.append(contentsOf: scalars)
    return String(string)
  }
}

extension UInt8 {
  fileprivate var isHexDigit: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    default: false
    }
  }
}
