/// A line of a diagram in text.
struct TextRow: Hashable {
  enum Content: Hashable {
    /// Messages of one sender, each from its column to its receiver's: places among the arrows.
    case arrows([Int])
    /// A message that arrives in a row of its own, and that row; the number tells which belong together.
    case departure(Int, number: Int)
    case arrival(Int, number: Int)
    case note(Int)
    case start(bar: Int)
    case end(bar: Int)
    /// Rows that are left out.
    case gap(String)
  }

  /// When it happens, as moments go.
  var moment: Int
  var content: Content
  /// Operations that begin or end with a message, and why it was sent.
  var prefix = ""
  var suffix = ""

  /// Whether it is a message and nothing besides.
  var isPlainMessage: Bool {
    switch content {
    case .arrows, .departure, .arrival: prefix.isEmpty && suffix.isEmpty
    case .note, .start, .end, .gap: false
    }
  }
}
