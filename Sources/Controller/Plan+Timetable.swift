import Generators
import Nemeses
public import Values

extension Plan {
  /// The operations and faults that a plan names one by one, in the order of their times, for people.
  ///
  /// - Throws: When the plan makes no sense.
  public func timetable() throws -> [(time: Nanoseconds, text: String)] {
    let test = try Test(self)
    let operations = (test.script ?? []).map { line in
      (
        line.time,
        "client \(line.thread) asks \(nodes[line.thread % nodes.count]): \(line.f) "
          + line.value.json
      )
    }
    let faults = (faults == nil ? [] : test.schedule).map { fault in
      let whom =
        switch fault.aim {
        case .drawn: fault.fault.targetText(test.names)
        case .primaries: "the leaders"
        case .followers: "followers"
        }
      let how = fault.value(test.names)["parameters"]?.json
      return (fault.time, [fault.f, how, whom].compactMap(\.self).joined(separator: " "))
    }
    return (operations + faults).sorted { ($0.0, $0.1) < ($1.0, $1.1) }
  }
}
