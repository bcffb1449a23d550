import Glibc
import Values

/// Reads the logs of Cobra: a session a file, numbers of eight bytes, the highest first.
///
/// A value is the number of the write that wrote it, whatever the hash beside it. A transaction that
/// a log ends without its commit is indeterminate.
struct CobraReader: ~Copyable {
  var transactions: TransactionBuilder
  private var seen = SeenNumbers()

  /// What Cobra writes for a write, or a transaction, that there is none of.
  private static let none: Set<UInt64> = [0xdead_beef, 0xbebe_ebee]
  /// What Cobra's verifier reads from fences of its own, beside the clients' data.
  private static let fences: Set<UInt64> = [0x2333_2333, 0x6666_6666]

  init(isLean: Bool) { transactions = TransactionBuilder(isLean: isLean) }

  /// The logs of a folder, `T*.log`, in the order of their numbers; none where it is no such folder.
  static func logs(in folder: String) -> [String] {
    guard let entries = opendir(folder) else { return [] }
    defer { closedir(entries) }
    var names: [String] = []
    while let entry = readdir(entries) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasPrefix("T"), name.hasSuffix(".log") { names.append(name) }
    }
    return names.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }.map { "\(folder)/\($0)" }
  }

  /// Reads the log of a session.
  mutating func read(
    _ window: consuming TextWindow, file: String, session: Int
  ) throws(HistoryFileError) {
    var stream = ByteStream(window, file: file)
    var open: UInt64?
    while try !stream.isAtEnd() {
      let place = stream.place
      let mark = try stream.byte("a mark")
      switch (mark, open) {
      case (UInt8(ascii: "S"), nil):
        let number = try stream.bigEndian("a transaction's number")
        guard seen.insert(Int(bitPattern: UInt(number))) else {
          throw stream.error(
            at: place, "expected each transaction once, found \(number) a second time")
        }
        open = number
      case (UInt8(ascii: "C"), let started?):
        let number = try stream.bigEndian("a transaction's number")
        guard number == started else {
          throw stream.error(
            at: place, "expected the commit of the transaction \(started), found that of \(number)")
        }
        open = nil
        try end(.ok, session, stream)
      case (UInt8(ascii: "W"), _?):
        let write = try stream.bigEndian("a write's number")
        let key = try stream.bigEndian("a key")
        _ = try stream.bigEndian("a value's hash")
        guard !CobraReader.none.contains(write) else {
          throw stream.error(
            at: place, "expected a write with a number of its own, found that of no write")
        }
        transactions.write(code(of: key), code(of: write))
      case (UInt8(ascii: "R"), _?):
        let writer = try stream.bigEndian("a transaction's number")
        let write = try stream.bigEndian("a write's number")
        let key = try stream.bigEndian("a key")
        _ = try stream.bigEndian("a value's hash")
        if CobraReader.none.contains(writer), CobraReader.fences.contains(write) { continue }
        transactions.read(
          code(of: key), CobraReader.none.contains(write) ? ValueCode.null : code(of: write))
      default:
        let expected = open == nil ? "S of a transaction" : "R, W, or C of the open transaction"
        let scalar = Unicode.Scalar(mark)
        throw stream.error(
          at: place,
          "expected \(expected), found "
            + (mark > 0x20 && mark < 0x7f ? "'\(scalar)'" : "the byte \(mark)"))
      }
    }
    if open != nil { try end(.info, session, stream) }
  }

  /// Hashes of keys and numbers of writes are signed, as in the Java that writes them.
  private mutating func code(of number: UInt64) -> ValueCode {
    transactions.builder.table.code(of: Int(truncatingIfNeeded: number))
  }

  private mutating func end(
    _ type: Operation.Kind, _ session: Int, _ stream: borrowing ByteStream
  ) throws(HistoryFileError) {
    guard transactions.end(type, session: session, line: 0) else {
      throw stream.error(
        at: stream.place, "expected at most 2,147,483,647 transactions, found more")
    }
  }
}
