extension String {
  /// The text as XML can hold it between tags; what XML 1.0 can't hold in any form becomes U+FFFD.
  package var xmlText: String { escapedForXML(inAttribute: false) }

  /// The text as XML can hold it in an attribute, where readers turn line feeds and tabs into spaces
  /// unless they are written as numbers.
  package var xmlAttribute: String { escapedForXML(inAttribute: true) }

  private func escapedForXML(inAttribute: Bool) -> String {
    var escaped = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      switch scalar {
      case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
      case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
      case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
      case "\n" where inAttribute: escaped.append(contentsOf: "&#10;".unicodeScalars)
      case "\t" where inAttribute: escaped.append(contentsOf: "&#9;".unicodeScalars)
      case "\r": escaped.append(contentsOf: "&#13;".unicodeScalars)
      case "\n", "\t": escaped.append(scalar)
      case "\u{0}"..."\u{1f}", "\u{fffe}", "\u{ffff}": escaped.append("\u{fffd}")
      default: escaped.append(scalar)
      }
    }
    return String(escaped)
  }
}
