import Controller
import Environments
import Manifests
import Nemeses
import SystemPackage

/// A manifest on disk.
struct ManifestFile {
  var path: String

  /// - Throws: ``ManifestError`` with all mistakes, or why the file can't be read.
  func manifest() throws -> SystemManifest {
    let file = FilePath(path)
    let bytes: [UInt8]
    do { bytes = try FileContents.read(file) } catch { throw PlanError("\(path): \(error)") }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw PlanError("\(path): this is not text in UTF-8")
    }
    return try SystemManifest(yaml: text, file: path, vocabulary: .ofCommandLine)
  }
}

extension ManifestVocabulary {
  /// Nemeses as `--nemesis` takes them.
  static let ofCommandLine = ManifestVocabulary { text in
    let family = String(text.prefix { $0 != ":" })
    guard FaultFamily(rawValue: family) != nil else { return familyProblem(text) }
    do throws(NemesisError) {
      _ = try NemesisSpec(parsing: text)
      return nil
    } catch {
      return "\(error)"
    }
  }
}
