import YAML

extension SystemManifest {
  /// Reads a manifest.
  ///
  /// - Parameters:
  ///   - text: The manifest in YAML; see `Documentation/manifests.md`.
  ///   - file: What it is called in messages.
  ///   - vocabulary: What it can speak of that others define.
  /// - Throws: All that is wrong with it, with lines and columns.
  public init(
    yaml text: String, file: String = "manifest",
    vocabulary: ManifestVocabulary = ManifestVocabulary()
  ) throws(ManifestError) {
    let source = ManifestSource(text)
    let root: YAMLNode
    do throws(Mistake) { root = try YAMLNode(yaml: text) } catch {
      var mistake = error
      if source.hasTemplate(inLine: mistake.position.line) {
        mistake.text += "; a word with a template in it is written in quotes: \"{{name}}\""
      }
      throw ManifestError([mistake], in: file)
    }
    var reader = ManifestReader(source: source, vocabulary: vocabulary)
    guard let manifest = reader.manifest(root) else {
      throw ManifestError(reader.mistakes, in: file)
    }
    self = manifest
  }
}
