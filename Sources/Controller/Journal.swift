import Glibc
public import Histories
public import SystemPackage
public import Values

/// Writes a run's history and faults to its folder, as they happen.
///
/// Lines are handed to the operating system before the run waits again; so a controller that is
/// killed loses nothing but the operation in flight.
public struct Journal: RunJournal {
  private let names: NodeNames
  private let history: FileDescriptor
  private let faults: FileDescriptor
  private let folder: RunFolder
  private var buffer: [UInt8] = []

  public init(_ folder: RunFolder, names: NodeNames) throws {
    self.names = names
    self.folder = folder
    history = try FileDescriptor.open(
      folder.history, .writeOnly, options: [.create, .truncate, .append, .closeOnExec],
      permissions: .standard)
    faults = try FileDescriptor.open(
      folder.faults, .writeOnly, options: [.create, .truncate, .append, .closeOnExec],
      permissions: .standard)
  }

  public mutating func record(_ operations: ArraySlice<Operation>) throws {
    for operation in operations {
      operation.writeJSON(into: &buffer)
      buffer.append(UInt8(ascii: "\n"))
    }
    try flush(to: history, folder.history)
  }

  public mutating func note(_ fault: AppliedFault) throws {
    fault.line(names).writeJSON(into: &buffer)
    buffer.append(UInt8(ascii: "\n"))
    try flush(to: faults, folder.faults)
  }

  public mutating func log(_ text: String) { print(text) }

  private mutating func flush(to file: FileDescriptor, _ path: FilePath) throws {
    defer { buffer.removeAll(keepingCapacity: true) }
    do { _ = try file.writeAll(buffer) } catch {
      throw JournalError(path: path, reason: error)
    }
  }

  /// Closes the files; nothing can be recorded afterwards.
  public func close() throws {
    try history.close()
    try faults.close()
  }
}

/// Why a line could not be written; what was written before is on disk.
public struct JournalError: Error, CustomStringConvertible {
  public var path: FilePath
  public var reason: any Error

  public var description: String {
    "can't write \(path): \(reason); make room, or choose another folder with --results"
  }
}
