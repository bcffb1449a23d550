import Nodes

extension RecordLog {
  /// Takes up a node's file of records at its start: a torn tail is cut.
  ///
  /// - Returns: The log to go on with, and its records; nothing where a bad record stands before a
  ///   good one, so that the node can't know what it has promised and must not serve.
  static func resume<N: Node>(
    _ bytes: [UInt8], of file: N.File, in context: inout Context<N>
  ) -> (log: RecordLog, records: [[UInt8]])? {
    let recovery = RecordLog.recover(bytes)
    switch recovery.damage {
    case .none: break
    case .tornTail:
      context.truncate(file, to: recovery.validCount)
      context.sync()
    case .corruption(let position):
      context.log(
        "\(file.rawValue): a bad record at byte \(position) before a good one; not serving")
      return nil
    }
    return (RecordLog(count: recovery.validCount), recovery.records)
  }
}
