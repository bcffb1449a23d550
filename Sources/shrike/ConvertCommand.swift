import ArgumentParser
import Controller
import Glibc
import Histories

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write a history in another format.",
    discussion: """
      Reads what `check` reads; writes jsonl, jepsen-edn or binary, as the end of OUT's name says:
      .jsonl, .edn or .shrike. A binary history is a tenth of the text, and read a tenth as long:
        shrike convert history.edn history.shrike

      JSON has no keywords and no sets: they become strings and lists. A format that tells its model
      by itself (porcupine-etcd, porcupine-kv) no longer does so once it is converted.
      """)

  @Argument(help: "The history to read; - for standard input.")
  var input: String

  @Argument(help: "The file to write; - for standard output.")
  var output: String

  @Option(help: "IN's format; without it the file's beginning tells.")
  var from: String?

  @Option(help: "OUT's format; without it the end of its name tells.")
  var to: String?

  func run() throws {
    do {
      // What is asked for wrongly is refused before a long file is read.
      let target = try target()
      let source = try from.map { try format(named: $0, among: HistoryFormat.allCases) }
      let columns = try HistoryColumns(path: input, format: source)
      if columns.isTruncated {
        complain("shrike: \(input): the last line was cut short and is left out")
      }
      try HistorySink(path: output).write(columns, target)
    } catch {
      Failure.end(Failure.code(of: error), "\(error)", json: false)
    }
  }

  private func target() throws -> HistoryFormat {
    if let to { return try format(named: to, among: HistoryFormat.written) }
    guard let format = HistoryFormat(extensionOf: output) else {
      throw PlanError("\(output): say with --to in which format it is to be written")
    }
    return format
  }

  private func format(named name: String, among formats: [HistoryFormat]) throws -> HistoryFormat {
    guard let format = HistoryFormat(rawValue: name), formats.contains(format) else {
      throw PlanError(
        "there is no format \"\(name)\" here; there are "
          + formats.map(\.rawValue).joined(separator: ", "))
    }
    return format
  }
}

/// A file that a history is written to.
private struct HistorySink {
  let path: String

  /// Why a file could not be written.
  struct Refusal: Error, CustomStringConvertible {
    var description: String

    init(_ path: String) { description = "\(path): \(String(cString: strerror(errno)))" }
  }

  /// Writes a file whole; one that can't be written whole is removed.
  func write(_ columns: HistoryColumns, _ format: HistoryFormat) throws(Refusal) {
    let isStandardOutput = path == "-"
    let file = isStandardOutput ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw Refusal(path) }
    var status = stat()
    let isRegular = fstat(file, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    do throws(Refusal) {
      if isRegular, !isStandardOutput, ftruncate(file, 0) != 0 { throw Refusal(path) }
      try columns.write(format) { (bytes) throws(Refusal) in try put(bytes, to: file) }
      if !isStandardOutput, close(file) != 0 { throw Refusal(path) }
    } catch {
      if isRegular, !isStandardOutput { unlink(path) }
      throw error
    }
  }

  private func put(_ bytes: UnsafeRawBufferPointer, to file: Int32) throws(Refusal) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Glibc.write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Refusal(path) }
      rest = rest.dropFirst(count)
    }
  }
}
