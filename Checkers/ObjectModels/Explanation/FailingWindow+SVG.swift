import Values

extension FailingWindow {
  /// The window as a picture that needs nothing else: a bar an operation, a row a process, the
  /// misfit in red, and the longest orders as lines from point to point.
  public var svg: String { WindowPicture(self).text }
}

/// Lays a window out on a plane.
private struct WindowPicture {
  private let window: FailingWindow
  private let processes: [String]
  private let end: Int

  private static let margin = 110
  private static let step = 64
  private static let row = 56
  private static let top = 46
  private static let orders = 4
  /// Told apart by people who see few colours.
  private static let colours = ["#000000", "#0072b2", "#009e73", "#cc79a7"]

  init(_ window: FailingWindow) {
    self.window = window
    var processes: [String] = []
    for operation in window.operations where !processes.contains(operation.process) {
      processes.append(operation.process)
    }
    self.processes = processes
    end = window.operations.map { max($0.startRank, $0.endRank ?? 0) }.max() ?? 0
  }

  var text: String {
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" "
        + "width=\"\(width)\" height=\"\(height)\" font-family=\"monospace\" font-size=\"12\">",
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
      label(12, 24, title, "font-weight=\"bold\""),
    ]
    for (place, process) in processes.enumerated() {
      lines.append(label(12, y(place) + 12, "process \(process)".shortened(to: 13)))
    }
    lines += window.operations.map(bar)
    for (place, order) in window.orders.prefix(WindowPicture.orders).enumerated() {
      lines += path(order, WindowPicture.colours[place], place)
    }
    lines += legend
    lines.append("</svg>")
    return lines.joined(separator: "\n") + "\n"
  }

  private var title: String {
    let subject = window.object.map { "\($0): " } ?? ""
    return "\(subject)not linearizable: \(window.operations.count + window.omitted) of "
      + "\(window.total) operations have no order"
  }

  private var width: Int {
    max(WindowPicture.margin + (end + 2) * WindowPicture.step, 8 * (longestLine + 4))
  }
  private var longestLine: Int {
    max(title.count, legendLines.map(\.text.count).max() ?? 0)
  }
  private var height: Int { legendTop + 20 * legendLines.count + 12 }
  private var legendTop: Int { y(processes.count) + 10 }

  private func x(_ rank: Int) -> Int { WindowPicture.margin + rank * WindowPicture.step }
  private func y(_ row: Int) -> Int { WindowPicture.top + 16 + row * WindowPicture.row }
  private func row(of operation: FailingWindow.Operation) -> Int {
    processes.firstIndex(of: operation.process) ?? 0
  }

  private func bar(_ operation: FailingWindow.Operation) -> String {
    let isMisfit = operation.start == window.misfit
    let colour = isMisfit ? "#d62728" : operation.endRank == nil ? "#ffaa26" : "#6db6fe"
    let (left, top) = (x(operation.startRank), y(row(of: operation)))
    let right = operation.endRank.map(x) ?? x(end + 1)
    let lines = "lines \(operation.start) to \(operation.end.map(String.init) ?? "any later one")"
    return "<g><title>\(operation.label.xmlText), \(lines)</title>"
      + "<rect x=\"\(left)\" y=\"\(top)\" width=\"\(max(right - left, 4))\" height=\"16\" rx=\"3\" "
      + "fill=\"\(colour)\"\(operation.endRank == nil ? " fill-opacity=\"0.6\"" : "")/>"
      + label(
        left, top - 4, operation.label.shortened(to: 28), isMisfit ? "fill=\"#d62728\"" : "")
      + "</g>"
  }

  /// The points at which an order's operations take effect, each as early as it may.
  private func path(_ order: FailingWindow.Order, _ colour: String, _ number: Int) -> [String] {
    var points: [(x: Int, y: Int, step: FailingWindow.Step)] = []
    var (rank, count) = (0, 0)
    for step in order.steps {
      guard let operation = window.operations.first(where: { $0.start == step.operation }) else {
        continue
      }
      if operation.startRank > rank { (rank, count) = (operation.startRank, 0) }
      count += 1
      let place = x(rank) + min(count * 10, WindowPicture.step - 6)
      points.append((place, y(row(of: operation)) + 4 + 3 * number, step))
    }
    guard !points.isEmpty else { return [] }
    let corners = points.map { "\($0.x),\($0.y)" }.joined(separator: " ")
    return [
      "<polyline points=\"\(corners)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.5\"/>"
    ]
      + points.map {
        "<circle cx=\"\($0.x)\" cy=\"\($0.y)\" r=\"3\" fill=\"\(colour)\">"
          + "<title>\($0.step.label.xmlText): then \($0.step.state.xmlText)</title></circle>"
      }
  }

  private var legend: [String] {
    legendLines.enumerated().map { place, line in
      label(12, legendTop + 20 * place + 8, line.text, "fill=\"\(line.colour)\"")
    }
  }

  private var legendLines: [(text: String, colour: String)] {
    var lines: [(text: String, colour: String)] = []
    for (place, order) in window.orders.prefix(WindowPicture.orders).enumerated() {
      let steps = order.steps.suffix(6).map {
        "\($0.label.shortened(to: 28)) ⇒ \($0.state.shortened(to: 28))"
      }
      let isCut = order.omitted + order.steps.count > steps.count
      let path = steps.isEmpty ? order.state.shortened(to: 28) : steps.joined(separator: " · ")
      lines.append(((isCut ? "… · " : "") + path, WindowPicture.colours[place]))
      lines += order.pending.prefix(3).map {
        ("    there \($0.label.shortened(to: 28)) \($0.reason.shortened(to: 60))", "#555555")
      }
    }
    if let misfit = window.operations.first(where: { $0.start == window.misfit }) {
      let need = window.need ?? "can't happen in any of these states"
      lines.append(("\(misfit.label.shortened(to: 28)) \(need.shortened(to: 60))", "#d62728"))
    }
    return lines
  }

  private func label(_ x: Int, _ y: Int, _ text: String, _ attributes: String = "") -> String {
    "<text x=\"\(x)\" y=\"\(y)\"\(attributes.isEmpty ? "" : " \(attributes)")>\(text.xmlText)</text>"
  }
}

extension String {
  fileprivate func shortened(to length: Int) -> String {
    count > length ? "\(prefix(length - 1))…" : self
  }
}
