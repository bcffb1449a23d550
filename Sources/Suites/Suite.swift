public import YAML

/// A matrix of tests with what is expected of each: a suite file, read.
public struct Suite: Hashable, Sendable {
  public var name: String
  public var tests: [SuiteTest]

  /// Reads a suite file.
  ///
  /// - Parameters:
  ///   - text: The file's text, in YAML.
  ///   - name: What the suite is called where the file does not say.
  ///   - folder: The file's folder, from which relative paths of programs go out.
  ///   - vocabulary: The options that tests may have.
  /// - Throws: All that is wrong with the file by itself. Whether a test makes sense is for who
  ///   runs it to say; see ``SuiteTest/mistake(_:)``.
  public init(
    yaml text: String, name: String, folder: String, vocabulary: TestVocabulary
  ) throws(SuiteError) {
    let root: YAMLNode
    do throws(Mistake) { root = try YAMLNode(yaml: text) } catch { throw SuiteError([error]) }
    var reader = SuiteReader(vocabulary: vocabulary, folder: folder)
    let suite = reader.suite(root, name: name)
    guard reader.mistakes.isEmpty, let suite else { throw SuiteError(reader.mistakes) }
    self = suite
  }

  init(name: String, tests: [SuiteTest]) {
    self.name = name
    self.tests = tests
  }

  /// All cases in the order of the file.
  ///
  /// - Parameter freshSeed: The seed of tests that name none; campaigns begin with 0 without it.
  public func cases(freshSeed: FreshSeed) -> [SuiteCase] {
    tests.flatMap { $0.cases(freshSeed: freshSeed) }
  }
}

/// The seed of tests that name none.
public enum FreshSeed: Hashable, Sendable {
  /// Drawn anew: single runs take it, campaigns begin with 0.
  case drawn(UInt64)
  /// Derived from a commit: all take it.
  case ofCommit(UInt64)
}

/// Why a suite file is refused: every mistake in it.
public struct SuiteError: Error, Hashable, Sendable {
  /// In the order of the file, each once.
  public var mistakes: [Mistake]

  public init(_ mistakes: [Mistake]) { self.mistakes = Set(mistakes).sorted() }
}
