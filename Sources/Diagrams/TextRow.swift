/// A line of a diagram in text.
package struct TextRow: Hashable {
  /// A message that leaves, and the number of the row in which it arrives where that is another.
  package struct Departure: Hashable {
    /// The message's place among the arrows.
    package var arrow: Int
    package var number: Int?
  }

  package enum Content: Hashable {
    /// What one column sends in one moment.
    case sending([Departure])
    /// A message that left in another row.
    case arrival(arrow: Int, number: Int)
    case note(Int)
    case start(bar: Int)
    case end(bar: Int)
    case gap(TextGap)
  }

  /// When it happens, as moments go.
  var moment: Int
  package var content: Content
  /// Why something is sent.
  var cause = ""
  /// The operation that begins with what is sent, and the one that ends with what arrives.
  var begun: Int?
  var ended: Int?

  init(_ moment: Int, _ content: Content) {
    self.moment = moment
    self.content = content
  }

  /// The places among the arrows of what is sent.
  var sent: [Int] {
    if case .sending(let departures) = content { departures.map(\.arrow) } else { [] }
  }

  /// The numbers of the messages that take two rows.
  var numbers: [Int] {
    switch content {
    case .sending(let departures): departures.compactMap(\.number)
    case .arrival(_, let number): [number]
    case .note, .start, .end, .gap: []
    }
  }

  /// Whether it is a message and nothing besides.
  var isPlainMessage: Bool {
    switch content {
    case .sending, .arrival: begun == nil && ended == nil
    case .note, .start, .end, .gap: false
    }
  }
}
