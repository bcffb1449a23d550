/// Where something stands in a file: line and column, counted from 1, columns in Unicode scalars.
public struct TextPosition: Hashable, Comparable, Sendable {
  public var line: Int
  public var column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  public static func < (left: TextPosition, right: TextPosition) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

/// Something in a file that can't be meant, with where it stands.
public struct Mistake: Error, Hashable, Comparable, Sendable {
  public var position: TextPosition
  /// What is wrong, and what to write instead.
  public var text: String

  public init(_ position: TextPosition, _ text: String) {
    self.position = position
    self.text = text
  }

  /// The mistake as compilers tell theirs, which editors know to jump to.
  public func line(in file: String) -> String {
    "\(file):\(position.line):\(position.column): \(text)"
  }

  public static func < (left: Mistake, right: Mistake) -> Bool {
    (left.position, left.text) < (right.position, right.text)
  }
}
