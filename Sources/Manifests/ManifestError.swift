public import YAML

/// A manifest that can't be meant: all that is wrong with it.
public struct ManifestError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What the manifest is called in messages: its file.
  public var file: String
  /// In the order in which they stand in the file; never empty.
  public var mistakes: [Mistake]

  public init(_ mistakes: [Mistake], in file: String) {
    self.file = file
    self.mistakes = Set(mistakes).sorted()
  }

  /// A line for each mistake, `FILE:LINE:COLUMN: what is wrong; what to do`.
  public var description: String {
    mistakes.map { $0.line(in: file) }.joined(separator: "\n")
  }
}

/// A manifest that is sound, but can't be run as it was asked to be, in one line.
public struct DeploymentError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String

  public init(_ description: String) { self.description = description }
}
