/// Where and why a text could not be read.
public struct SyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line, counted from 1; a reader of single lines reports 1.
  public var line: Int
  /// The column in bytes, counted from 1.
  public var column: Int
  public var expected: String
  public var found: String

  public init(line: Int = 1, column: Int, expected: String, found: String) {
    self.line = line
    self.column = column
    self.expected = expected
    self.found = found
  }

  public var description: String {
    "line \(line), column \(column): expected \(expected), found \(found)"
  }

  /// The same error, of a text that begins on another line of a file.
  public func offset(byLines lines: Int) -> SyntaxError {
    var error = self
    error.line += lines
    return error
  }
}
