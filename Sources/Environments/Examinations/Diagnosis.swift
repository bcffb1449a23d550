public import Values

/// All that was found on this machine.
public struct Diagnosis: Hashable, Sendable {
  public var examinations: [Examination]
  /// How many controllers that are gone had left control groups, which were removed.
  public var sweptCount: Int

  public init(_ examinations: [Examination], sweptCount: Int = 0) {
    self.examinations = examinations
    self.sweptCount = sweptCount
  }

  /// Whether Shrike itself is sound: what needs nothing of the machine works.
  public var isSound: Bool {
    ["simulated", "local"].allSatisfy { works(environment: $0) }
  }

  /// Whether systems can be tested in an environment, be it with some of its faults only.
  public func works(environment: String) -> Bool {
    examinations.contains {
      $0.group == .environment && $0.name == environment && $0.state != .missing
    }
  }

  public var value: Value {
    let environments = examinations.filter { $0.group == .environment }
    return [
      "examinations": .list(examinations.map(\.value)),
      "environments": .map(
        ValueMap(
          environments.map {
            .init(key: .string($0.name), value: .bool(works(environment: $0.name)))
          })),
      "swept": .integer(sweptCount),
    ]
  }

  /// The examinations for people, a line each.
  public var text: String {
    let width = examinations.map(\.name.count).max() ?? 0
    var lines: [String] = []
    for group in Examination.Group.allCases {
      let members = examinations.filter { $0.group == group }
      guard !members.isEmpty else { continue }
      lines.append(group.title)
      lines += members.map { $0.line(nameWidth: width) }
    }
    if sweptCount > 0 {
      let leavers = sweptCount == 1 ? "a controller" : "\(sweptCount) controllers"
      lines.append("Removed: the control groups that \(leavers) had left behind.")
    }
    return lines.joined(separator: "\n")
  }
}

extension Examination.Group {
  fileprivate var title: String {
    switch self {
    case .environment: "Environments"
    case .fault: "Faults"
    case .tool: "Tools"
    }
  }
}

extension Examination {
  fileprivate func line(nameWidth: Int) -> String {
    let mark =
      switch state {
      case .works: "✓"
      case .partly: "!"
      case .missing: "✗"
      }
    let padding = String(repeating: " ", count: nameWidth - name.count)
    return "  \(mark) \(name)\(padding)  \(detail)" + (mend.map { "; \($0)" } ?? "")
  }
}
