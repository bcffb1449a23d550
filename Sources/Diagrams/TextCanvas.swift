/// The part of a line in which columns and arrows are, as characters.
struct TextCanvas {
  private let names: [String]
  /// How many characters a column takes.
  private let pitch: Int

  init(_ names: [String]) {
    self.names = names
    // A shaft and a head need room between two columns.
    pitch = max(6, (names.map(\.count).max() ?? 0) + 2)
  }

  var width: Int { names.count * pitch }

  /// The columns' names above their lifelines.
  var header: String {
    names.map { name in
      let before = max(0, (pitch - name.count) / 2)
      return String(repeating: " ", count: before) + name
        + String(repeating: " ", count: max(0, pitch - before - name.count))
    }.joined()
  }

  /// Each column's character, where nothing happens.
  func lifelines(_ characters: [Character]) -> [Character] {
    var cells = blank
    for (column, character) in characters.enumerated() { cells[center(column)] = character }
    return cells
  }

  var gap: [Character] { lifelines(names.map { _ in "⋮" }) }

  func put(_ character: Character, at column: Int, in cells: inout [Character]) {
    cells[center(column)] = character
  }

  /// - Parameter head: What ends it in place of an arrow's head.
  func drawArrow(
    from source: Int, to destination: Int, head: Character?, in cells: inout [Character]
  ) {
    let (first, last) = (center(source), center(destination))
    guard first != last else {
      cells[first] = head ?? "↺"
      return
    }
    let step = first < last ? 1 : -1
    var place = first + step
    while place != last {
      cells[place] = crossing(cells[place])
      place += step
    }
    cells[last - step] = head ?? (step > 0 ? "▶" : "◀")
    cells[first] = origin(cells[first], toRight: step > 0)
  }

  /// A stub towards the receiver.
  func drawDeparture(from source: Int, to destination: Int, in cells: inout [Character]) {
    let step = source <= destination ? 1 : -1
    let first = center(source)
    cells[first] = origin(cells[first], toRight: step > 0)
    guard cells.indices.contains(first + 2 * step) else { return }
    cells[first + step] = "╌"
    cells[first + 2 * step] = step > 0 ? "▷" : "◁"
  }

  /// A stub from the sender.
  func drawArrival(from source: Int, to destination: Int, in cells: inout [Character]) {
    let step = source < destination ? -1 : 1
    let last = center(destination)
    if cells.indices.contains(last + 2 * step) { cells[last + 2 * step] = "╌" }
    cells[last + step] = step < 0 ? "▶" : "◀"
  }

  func drawAcross(in cells: inout [Character]) {
    for place in cells.indices { cells[place] = cells[place] == " " ? "═" : "╪" }
  }

  private var blank: [Character] { Array(repeating: " ", count: width) }

  private func center(_ column: Int) -> Int { column * pitch + (pitch - 1) / 2 }

  /// What a shaft makes of what is in its way: it crosses lifelines, and leaves heads as they are.
  private func crossing(_ character: Character) -> Character {
    switch character {
    case "▶", "◀", "✗", "…": character
    case " ", "─", "╌", "▷", "◁": "─"
    default: "┼"
    }
  }

  private func origin(_ character: Character, toRight: Bool) -> Character {
    switch character {
    case "├" where !toRight, "┤" where toRight: "┼"
    case "├", "┤", "┼": character
    default: toRight ? "├" : "┤"
    }
  }
}
