import Glibc

/// A folder that holds a history as some tools write one.
public struct HistoryFolder: Sendable {
  /// The files of the history, in the order of their sessions.
  let files: [String]
  public let format: HistoryFormat
  let path: String

  /// Nothing where there is no folder, or none with what such a tool writes: Cobra's `T*.log`, or
  /// dbcop's `history.bincode`.
  public init?(path: String, format: HistoryFormat? = nil) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
    self.path = path
    let logs = CobraReader.logs(in: path)
    let bincode = "\(path)/history.bincode"
    if format == .cobra || format == nil, !logs.isEmpty {
      files = logs
      self.format = .cobra
    } else if format == .dbcop || format == nil, stat(bincode, &status) == 0 {
      files = [bincode]
      self.format = .dbcop
    } else {
      return nil
    }
  }
}

extension HistoryColumns {
  init(
    _ folder: HistoryFolder, order: History.Order, isLean: Bool
  ) throws(HistoryFileError) {
    if folder.format == .dbcop {
      try self.init(
        TextWindow(path: folder.files[0]), named: folder.files[0], format: .dbcop, order: order,
        isLean: isLean)
      return
    }
    var reader = CobraReader(isLean: isLean && order == .index)
    for (session, file) in folder.files.enumerated() {
      try reader.read(TextWindow(path: file), file: file, session: session)
    }
    (self, _) = reader.transactions.finish()
    format = folder.format
    do {
      try pair(order)
    } catch {
      throw HistoryFileError(file: folder.path, problem: error.description)
    }
  }
}
