import Glibc

/// One line of a terminal that is written again and again while something goes on.
///
/// Where standard error is no terminal nothing is written.
public struct StatusLine {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var isShown = false

  public init() {}

  /// Puts a text in place of the line.
  public mutating func show(_ text: @autoclosure () -> String) {
    guard isTerminal else { return }
    var size = winsize()
    // A terminal may not say how wide it is.
    let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    let width = isKnown ? Int(size.ws_col) : 80
    write("\r\u{1b}[K" + String(text().prefix(max(1, width - 1))))
    isShown = true
  }

  /// Takes the line away.
  public mutating func clear() {
    guard isShown else { return }
    write("\r\u{1b}[K")
    isShown = false
  }

  private func write(_ text: String) {
    let bytes = Array(text.utf8)
    _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
  }
}
