import Controller
import Diagrams
import SystemPackage

/// Where a diagram goes, by which it is known what it is to be: an image or text.
struct DiagramFile {
  let name: String

  private var isStandardOutput: Bool { name == "-" }

  /// Refuses what can't be drawn.
  func check(against plan: Plan, _ output: OutputOptions) throws {
    guard plan.place == .simulated else {
      throw PlanError("--diagram \(name): only simulated runs can be drawn")
    }
    guard !(isStandardOutput && output.json) else {
      throw PlanError("--diagram -: standard output is for the JSON; name a file")
    }
  }

  func write(_ diagram: SpaceTimeDiagram) throws {
    if isStandardOutput { return print("\n" + TextDiagram(diagram).text) }
    let text = name.hasSuffix(".svg") ? SVGDiagram(diagram).text : TextDiagram(diagram).text
    do { try FileContents.write(Array(text.utf8), to: FilePath(name)) } catch {
      throw PlanError("--diagram \(name): \(error)")
    }
  }
}
