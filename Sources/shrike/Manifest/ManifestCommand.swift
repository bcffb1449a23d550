import ArgumentParser
import Controller
import Manifests
import SystemPackage
import Values
import YAML

struct ManifestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manifest",
    abstract: "Systems under test as YAML files: begin one, check some, show what comes along.",
    subcommands: [ManifestInit.self, ManifestCheck.self, ManifestShow.self])
}

struct ManifestInit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Write a manifest with comments, to be filled in.")

  @Option(help: "The file to write; one that is there is left alone.")
  var output = "manifest.yaml"

  func run() {
    do {
      let file = try FileDescriptor.open(
        FilePath(output), .writeOnly, options: [.create, .exclusiveCreate],
        permissions: .standard)
      try file.closeAfter { _ = try file.writeAll(SystemManifest.starterText.utf8) }
    } catch Errno.fileExists {
      Failure.end(
        .usage, "\(output) is there already; name another file with --output", json: false)
    } catch {
      Failure.end(.usage, "\(output): \(error)", json: false)
    }
    print("\(output): fill it in, then run `shrike manifest check \(output)`")
  }
}

struct ManifestCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Say what is wrong with manifests, a line for each mistake.",
    discussion: "Exit codes: 0 all are sound, 64 one is not.")

  @Argument(help: "The manifests.")
  var files: [String]

  @Flag(help: "Print the result as JSON.")
  var json = false

  func run() {
    var sound: [Value] = []
    var mistakes: [Value] = []
    var lines: [String] = []
    for file in files {
      do {
        let name = try SystemManifest.read(FilePath(file)).name
        sound.append(["file": .string(file), "name": .string(name)])
        if !json { print("\(file): \(name) is sound") }
      } catch let error as ManifestError {
        lines += error.mistakes.map { $0.line(in: file) }
        mistakes += error.mistakes.map { ManifestCheck.value($0, in: file) }
      } catch {
        lines.append("shrike: \(error)")
        mistakes.append(["file": .string(file), "text": .string("\(error)")])
      }
    }
    for line in lines { complain(line) }
    if json { print((["sound": .list(sound), "mistakes": .list(mistakes)] as Value).json) }
    if !lines.isEmpty { quit(Controller.ExitCode.usage.rawValue) }
  }

  private static func value(_ mistake: Mistake, in file: String) -> Value {
    [
      "file": .string(file), "line": .integer(mistake.position.line),
      "column": .integer(mistake.position.column), "text": .string(mistake.text),
    ]
  }
}

struct ManifestShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Print a manifest that comes with Shrike.")

  @Argument(help: "Its name.")
  var name: String

  func run() {
    guard let text = SystemManifest.builtInText(named: name) else {
      let names = SystemManifest.builtInNames.joined(separator: ", ")
      Failure.end(.usage, "no manifest \"\(name)\" comes along; there is \(names)", json: false)
    }
    print(text, terminator: "")
  }
}
