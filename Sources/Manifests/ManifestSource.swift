import YAML

/// A manifest's text, for telling where in it something stands.
struct ManifestSource {
  private let lines: [[Unicode.Scalar]]

  init(_ text: String) {
    lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
      .map(Array.init)
  }

  /// Where the braces of a scalar stand.
  ///
  /// - Parameters:
  ///   - tag: Which of the scalar's `{{`, counted from 0: nothing but escapes could make the text have
  ///     others than the file.
  ///   - position: Where the scalar begins.
  func position(ofTag tag: Int, after position: TextPosition) -> TextPosition {
    var count = 0
    var column = position.column - 1
    for index in lines.indices.dropFirst(position.line - 1) {
      let line = lines[index]
      while column + 1 < line.count {
        if line[column] == "{", line[column + 1] == "{" {
          if count == tag { return TextPosition(line: index + 1, column: column + 1) }
          count += 1
          column += 2
        } else {
          column += 1
        }
      }
      column = 0
    }
    return position
  }

  /// Whether a line has a template in it.
  func hasTemplate(inLine line: Int) -> Bool {
    guard lines.indices.contains(line - 1) else { return false }
    let scalars = lines[line - 1]
    return scalars.indices.dropLast().contains { scalars[$0] == "{" && scalars[$0 + 1] == "{" }
  }
}
