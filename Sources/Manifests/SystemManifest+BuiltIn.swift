extension SystemManifest {
  /// The names of the manifests that come with Shrike.
  public static let builtInNames = ["etcd", "redis"]

  /// The text of a manifest that comes with Shrike; nothing where there is none of this name.
  public static func builtInText(named name: String) -> String? {
    switch name {
    case "etcd": String(decoding: PackageResources.etcd_yaml, as: UTF8.self)
    case "redis": String(decoding: PackageResources.redis_yaml, as: UTF8.self)
    default: nil
    }
  }

  /// A manifest that comes with Shrike; nothing where there is none of this name.
  public static func builtIn(
    named name: String, vocabulary: ManifestVocabulary = ManifestVocabulary()
  ) -> SystemManifest? {
    guard let text = builtInText(named: name) else { return nil }
    do {
      return try SystemManifest(yaml: text, file: "\(name).yaml", vocabulary: vocabulary)
    } catch {
      preconditionFailure("a manifest of our own is unsound: \(error)")
    }
  }

  /// All of them.
  public static var allBuiltIn: [SystemManifest] { builtInNames.compactMap { builtIn(named: $0) } }

  /// A manifest with comments, from which people write their own.
  public static var starterText: String {
    String(decoding: PackageResources.starter_yaml, as: UTF8.self)
  }
}
