import Glibc
import Processes
package import Values

/// What is done to the bytes of files that no process has open.
package enum FileDamage: String, Hashable, Sendable {
  /// A few neighbouring bytes of a file change.
  case flip
  /// A file loses its end.
  case truncate
  /// Two chunks of a file change places.
  case swap
  /// All files are gone.
  case wipe

  /// The bytes that a disk changes together, so that one fault damages no more.
  static let sectorSize = 512
  /// How many neighbouring bytes change at most.
  static let changedBytesMax = 4
  /// How many bytes change places.
  static let chunkSize = 4_096
  /// How often a place is drawn that holds something else than zeros.
  static let attemptMax = 64

  /// Damages files below a directory.
  ///
  /// - Parameter files: A pattern, as shells have it, that the file's path below the directory or its
  ///   name is to match; nothing for any file.
  /// - Returns: What was done, in words, if it reads back; nothing where there is no file that can be
  ///   damaged so.
  package func strike(
    _ directory: String, files pattern: String?, _ draws: inout Draws
  ) throws(DiskFailure) -> [String] {
    let files = FileDamage.files(below: directory).filter { file in
      pattern.map { isChosen(file.path, by: $0) } ?? true
    }
    guard self != .wipe else { return wipe(directory, files) }
    for file in draws.shuffled(files.filter { $0.size >= minimum }) {
      if let words = try strike(file, in: directory, &draws) { return words }
    }
    return []
  }

  private var minimum: Int { self == .swap ? 2 * FileDamage.chunkSize : 1 }

  private func strike(
    _ file: FoundFile, in directory: String, _ draws: inout Draws
  ) throws(DiskFailure) -> [String]? {
    let path = "\(directory)/\(file.path)"
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw DiskFailure("can't open \(path): \(errorText(errno))") }
    defer { close(descriptor) }
    let open = OpenFile(descriptor: descriptor, size: file.size)
    switch self {
    case .flip:
      guard let place = open.drawPlace(FileDamage.sectorSize, &draws) else { return nil }
      let first = place + draws.below(min(FileDamage.sectorSize, file.size - place))
      let end = min(
        first + 1 + draws.below(FileDamage.changedBytesMax), place + FileDamage.sectorSize,
        file.size)
      let bytes = open.read(first..<end).map { $0 ^ UInt8(1 + draws.below(255)) }
      try open.write(bytes, at: first)
      return ["\(bytes.count) bytes of \(file.path) at \(first)"]
    case .truncate:
      let size = draws.below(file.size)
      guard ftruncate(descriptor, size) == 0, fsync(descriptor) == 0 else {
        throw DiskFailure("can't cut \(path): \(errorText(errno))")
      }
      return ["\(file.path) from \(file.size) to \(size) bytes"]
    case .swap:
      let size = FileDamage.chunkSize
      guard let first = open.drawPlace(size, &draws) else { return nil }
      for _ in 0..<FileDamage.attemptMax {
        let second = draws.below(file.size / size) * size
        let (one, other) = (open.read(first..<first + size), open.read(second..<second + size))
        guard one.count == size, other.count == size, one != other else { continue }
        try open.write(other, at: first)
        try open.write(one, at: second)
        return ["\(size) bytes of \(file.path) at \(first) and \(second)"]
      }
      return nil
    case .wipe: return nil
    }
  }

  private func wipe(_ directory: String, _ files: [FoundFile]) -> [String] {
    let count = files.count { unlink("\(directory)/\($0.path)") == 0 }
    let left = FileDamage.files(below: directory).filter(files.contains)
    return count > 0 && left.isEmpty ? ["\(count) files"] : []
  }

  // MARK: What there is

  /// The regular files below a directory, by their paths there, in ascending order.
  private static func files(below directory: String, at prefix: String = "") -> [FoundFile] {
    directoryEntries("\(directory)/\(prefix)").sorted().flatMap { name -> [FoundFile] in
      let path = prefix.isEmpty ? name : "\(prefix)/\(name)"
      var status = stat()
      guard lstat("\(directory)/\(path)", &status) == 0 else { return [] }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: return files(below: directory, at: path)
      case S_IFREG: return [FoundFile(path: path, size: Int(status.st_size))]
      default: return []
      }
    }
  }
}

private struct FoundFile: Hashable {
  var path: String
  var size: Int
}

/// Whether a pattern, as shells have it, is one of a file's path or of its name.
func isChosen(_ path: String, by pattern: String) -> Bool {
  let name = path.split(separator: "/").last.map(String.init) ?? path
  return fnmatch(pattern, path, 0) == 0 || fnmatch(pattern, name, 0) == 0
}

private struct OpenFile {
  var descriptor: Int32
  var size: Int

  /// A place, a multiple of `unit`, from which on there is something else than zeros; any whole unit
  /// where chance finds none.
  func drawPlace(_ unit: Int, _ draws: inout Draws) -> Int? {
    // A swap needs whole units, a flip no more than one byte.
    let count = unit == FileDamage.chunkSize ? size / unit : (size + unit - 1) / unit
    guard count > 0 else { return nil }
    var place = 0
    for _ in 0..<FileDamage.attemptMax {
      place = draws.below(count) * unit
      if read(place..<min(size, place + unit)).contains(where: { $0 != 0 }) { return place }
    }
    return place
  }

  func read(_ range: Range<Int>) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    let count = pread(descriptor, &bytes, bytes.count, range.lowerBound)
    return Array(bytes.prefix(max(0, count)))
  }

  /// Writes bytes, has them be durable, and reads them back.
  func write(_ bytes: [UInt8], at place: Int) throws(DiskFailure) {
    guard pwrite(descriptor, bytes, bytes.count, place) == bytes.count, fsync(descriptor) == 0,
      read(place..<place + bytes.count) == bytes
    else { throw DiskFailure("can't damage a file: \(errorText(errno))") }
  }
}
